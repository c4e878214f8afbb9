"""
The plots of one household together: joined to contiguous blocks, overlapping ground counted once, and compared with the
plots of all others.
"""

from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np
from shapely import MultiPolygon, Polygon
from shapely import transform as transform_shape

from geo.area import Shape, area_and_perimeter, land, parts, union
from geo.congruence import fits_when_shifted
from geo.contiguity import TOUCH_M, Gap, blocks, gaps
from geo.datum import gcj02_shift_deg
from geo.errors import BoundaryRefused
from geo.geojson import (
    PlotFeature,
    captured_coordinates,
    write_geometry,
)
from geo.issues import Issue, Severity, refusal, worst
from geo.laps import laps_to_settle
from geo.measured import MeasuredPlot
from geo.overlaps import OverlapClass, classify, mean_depth_m, overlap_pairs
from geo.plane import LocalPlane
from geo.policy import Policy
from geo.results import Join, Measurement, Overlap, PlotMeasurement, Verdict
from geo.statements import undisputed
from geo.units import interval_factor, m2_to_mu, mu_to_m2


def judge_claim(claimed_m2: float, area_low_m2: float, area_high_m2: float) -> Verdict:
    """Compare a claim with an interval: pass when proven, fail when the excess is proven, else within tolerance."""
    if claimed_m2 <= area_low_m2:
        return "pass"
    return "fail" if claimed_m2 > area_high_m2 else "within"


@dataclass(frozen=True, slots=True)
class Piece:
    """One polygon of a plot, which is named by its place; what joins to blocks are these."""

    plot: int
    shape: Polygon


