"""
The rules about land and trees: from the facts of a case to an outcome with its figures.

Three-state: passed when the estimate is inside, in doubt when the estimate is outside but its interval still touches,
failed only when the whole interval is outside. A phone's fix is coarser than most rules it serves, so only what is
proven fails.
"""

from datetime import timedelta, timezone
from decimal import Decimal

from geo.results import Measurement, Overlap
from geo.units import m2_to_mu, mu_to_m2
from inspections.case import Case, density_per_mu, unmeasured
from inspections.wording import Finding, Outcome, figure, span

# The days of a Chinese programme are days of Beijing time (北京时间), all over the country.
BEIJING = timezone(timedelta(hours=8))


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
        return unmeasured(*threshold)
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
        return unmeasured(*threshold)
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
        return unmeasured(*threshold)
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
        return unmeasured(*threshold)
    own, decimals = case.own, case.policy.area_decimals_mu
    mu = figure(m2_to_mu(own.area_m2), decimals, [declared_mu])
    interval = span(m2_to_mu(own.area_low_m2), m2_to_mu(own.area_high_m2), decimals, [declared_mu])
    return Finding(
        "passed" if own.area_low_m2 <= mu_to_m2(declared_mu) <= own.area_high_m2 else "in_doubt",
        *threshold,
        f"{mu} 亩（{interval}）",
        f"{mu} mu ({interval})",
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
