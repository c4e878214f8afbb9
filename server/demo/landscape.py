"""The invented county: regions, households, their plots and tasks. Pure: a seed in, values out."""

from dataclasses import dataclass
from random import Random
from uuid import UUID

from geo.units import m2_to_mu
from inspections.plots import Household
from inspections.wire import LandType
from server.demo.chance import chance, identity
from server.demo.fields import (
    Block,
    Point,
    Ring,
    area_and_centre,
    block_rings,
    metres_per_degree,
    steps,
    to_lon_lat,
    valley,
)

YEAR = 2026

COUNTY = ("450224", "融安县")
TOWNSHIPS: tuple[tuple[str, str, Point, tuple[str, ...]], ...] = (
    ("450224901", "金坪镇", (109.392, 25.214), ("上橘村", "石埠村", "长塘村", "榕岭村")),
    ("450224902", "橘溪镇", (109.436, 25.176), ("古渡村", "下寨村", "桐木坪村", "白竹村")),
    ("450224903", "云岭乡", (109.352, 25.252), ("云头村", "木洞村", "三岔河村", "高枧村")),
)
GROUP_NAMES = ("上屯", "下屯", "新屯", "老寨屯", "河边屯", "岭脚屯", "枫木屯", "大塘屯")
SURNAMES = "韦覃莫梁黄廖潘龙李陈吴杨罗陆蒙"
GIVEN_NAMES = (
    *("秀兰", "建国", "桂花", "志明", "丽萍", "德福", "春燕", "国强", "玉珍", "永康", "小梅", "文斌", "美英", "家旺"),
    *("海燕", "金生", "凤莲", "世荣", "彩云", "立新", "月娥", "正华", "水生", "兰芳", "有才", "荣昌", "玉兰", "天佑"),
)
# Fields of a village as (rows, columns) on either side of what parts them.
LAYOUTS = (((2, 4), (1, 4)), ((3, 3), (1, 3)), ((2, 3), (2, 3)), ((2, 5), (1, 2)))
# What parts the two blocks, in metres: a ridge below the policy's gap, a road and a stream above it.
PARTINGS_M = (1.2, 5.0, 5.0, 24.0)
# Bounds of a field's width and depth: areas come out between some 0.4 and 8 mu.
WIDTH_M, DEPTH_M = (13.0, 82.0), (21.0, 68.0)
HOUSEHOLDS_PER_VILLAGE = 10
# Which village of a township has a household of three fields: the one whose road parts its blocks for certain.
WITH_THREE = 3


@dataclass(frozen=True, slots=True)
class Region:
    """A county, township or village; `level` as in the region table."""

    code: str
    name: str
    level: str


@dataclass(frozen=True, slots=True)
class Plot:
    """
    An invented plot.

    Attributes:
        ring: Closed ring of (longitude, latitude), WGS 84; neighbours carry the same points on a shared edge.
        true_mu: What the ring encloses, the declared area being a farmer's figure.
    """

    id: UUID
    household_id: UUID
    number: int
    village_code: str
    land_type: LandType
    declared_mu: float
    true_mu: float
    ring: Ring
    centre: Point


@dataclass(frozen=True, slots=True)
class Task:
    """The inspection of one plot, due some days after the demonstration is loaded."""

    id: UUID
    plot_id: UUID
    village_code: str
    due_in_days: int


@dataclass(frozen=True, slots=True)
class Landscape:
    """Everything a demonstration inspects."""

    regions: tuple[Region, ...]
    households: tuple[Household, ...]
    plots: tuple[Plot, ...]
    tasks: tuple[Task, ...]


def make_landscape(seed: int = YEAR) -> Landscape:
    """Invent 3 townships, 12 villages, 120 households, their 144 plots and one task for each plot."""
    regions = [Region(*COUNTY, level="county")]
    households: list[Household] = []
    plots: list[Plot] = []
    tasks: list[Task] = []
    for township_code, township_name, around, village_names in TOWNSHIPS:
        regions.append(Region(township_code, township_name, "township"))
        for k, village_name in enumerate(village_names):
            village = Region(f"{township_code}{201 + k}", village_name, "village")
            regions.append(village)
            rng = chance(seed, "village", village.code)
            people = _households(seed, rng, village.code)
            ground = _plots(seed, rng, village.code, people, _origin(rng, around, k), k)
            due_in_days = 5 + 2 * len(regions)
            households += people
            plots += ground
            tasks += [Task(identity(seed, "task", plot.id), plot.id, village.code, due_in_days) for plot in ground]
    return Landscape(tuple(regions), tuple(households), tuple(plots), tuple(tasks))


