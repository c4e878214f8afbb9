"""
The rules, one function each: from the facts of a case to an outcome with its figures.

Three-state: passed when the estimate is inside, in doubt when the estimate is outside but its interval still touches,
failed only when the whole interval is outside. A phone's fix is coarser than most rules it serves, so only what is
proven fails; evidence that a person should look at is in doubt, never failed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta, timezone
from decimal import Decimal

from geo.results import Measurement, Overlap, PlotMeasurement
from geo.units import m2_to_mu, mu_to_m2
from inspections.evidence import PhotoFact, clock_right
from inspections.plots import LAND_TYPE_NAMES, Plot
from inspections.policy import Policy
from inspections.submissions import Manifest
from inspections.wording import Outcome, figure, span

# The days of a Chinese programme are days of Beijing time (北京时间), all over the country.
BEIJING = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Case:
    """All facts about one submission; `own` is the plot itself, first among `measurement.plots`."""

    manifest: Manifest
    policy: Policy
    plot: Plot
    measurement: Measurement
    photos: list[PhotoFact]

    @property
    def own(self) -> PlotMeasurement:
        """The submission's own plot."""
        return self.measurement.plots[0]

    @property
    def measurable(self) -> bool:
        """Whether the boundary gave an area at all."""
        return self.own.block is not None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found; the sentences are put together elsewhere."""

    outcome: Outcome
    threshold_zh: str
    threshold_en: str
    measured_zh: str
    measured_en: str


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One rule of acceptance.

    `parameters` are the policy parameters behind its threshold; `pays` says that nothing is proposed when it fails;
    `is_of_plan` that a plan has a clause for it, where the others are checks of the evidence.
    """

    title_zh: str
    title_en: str
    parameters: tuple[str, ...]
    judge: Callable[[Case], Finding]
    pays: bool = False
    is_of_plan: bool = False


def geometry(case: Case) -> Finding:
    """The boundary gives one area."""
    issues = [issue for issue in case.measurement.issues if issue.plot_id == case.own.plot_id]
    outcomes: dict[str, Outcome] = {"refused": "failed", "review": "in_doubt"}
    named_zh = "；".join(issue.message_zh.rstrip("。") for issue in issues)
    named_en = "; ".join(issue.message_en.rstrip(".") for issue in issues)
    area_zh = f"{figure(case.own.area_m2, 1)} 平方米" if case.measurable else "不能测量"
    area_en = f"{figure(case.own.area_m2, 1)} m²" if case.measurable else "cannot be measured"
    return Finding(
        outcomes.get(case.own.status, "passed"),
        "边界能围成一个确定的面积",
        "the boundary encloses one certain area",
        f"{area_zh}（{named_zh}）" if named_zh else area_zh,
        f"{area_en} ({named_en})" if named_en else area_en,
    )


def min_block(case: Case) -> Finding:
    """The contiguous block this plot lies in reaches the minimum, compared unrounded."""
    least_mu = case.policy.min_block_mu
    threshold = (f"自然连片不少于 {least_mu:g} 亩", f"a contiguous block of at least {least_mu:g} mu")
    block = case.own.block
    if block is None:
        return _unmeasured(*threshold)
    least_m2 = mu_to_m2(least_mu)
    area_m2, se_m2 = case.measurement.contiguous_blocks_m2[block], case.measurement.block_se_m2[block]
    half_m2 = _half_width(case, se_m2)
    certain_m2, possible_m2 = _certain_and_possible(case)
    outcome: Outcome
    if area_m2 >= least_m2:
        outcome = "passed" if certain_m2 >= least_m2 else "in_doubt"
    else:
        outcome = "in_doubt" if max(area_m2 + half_m2, possible_m2) >= least_m2 else "failed"
    decimals = case.policy.area_decimals_mu
    mu = figure(m2_to_mu(area_m2), decimals, [least_mu])
    interval = span(m2_to_mu(max(0.0, area_m2 - half_m2)), m2_to_mu(area_m2 + half_m2), decimals, [least_mu])
    members = sum(plot.block == block for plot in case.measurement.plots)
    undecided = certain_m2 < least_m2 <= area_m2 or area_m2 < least_m2 <= possible_m2
    return Finding(
        outcome,
        *threshold,
        f"{mu} 亩（{interval}），{members} 个地块" + ("，是否相连需现场确认" if undecided else ""),
        f"{mu} mu ({interval}), {members} plot{'s' if members > 1 else ''}"
        + ("; whether they touch must be confirmed on the spot" if undecided else ""),
    )