class Household:
    """The plots of one household in one plane, with those of all others."""

    def __init__(self, asked: Policy, ours: list[MeasuredPlot], others: list[MeasuredPlot]) -> None:
        self.asked = asked
        self.ours = ours
        self.factor = interval_factor(asked.confidence)
        self.issues: list[Issue] = []
        planes = [plot.plane for plot in ours if plot.shape is not None and plot.plane is not None]
        self.plane = planes[0] if planes else LocalPlane(0.0, 0.0)
        self.shapes: dict[int, Shape] = {}
        for i, plot in enumerate(ours):
            shape = self._here(plot)
            if shape is not None:
                self.shapes[i] = shape
            elif plot.shape is not None:
                far = BoundaryRefused("too_far_apart", "同一农户的地块相距过远。", "The plots lie too far apart.")
                plot.issues.append(refusal(far, plot.feature.plot_id))
                plot.shape = None
        placed = [(plot, self._here(plot)) for plot in others]
        known = [(plot, shape) for plot, shape in placed if shape is not None]
        self.others = [(plot, shape) for plot, shape in known if not plot.feature.declared]
        self.declared = [(plot, shape) for plot, shape in known if plot.feature.declared]

    def _here(self, plot: MeasuredPlot) -> Shape | None:
        """A plot's shape in the household's plane; None when refused or too far away."""
        if plot.shape is None or plot.plane is None:
            return None
        own = plot.plane
        shape: Shape = transform_shape(plot.shape, lambda xy: self.plane.forward(own.inverse(xy)))
        if not np.isfinite(shape.bounds).all():
            return None
        if not shape.is_valid:
            # Another plane bends edges by nanometres, which can make touching vertices cross.
            shape = land(shape.buffer(0))
        return None if shape.is_empty else shape

    def measurement(self) -> Measurement:
        """Join, add up, compare with the others, and say it all."""
        if not self.ours:
            message = Issue("no_plots", "没有该农户的地块。", "There is no plot of this household.", Severity.REFUSED)
            return Measurement("refused", issues=[message])
        index = list(self.shapes)
        pieces = [Piece(i, part) for i in index for part in parts(self.shapes[i])]
        joins, block_of_piece = self._join(pieces)
        block_m2, block_se, block_shapes = self._measure_blocks(pieces, block_of_piece)
        block_of = self._block_of_plots(pieces, block_of_piece)
        area_m2 = sum(block_m2, 0.0)
        perimeter_m = sum((perimeter for _, perimeter in map(self._on_ellipsoid, block_shapes)), 0.0)
        se_m2 = sqrt(sum(self.ours[i].variance for i in index))
        low_m2, high_m2 = self._interval(area_m2, se_m2)
        owned = [(self.ours[i], shape) for i, shape in self.shapes.items()]
        overlaps = self._overlaps(owned, self.others)
        own_overlaps = [lap for n, one in enumerate(owned) for lap in self._overlaps([one], owned[n + 1 :])]
        if own_overlaps:
            self._note_counted_once(sum(self.ours[i].area_m2 for i in index), area_m2)
        self._suspect_datums(owned)
        plots = [self._plot(i, plot, block_of.get(i)) for i, plot in enumerate(self.ours)]
        issues = [issue for plot in self.ours for issue in plot.issues] + self.issues
        claimed = self.asked.claimed_mu
        limit_m2 = mu_to_m2(self.asked.min_block_mu if claimed is None else claimed)
        measured = [self.ours[i] for i in index]
        return Measurement(
            status=worst(issues),
            area_m2=area_m2,
            area_mu=m2_to_mu(area_m2),
            area_low_m2=low_m2,
            area_high_m2=high_m2,
            area_se_m2=se_m2,
            perimeter_m=perimeter_m,
            contiguous_blocks_m2=block_m2,
            block_se_m2=block_se,
            accepted_area_m2=sum((area for area in block_m2 if m2_to_mu(area) >= self.asked.min_block_mu), 0.0),
            verdict=None if claimed is None or not index else judge_claim(mu_to_m2(claimed), low_m2, high_m2),
            overlaps=overlaps,
            overlap_class=_worst_class(overlaps),
            own_overlaps=own_overlaps,
            joins=joins,
            issues=issues,
            plots=plots,
            geometry=write_geometry(_flatten(block_shapes), self.plane) if index else None,
            laps=min((plot.laps for plot in measured), default=0),
            laps_to_settle=self._laps_to_settle(measured, area_m2, limit_m2),
        )

    def _laps_to_settle(self, measured: list[MeasuredPlot], area_m2: float, limit_m2: float) -> int | None:
        one_lap = sum(plot.one_lap_variance for plot in measured)
        if not measured:
            return None
        shared = sum(plot.one_lap_variance * plot.lap_correlation for plot in measured)
        return laps_to_settle(
            area_m2,
            sqrt(one_lap),
            limit_m2,
            factor=self.factor,
            correlation=shared / one_lap if one_lap > 0 else 0.0,
        )

    def _join(self, pieces: list[Piece]) -> tuple[list[Join], list[int]]:
        """Join what lies within the gap; look a little farther for gaps that GPS cannot tell from it."""
        shapes = [piece.shape for piece in pieces]
        sigmas = [self.ours[piece.plot].sigma_m for piece in pieces]
        names = [self.ours[piece.plot].feature.plot_id for piece in pieces]
        reach_m = self.asked.gap_m + self.factor * sqrt(2) * max(sigmas, default=0.0)
        found = gaps(shapes, reach_m)
        stated = self._stated({self.ours[i].feature.plot_id: i for i in self.shapes})
        known = {frozenset((pieces[gap.first].plot, pieces[gap.second].plot)) for gap in found}
        found += [self._nearest(pieces, pair) for pair in stated.keys() - known]
        joins, joined = [], []
        for gap in sorted(found, key=lambda gap: (gap.first, gap.second)):
            doubt_m = self.factor * hypot(sigmas[gap.first], sigmas[gap.second])
            computed = gap.width_m <= self.asked.gap_m + TOUCH_M
            certain = doubt_m == 0 or abs(gap.width_m - self.asked.gap_m) > doubt_m
            said = stated.get(frozenset((pieces[gap.first].plot, pieces[gap.second].plot)))
            is_joined = computed if said is None else said
            if is_joined:
                joined.append(gap)
            join = Join(names[gap.first], names[gap.second], gap.width_m, is_joined, certain or said is not None, said)
            joins.append(join)
            if said is not None:
                self._note_statement(join, overruled=said != computed, against_proof=said != computed and certain)
        return joins, blocks(len(pieces), joined)

    @staticmethod
    def _nearest(pieces: list[Piece], plots: frozenset[int]) -> Gap:
        """The gap between two plots that lie too far apart to have been looked at."""
        first, second = sorted(plots)
        return min(
            (
                Gap(i, j, float(one.shape.distance(other.shape)))
                for i, one in enumerate(pieces)
                for j, other in enumerate(pieces)
                if (one.plot, other.plot) == (first, second)
            ),
            key=lambda gap: gap.width_m,
        )

    def _block_of_plots(self, pieces: list[Piece], block_of_piece: list[int]) -> dict[int, int]:
        """The block that a plot's largest piece lies in; a plot whose pieces lie in several is named."""
        block_of: dict[int, int] = {}
        for i in self.shapes:
            own = [n for n, piece in enumerate(pieces) if piece.plot == i]
            block_of[i] = block_of_piece[max(own, key=lambda n: pieces[n].shape.area)]
            if len({block_of_piece[n] for n in own}) > 1:
                plot_id = self.ours[i].feature.plot_id
                self._note(
                    "parts_apart",
                    f"地块 {plot_id} 的各部分不相连，分别计入不同连片。",
                    f"The parts of plot {plot_id} do not touch; each counts in its own block.",
                    Severity.NOTE,
                    plot_id,
                )
        return block_of

    def _stated(self, plots: dict[str | None, int]) -> dict[frozenset[int], bool]:
        """What the inspector said, by the plots' places; both plots must be among those measured."""
        place = {name: i for name, i in plots.items() if name is not None}
        agreed, disputed = undisputed(self.asked.statements)
        for pair in disputed:
            first, second = sorted(pair)
            self._note(
                "statements_contradict",
                f"地块 {first} 与 {second} 是否相连说法不一，按测量处理，需人工核对。",
                f"Plots {first} and {second} are stated joined and apart; the fixes decide, and a person must look.",
                Severity.REVIEW,
            )
        for pair in [pair for pair in agreed if not pair <= place.keys()]:
            unknown = "、".join(sorted(pair - place.keys()))
            self._note(
                "statement_without_plot",
                f"相连说明中的地块 {unknown} 没有测量。",
                f"A statement names a plot that was not measured: {unknown}.",
                Severity.NOTE,
            )
        return {frozenset(place[name] for name in pair): said for pair, said in agreed.items() if pair <= place.keys()}

    def _note_statement(self, join: Join, *, overruled: bool, against_proof: bool) -> None:
        said_zh, said_en = ("相连", "joined") if join.stated else ("不相连", "apart")
        first, second = join.first_plot_id, join.second_plot_id
        note_zh = "，与测量相反" if against_proof else "，以说明为准" if overruled else ""
        note_en = ", against what the fixes prove" if against_proof else ", which decides" if overruled else ""
        self._note(
            "statement_against_fixes" if against_proof else "join_stated",
            f"验收员说明地块 {first} 与 {second} {said_zh}（测得间距 {join.gap_m:.1f} 米）{note_zh}。",
            f"The inspector states plots {first} and {second} {said_en} ({join.gap_m:.1f} m between){note_en}.",
            Severity.REVIEW if against_proof else Severity.NOTE,
        )

    def _note_counted_once(self, before_m2: float, after_m2: float) -> None:
        messages = (
            "本户地块互相重叠，重叠部分只计一次。",
            "Plots of this household overlap; the ground they share counts once.",
        )
        self.issues.append(Issue("counted_once", *messages, Severity.NOTE, None, before_m2, after_m2))

    def _note(
        self, code: str, message_zh: str, message_en: str, severity: Severity, plot_id: str | None = None
    ) -> None:
        self.issues.append(Issue(code, message_zh, message_en, severity, plot_id))

    def _suspect_datums(self, owned: list[tuple[MeasuredPlot, Shape]]) -> None:
        """Name plots that fit another outline far better once the GCJ-02 shift is taken away."""
        for plot, shape in owned:
            place = self.plane.inverse(np.array([shape.centroid.coords[0]]))
            shift = np.array([gcj02_shift_deg(*place[0])])
            if not shift.any():
                continue
            shift_m = (self.plane.forward(place + shift) - self.plane.forward(place))[0]
            for other, outline in (*self.others, *self.declared):
                same_plot = other.feature.declared and other.feature.plot_id == plot.feature.plot_id
                moved = fits_when_shifted(shape, outline, shift_m, same_plot=same_plot)
                if moved is not None:
                    self._suspect(plot.feature, other.feature, moved, float(np.hypot(*shift_m)))

    def _suspect(self, own: PlotFeature, other: PlotFeature, moved: int, shift_m: float) -> None:
        which_zh, which_en = ("本地块", "this plot") if moved == 0 else ("对方", "the other")
        other_zh = "台账边界" if other.declared else f"农户 {other.household_id} 的地块 {other.plot_id}"
        other_en = "the ledger's outline" if other.declared else f"plot {other.plot_id} of {other.household_id}"
        self._note(
            "datum_suspect",
            f"{which_zh}按 GCJ-02 偏移（{shift_m:.0f} 米）移回后与{other_zh}吻合，坐标系可能标错，需人工核对。",
            f"Moved back by the GCJ-02 shift of {shift_m:.0f} m, {which_en} fits {other_en}: "
            "a datum may be mislabelled, and a person must look.",
            Severity.REVIEW,
            own.plot_id,
        )

    def _measure_blocks(self, pieces: list[Piece], block_of: list[int]) -> tuple[list[float], list[float], list[Shape]]:
        areas, errors, shapes = [], [], []
        counted: list[Shape] = []
        for number in range(max(block_of, default=-1) + 1):
            members = [piece for piece, block in zip(pieces, block_of, strict=True) if block == number]
            plots = {piece.plot for piece in members}
            block = union([piece.shape for piece in members])
            before = [shape for shape in counted if shape.intersects(block)]
            # Plots stated apart may still share ground; it counts in the first block only.
            alone = land(block.difference(union(before))) if before else block
            # A plot by itself is measured in its own plane already: the same figure, to the last digit.
            one = members[0].plot if len(plots) == 1 and alone.area == self.shapes[members[0].plot].area else None
            areas.append(self._on_ellipsoid(alone)[0] if one is None else self.ours[one].area_m2)
            # How a plot's variance is shared out among its pieces is not known: each block is given the whole.
            errors.append(sqrt(sum(self.ours[i].variance for i in plots)))
            shapes.append(alone)
            counted.append(block)
        return areas, errors, shapes

    def _overlaps(
        self, ours: list[tuple[MeasuredPlot, Shape]], theirs: list[tuple[MeasuredPlot, Shape]]
    ) -> list[Overlap]:
        found = []
        for i, j, shared in overlap_pairs([shape for _, shape in ours], [shape for _, shape in theirs]):
            (own, own_shape), (other, other_shape) = ours[i], theirs[j]
            depth_m = mean_depth_m(shared)
            tolerance_m = self.factor * hypot(own.sigma_m, other.sigma_m)
            share = shared.area / min(own_shape.area, other_shape.area)
            found.append(
                Overlap(
                    household_id=other.feature.household_id,
                    plot_id=other.feature.plot_id,
                    own_plot_id=own.feature.plot_id,
                    area_m2=self._on_ellipsoid(shared)[0],
                    share=share,
                    mean_depth_m=depth_m,
                    tolerance_m=tolerance_m,
                    overlap_class=classify(depth_m, tolerance_m, share),
                    geometry=write_geometry(shared, self.plane),
                )
            )
        return found

    def _plot(self, i: int, plot: MeasuredPlot, block: int | None) -> PlotMeasurement:
        se_m2 = sqrt(plot.variance)
        low_m2, high_m2 = self._interval(plot.area_m2, se_m2)
        return PlotMeasurement(
            plot_id=plot.feature.plot_id,
            status=worst(plot.issues),
            area_m2=plot.area_m2,
            area_low_m2=low_m2,
            area_high_m2=high_m2,
            area_se_m2=se_m2,
            perimeter_m=plot.perimeter_m,
            sigma_m=plot.sigma_m,
            block=block,
            geometry=write_geometry(plot.shape, plot.plane) if plot.shape and plot.plane else None,
            raw_geometry={
                "type": "MultiPolygon",
                "coordinates": [polygon for walk in plot.features for polygon in captured_coordinates(walk)],
            },
            datum=plot.feature.datum,
            laps=plot.laps,
        )

    def _interval(self, area_m2: float, se_m2: float) -> tuple[float, float]:
        return max(0.0, area_m2 - self.factor * se_m2), area_m2 + self.factor * se_m2

    def _on_ellipsoid(self, shape: Shape) -> tuple[float, float]:
        return area_and_perimeter(shape, self.plane)


def _worst_class(overlaps: list[Overlap]) -> OverlapClass:
    classes = {overlap.overlap_class for overlap in overlaps}
    return "significant" if "significant" in classes else "within_tolerance" if classes else "none"


def _flatten(shapes: list[Shape]) -> MultiPolygon:
    return MultiPolygon([part for shape in shapes for part in parts(shape)])