def _households(seed: int, rng: Random, village_code: str) -> list[Household]:
    """Ten households in two or three village groups (屯), 1 to 6 persons each."""
    groups = rng.sample(GROUP_NAMES, rng.choice((2, 3)))
    given = rng.sample(GIVEN_NAMES, HOUSEHOLDS_PER_VILLAGE)
    return [
        Household(
            id=identity(seed, "household", village_code, k),
            code=f"{village_code[6:]}-{k + 1:02d}",
            head_name=rng.choice(SURNAMES) + given[k],
            group_name=groups[k * len(groups) // HOUSEHOLDS_PER_VILLAGE],
            village_code=village_code,
            person_count=rng.choice((1, 2, 3, 3, 4, 4, 5, 6)),
        )
        for k in range(HOUSEHOLDS_PER_VILLAGE)
    ]


def _origin(rng: Random, around: Point, k: int) -> Point:
    """Where a village lies: in one of four directions from its township, one to two kilometres away."""
    east, north = ((1, 1), (-1, 1), (-1, -1), (1, -1))[k]
    return around[0] + east * rng.uniform(0.008, 0.016), around[1] + north * rng.uniform(0.007, 0.014)


def _plots(seed: int, rng: Random, village_code: str, people: list[Household], origin: Point, k: int) -> list[Plot]:
    """Lay out the fields of a village and hand them to its households."""
    (first_rows, first_columns), (second_rows, second_columns) = LAYOUTS[k]
    bend = valley(rng)
    first = Block(steps(rng, 0.0, first_columns, WIDTH_M), steps(rng, 0.0, first_rows, DEPTH_M))
    beyond_m = first.across_m[-1] + PARTINGS_M[k]
    second = Block(steps(rng, rng.uniform(-8, 8), second_columns, WIDTH_M), steps(rng, beyond_m, second_rows, DEPTH_M))
    rings = block_rings(rng, first, bend) + block_rings(rng, second, bend)
    valley_floor = first_rows * first_columns
    owners = _owners(people, valley_floor, first_columns, three=k == WITH_THREE)
    plots = []
    numbers: dict[UUID, int] = {}
    for index, (ring_m, owner) in enumerate(zip(rings, owners, strict=True)):
        ring = to_lon_lat(ring_m, origin)
        area_deg2, (centre_lon, centre_lat) = area_and_centre(ring)
        east_m, north_m = metres_per_degree(centre_lat)
        true_mu = m2_to_mu(area_deg2 * east_m * north_m)
        numbers[owner.id] = numbers.get(owner.id, 0) + 1
        low_ground = index < valley_floor
        plots.append(
            Plot(
                id=identity(seed, "plot", village_code, index),
                household_id=owner.id,
                number=numbers[owner.id],
                village_code=village_code,
                land_type=rng.choice(("paddy", "paddy", "dry_land") if low_ground else ("dry_land", "slope", "slope")),
                declared_mu=_declared(rng, true_mu),
                true_mu=true_mu,
                ring=ring,
                centre=(round(centre_lon, 7), round(centre_lat, 7)),
            )
        )
    return plots


def _owners(people: list[Household], valley_floor: int, columns: int, *, three: bool) -> list[Household]:
    """
    One owner a field: the first household holds two side by side, the second two parted by the road or stream.

    The two fields of the first share an edge; those of the second lie in different blocks. With `three` the first has
    the field beyond the road as well, and the second is left with one.
    """
    others = iter(people[2:])
    beyond = valley_floor + 1
    firsts = {0, 1, beyond} if three else {0, 1}
    seconds = {columns - 1} if three else {columns - 1, beyond}
    return [
        people[0] if index in firsts else people[1] if index in seconds else next(others)
        for index in range(HOUSEHOLDS_PER_VILLAGE + 2)
    ]


def _declared(rng: Random, true_mu: float) -> float:
    """What a farmer would say: within 4 % of the truth, one in twelve 10 to 40 % above it; two decimals."""
    share = rng.uniform(1.10, 1.40) if rng.random() < 1 / 12 else rng.uniform(0.97, 1.04)
    return max(0.1, round(true_mu * share, 2))