def density(case: Case) -> Finding:
    """Trees planted per mu lie inside the band; the interval comes from the area's tolerance."""
    band = case.policy.density_per_mu
    threshold = (f"每亩 {band.min:g}–{band.max:g} 株", f"{band.min:g}–{band.max:g} trees per mu")
    estimate = density_per_mu(case)
    if estimate is None:
        return _unmeasured(*threshold)
    planted, own = case.manifest.tree_counts.planted, case.own
    low = planted / m2_to_mu(own.area_high_m2)
    high = planted / m2_to_mu(own.area_low_m2) if own.area_low_m2 > 0 else None
    outcome: Outcome = "failed"
    if band.min <= estimate <= band.max:
        outcome = "passed"
    elif low <= band.max and (high is None or high >= band.min) and planted > 0:
        outcome = "in_doubt"
    limits = (band.min, band.max)
    shown, interval = figure(estimate, 1, limits), span(low, high, 1, limits)
    return Finding(
        outcome,
        *threshold,
        f"{shown} 株/亩（{interval}），共 {planted} 株",
        f"{shown} trees per mu ({interval}), {planted} trees in all",
    )


def survival(case: Case) -> Finding:
    """Enough of the trees planted are alive; counts are exact, so there is no doubt."""
    least = Decimal(str(case.policy.survival_min))
    threshold = (f"成活率不低于 {_percent(least)}%", f"at least {_percent(least)} % alive")
    counts = case.manifest.tree_counts
    if counts.planted == 0:
        return Finding("failed", *threshold, "没有清点到树", "no tree was counted")
    percent = figure(100 * counts.live / counts.planted, 1, [float(least * 100)])
    return Finding(
        "passed" if counts.live >= least * counts.planted else "failed",
        *threshold,
        f"{percent}%（{counts.live} / {counts.planted} 株）",
        f"{percent} % ({counts.live} of {counts.planted} trees)",
    )


def overlap(case: Case) -> Finding:
    """No ground is claimed by two households; what GPS cannot explain goes to a person."""
    laps = [lap for lap in case.measurement.overlaps if lap.own_plot_id == case.own.plot_id]
    return _overlap_finding(
        case,
        laps,
        (
            "与其他农户的地块不重叠（定位误差除外）",
            "no overlap with other households' plots beyond the error of the fixes",
        ),
    )


def own_overlap(case: Case) -> Finding:
    """The household's own ground is counted once."""
    return _overlap_finding(
        case,
        own_overlaps(case.measurement),
        ("同一农户的地块不重复计算", "the household's own plots are not counted twice"),
    )


def own_overlaps(measurement: Measurement) -> list[Overlap]:
    """Overlaps of the submission's own plot with the household's other plots."""
    own_id = measurement.plots[0].plot_id
    return [lap for lap in measurement.own_overlaps if own_id in (lap.own_plot_id, lap.plot_id)]


def _overlap_finding(case: Case, laps: list[Overlap], threshold: tuple[str, str]) -> Finding:
    if not case.measurable:
        return _unmeasured(*threshold)
    if not laps:
        return Finding("passed", *threshold, "没有重叠", "no overlap")
    worst = max(laps, key=lambda lap: lap.area_m2)
    doubtful = any(lap.overlap_class == "significant" for lap in laps)
    area_m2 = sum(lap.area_m2 for lap in laps)
    depth, tolerance = figure(worst.mean_depth_m, 1, [worst.tolerance_m]), figure(worst.tolerance_m, 1)
    share = figure(100 * worst.share, 1)
    return Finding(
        "in_doubt" if doubtful else "passed",
        *threshold,
        f"与 {len(laps)} 个地块重叠 {figure(area_m2, 1)} 平方米，"
        f"最大一处平均深 {depth} 米（误差 {tolerance} 米），占较小地块 {share}%",
        f"{figure(area_m2, 1)} m² shared with {len(laps)} plot{'s' if len(laps) > 1 else ''}; the largest is "
        f"{depth} m deep on average (tolerance {tolerance} m), {share} % of the smaller plot",
    )


def declared_area(case: Case) -> Finding:
    """The declaration agrees with the measured area within its tolerance; payment follows the measured area."""
    declared_mu = case.plot.declared_mu
    threshold = (f"与申报面积 {declared_mu:g} 亩相符", f"agrees with the {declared_mu:g} mu declared")
    if not case.measurable:
        return _unmeasured(*threshold)
    own, decimals = case.own, case.policy.area_decimals_mu
    mu = figure(m2_to_mu(own.area_m2), decimals, [declared_mu])
    interval = span(m2_to_mu(own.area_low_m2), m2_to_mu(own.area_high_m2), decimals, [declared_mu])
    return Finding(
        "passed" if own.area_low_m2 <= mu_to_m2(declared_mu) <= own.area_high_m2 else "in_doubt",
        *threshold,
        f"{mu} 亩（{interval}）",
        f"{mu} mu ({interval})",
    )


def shots(case: Case) -> Finding:
    """Every photo required for this land type was taken."""
    name_zh, name_en = LAND_TYPE_NAMES[case.plot.land_type]
    required = [shot for shot in case.policy.shots if shot.required and case.plot.land_type in shot.land_types]
    threshold = (f"{name_zh}必拍 {len(required)} 种照片", f"{len(required)} kinds of photo required on {name_en}")
    if not required:
        return Finding("not_applicable", *threshold, "无要求", "nothing required")
    taken = {photo.kind for photo in case.manifest.photos}
    missing = [shot for shot in required if shot.kind not in taken]
    if not missing:
        count = len(case.manifest.photos)
        return Finding("passed", *threshold, f"已齐，共 {count} 张", f"complete, {count} photos in all")
    return Finding(
        "failed",
        *threshold,
        "缺：" + "、".join(shot.title_zh for shot in missing),
        "missing: " + ", ".join(shot.title_en for shot in missing),
    )


def photo_place(case: Case) -> Finding:
    """The photos were taken at the plot, as far as their fixes tell."""
    within_m = case.policy.evidence.photo_within_m
    threshold = (f"照片距地块不超过 {within_m:g} 米", f"photos taken within {within_m:g} m of the plot")
    if not case.photos:
        return Finding("not_applicable", *threshold, "没有照片", "there are no photos")
    if not case.measurable:
        return _unmeasured(*threshold)
    far = [fact for fact in case.photos if fact.near is False]
    unknown = [fact for fact in case.photos if fact.near is None]
    farthest = max((fact.distance_m for fact in case.photos if fact.distance_m is not None), default=None)
    farthest_zh = "" if farthest is None else f"，最远 {figure(farthest, 0, [within_m])} 米"
    farthest_en = "" if farthest is None else f", the farthest at {figure(farthest, 0, [within_m])} m"
    return Finding(
        "in_doubt" if far or unknown else "passed",
        *threshold,
        f"{len(case.photos)} 张中 {len(far)} 张偏远、{len(unknown)} 张无位置{farthest_zh}",
        f"of {len(case.photos)} photos {len(far)} too far, {len(unknown)} without a position{farthest_en}",
    )


def clock(case: Case) -> Finding:
    """The phone's clock agrees with the server's, at the visit and at every photo."""
    limits = case.policy.evidence
    limit_s = limits.clock_offset_max_s
    threshold = (f"手机时间与服务器相差不超过 {limit_s:g} 秒", f"phone and server clocks within {limit_s:g} s")
    offsets_ms = [case.manifest.clock_offset_ms, *(photo.clock_offset_ms for photo in case.manifest.photos)]
    known = [offset for offset in offsets_ms if offset is not None]
    right = [clock_right(offset, limits) for offset in offsets_ms]
    if not known:
        return Finding("in_doubt", *threshold, "从未对时", "the clocks were never compared")
    worst_s = figure(max(abs(offset) for offset in known) / 1000, 1, [limit_s])
    unknown = len(offsets_ms) - len(known)
    return Finding(
        "passed" if all(right) else "in_doubt",
        *threshold,
        f"最大相差 {worst_s} 秒" + (f"，{unknown} 处未对时" if unknown else ""),
        f"{worst_s} s at most" + (f"; not compared in {unknown} places" if unknown else ""),
    )


def planting_window(case: Case) -> Finding:
    """
    Planting falls into the programme's window, as far as the day of the visit can tell.

    A visit before the window proves that the trees were not planted in it; one inside it that they were not planted
    after it; a visit later than that proves nothing.
    """
    window = case.policy.planting_window
    threshold = (f"种植时间 {window.from_on} 至 {window.to_on}", f"planted from {window.from_on} to {window.to_on}")
    visited_on = case.manifest.finished_at.astimezone(BEIJING).date()
    outcome: Outcome = "not_applicable"
    if visited_on < window.from_on:
        outcome = "failed"
    elif visited_on <= window.to_on:
        outcome = "passed"
    note_zh = "，验收在种植期之后，不能据此判断" if outcome == "not_applicable" else ""
    note_en = ", after the window, which tells nothing" if outcome == "not_applicable" else ""
    return Finding(outcome, *threshold, f"验收于 {visited_on}{note_zh}", f"visited on {visited_on}{note_en}")


def fix_accuracy(case: Case) -> Finding:
    """Nearly all fixes are as accurate as a walk must be; the share asked is the policy's confidence."""
    limit_m, share = case.policy.walk.max_accuracy_m, case.policy.confidence
    threshold = (
        f"至少 {100 * share:g}% 的定位点精度在 {limit_m:g} 米以内",
        f"at least {100 * share:g} % of the fixes within {limit_m:g} m",
    )
    stated = [value for ring in case.manifest.boundary.properties.accuracy_m or [] for value in ring]
    known = [value for value in stated if value is not None]
    if not known:
        return Finding("in_doubt", *threshold, "精度未知", "accuracy unknown")
    good = sum(value <= limit_m for value in known)
    percent, worst = figure(100 * good / len(stated), 1, [100 * share]), figure(max(known), 1, [limit_m])
    return Finding(
        "passed" if good >= share * len(stated) else "in_doubt",
        *threshold,
        f"{percent}% 的点合格，最差 {worst} 米",
        f"{percent} % of the fixes, the worst {worst} m",
    )


def density_per_mu(case: Case) -> float | None:
    """Trees planted per mu of the unrounded area; None without an area."""
    if not case.measurable or case.own.area_m2 <= 0:
        return None
    return case.manifest.tree_counts.planted / m2_to_mu(case.own.area_m2)


def _half_width(case: Case, se_m2: float) -> float:
    own = case.own
    return se_m2 * (own.area_high_m2 - own.area_m2) / own.area_se_m2 if own.area_se_m2 > 0 else 0.0


def _certain_and_possible(case: Case) -> tuple[float, float]:
    """Area of this plot's block with only the joins that are certain, and with all that are possible."""
    joins = case.measurement.joins
    certain = [(j.first_plot_id, j.second_plot_id) for j in joins if j.joined and j.decided]
    possible = [(j.first_plot_id, j.second_plot_id) for j in joins if j.joined or not j.decided]
    areas = {plot.plot_id: plot.area_m2 for plot in case.measurement.plots}
    own = case.own.plot_id
    return sum(areas[i] for i in _reach(own, certain)), sum(areas[i] for i in _reach(own, possible))


def _reach(start: str | None, pairs: list[tuple[str | None, str | None]]) -> set[str | None]:
    reached, grown = {start}, True
    while grown:
        more = {b for a, b in pairs if a in reached} | {a for a, b in pairs if b in reached}
        grown = not more <= reached
        reached |= more
    return reached


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f}"


def _unmeasured(threshold_zh: str, threshold_en: str) -> Finding:
    return Finding("not_applicable", threshold_zh, threshold_en, "边界不能测量", "the boundary cannot be measured")


RULES: Mapping[str, Rule] = {
    "geometry": Rule("边界可用", "Boundary usable", ("allowed_bbox", "max_area_mu"), geometry, pays=True),
    "min_block": Rule(
        "自然连片面积", "Contiguous block", ("min_block_mu", "gap_m"), min_block, pays=True, is_of_plan=True
    ),
    "density": Rule("种植密度", "Planting density", ("density_per_mu",), density, pays=True, is_of_plan=True),
    "survival": Rule("成活率", "Survival", ("survival_min",), survival, pays=True, is_of_plan=True),
    "overlap": Rule("与他户重叠", "Overlap with others", (), overlap),
    "own_overlap": Rule("本户地块重叠", "Overlap within the household", (), own_overlap),
    "declared_area": Rule("申报面积", "Declared area", (), declared_area, is_of_plan=True),
    "shots": Rule("照片齐全", "Photos complete", ("shots",), shots),
    "photo_place": Rule("照片位置", "Place of the photos", ("evidence",), photo_place),
    "clock": Rule("手机时间", "Phone clock", ("evidence",), clock),
    "planting_window": Rule("种植时间", "Planting window", ("planting_window",), planting_window, is_of_plan=True),
    "fix_accuracy": Rule("定位精度", "Accuracy of the fixes", ("walk",), fix_accuracy),
}
"""All rules by their stable code, in the order in which they are shown."""
