"""
A submission judged (评定): measured, held against every rule, and the amount proposed.

A pure function of the manifest, the policy version and the plots around. It is stored with the versions that made it,
and can be run again over old records to show what would change before anything does.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct, to_builtins

import geo
from inspections.amounts import Amount, nothing_to_pay, propose_amount, round_to_mu
from inspections.case import Case, density_per_mu
from inspections.evidence import photo_fact
from inspections.land_rules import own_overlaps
from inspections.plots import Household, Plot
from inspections.policy import Clause, Policy
from inspections.reviews import Outcome as OverallOutcome
from inspections.rules import RULES, Rule
from inspections.standards import Standard, asked, judge_standard
from inspections.submissions import Boundary, Manifest
from inspections.wording import OUTCOME_NAMES, Finding, Outcome

ENGINE_VERSION = "3"

NO_CLAUSE = Clause(zh="项目政策未载明条款", en="the policy cites no clause")
TECHNICAL_CHECK = Clause(zh="验收技术要求，不属方案条款", en="a technical check, not a clause of the plan")


class RuleResult(Struct, frozen=True, kw_only=True):
    """One rule's outcome; the sentences state clause, threshold and measured value."""

    code: str
    title_zh: str
    title_en: str
    outcome: Outcome
    clause_zh: str
    clause_en: str
    threshold_zh: str
    threshold_en: str
    measured_zh: str
    measured_en: str
    sentence_zh: str
    sentence_en: str
    is_sample: bool


class OverlapFound(Struct, frozen=True, kw_only=True):
    """Ground that another household's plot claims as well."""

    household_id: str | None
    plot_id: str | None
    area_m2: float
    share: float
    mean_depth_m: float
    tolerance_m: float
    overlap_class: Literal["none", "within_tolerance", "significant"]
    geometry: dict[str, Any]


class IssueFound(Struct, frozen=True, kw_only=True):
    """Something found or changed in a boundary before it was measured."""

    code: str
    message_zh: str
    message_en: str
    plot_id: str | None
    before_m2: float | None
    after_m2: float | None


class Evaluation(Struct, frozen=True, kw_only=True):
    """
    What the rules say about one submission.

    Areas and perimeter are this plot's, `contiguous_block_m2` is the block it lies in, `accepted_area_m2` the
    household's land in blocks that reach the minimum. `area_mu` is rounded once by the policy's decimals;
    `payable_mu` is what the amount was computed from. Without a measurable boundary the areas are 0.
    """

    outcome: OverallOutcome
    engine_version: str
    policy_version: int
    area_m2: float
    area_low_m2: float
    area_high_m2: float
    area_mu: str
    payable_mu: str
    perimeter_m: float
    contiguous_block_m2: float
    accepted_area_m2: float
    planted_count: int
    density_per_mu: float | None
    survival_rate: float | None
    amount_fen: int
    amount_formula_zh: str
    amount_formula_en: str
    rules: list[RuleResult]
    overlaps: list[OverlapFound]
    issues: list[IssueFound]
    boundary: dict[str, Any] | None


def evaluate(
    manifest: Manifest,
    *,
    policy: Policy,
    policy_version: int,
    plot: Plot,
    household: Household,
    household_plots: Sequence[Plot],
    neighbours: Sequence[Plot],
    other_amount_fen: int = 0,
) -> Evaluation:
    """
    Judge one submission.

    Args:
        manifest: As received and checked.
        policy: The policy version the inspector worked with.
        policy_version: Its number, kept with the result.
        plot: The plot inspected.
        household: Whose plot it is.
        household_plots: The household's other plots, as last outlined; this plot is left out.
        neighbours: Plots of other households nearby.
        other_amount_fen: Proposed already for the household's other plots; it uses up the cap first.
    """
    own = _own_feature(manifest.boundary, plot)
    others = [_feature(other) for other in (*household_plots, *neighbours) if other.boundary is not None]
    if plot.boundary is not None:
        others.append(_declared(plot))
    measurement = geo.measure([own, *others], _measuring_policy(policy, manifest, household.id))
    measured = measurement.plots[0]
    photos = [photo_fact(photo, measured.geometry, policy.evidence) for photo in manifest.photos]
    case = Case(manifest, policy, plot, measurement, photos)
    findings = {code: rule.judge(case) for code, rule in RULES.items()}
    answers = {answer.code: answer for answer in manifest.standards}
    standards = asked(policy.standards, plot.land_type, manifest.slope_deg)
    held = {standard.code: judge_standard(standard, answers.get(standard.code)) for standard in standards}

    doubled_m2 = sum(lap.area_m2 for lap in own_overlaps(measurement) if lap.overlap_class == "significant")
    payable_mu = round_to_mu(max(0.0, measured.area_m2 - doubled_m2), policy.area_decimals_mu)
    failed: list[Rule | Standard] = [
        RULES[code] for code, found in findings.items() if found.outcome == "failed" and RULES[code].pays
    ]
    failed += [each for each in standards if each.pays and held[each.code].outcome == "failed"]
    amount: Amount
    if failed:
        amount = nothing_to_pay(
            "不符合：" + "、".join(rule.title_zh for rule in failed),
            "failed: " + ", ".join(rule.title_en for rule in failed),
        )
    else:
        amount = propose_amount(
            payable_mu, policy, person_count=household.person_count, other_amount_fen=other_amount_fen
        )
    counts = manifest.tree_counts
    return Evaluation(
        outcome=_overall([*findings.values(), *held.values()]),
        engine_version=ENGINE_VERSION,
        policy_version=policy_version,
        area_m2=measured.area_m2,
        area_low_m2=measured.area_low_m2,
        area_high_m2=measured.area_high_m2,
        area_mu=str(round_to_mu(measured.area_m2, policy.area_decimals_mu)),
        payable_mu=str(payable_mu),
        perimeter_m=measured.perimeter_m,
        contiguous_block_m2=0.0 if measured.block is None else measurement.contiguous_blocks_m2[measured.block],
        accepted_area_m2=measurement.accepted_area_m2,
        planted_count=counts.planted,
        density_per_mu=density_per_mu(case),
        survival_rate=counts.live / counts.planted if counts.planted else None,
        amount_fen=amount.amount_fen,
        amount_formula_zh=amount.formula_zh,
        amount_formula_en=amount.formula_en,
        rules=[
            *(_result(code, found, policy) for code, found in findings.items()),
            *(_standard_result(standard, held[standard.code], policy) for standard in standards),
        ],
        overlaps=[
            OverlapFound(
                household_id=lap.household_id,
                plot_id=lap.plot_id,
                area_m2=lap.area_m2,
                share=lap.share,
                mean_depth_m=lap.mean_depth_m,
                tolerance_m=lap.tolerance_m,
                overlap_class=lap.overlap_class,
                geometry=lap.geometry,
            )
            for lap in measurement.overlaps
            if lap.own_plot_id == measured.plot_id
        ],
        issues=[
            IssueFound(
                code=issue.code,
                message_zh=issue.message_zh,
                message_en=issue.message_en,
                plot_id=issue.plot_id,
                before_m2=issue.before_m2,
                after_m2=issue.after_m2,
            )
            for issue in measurement.issues
        ],
        boundary=measured.geometry,
    )


def _own_feature(boundary: Boundary, plot: Plot) -> dict[str, Any]:
    feature: dict[str, Any] = to_builtins(boundary)
    feature["properties"] |= {"plot_id": str(plot.id), "household_id": str(plot.household_id)}
    return feature


def _feature(plot: Plot) -> dict[str, Any]:
    properties = {"plot_id": str(plot.id), "household_id": str(plot.household_id), "capture": "vertices"}
    return {"type": "Feature", "geometry": plot.boundary, "properties": properties}


def _declared(plot: Plot) -> dict[str, Any]:
    """The ledger's outline of the plot itself: it is compared with, so that a walk in another datum shows."""
    feature = _feature(plot)
    feature["properties"]["role"] = "declared"
    return feature


def _measuring_policy(policy: Policy, manifest: Manifest, household_id: UUID) -> Mapping[str, Any]:
    statements = [
        {"first_plot_id": str(manifest.plot_id), "second_plot_id": str(said.plot_id), "joined": said.joined}
        for said in manifest.joins
        if said.plot_id != manifest.plot_id
    ]
    return {
        "statements": statements,
        "household_id": str(household_id),
        "gap_m": policy.gap_m,
        "min_block_mu": policy.min_block_mu,
        "confidence": policy.confidence,
        "accuracy_confidence": policy.accuracy_confidence,
        "allowed_bbox": policy.allowed_bbox,
        "max_area_mu": policy.max_area_mu,
        "calibration": to_builtins(policy.calibration),
    }


def _overall(findings: Iterable[Finding]) -> OverallOutcome:
    outcomes = {found.outcome for found in findings}
    if "failed" in outcomes:
        return "failed"
    return "in_doubt" if "in_doubt" in outcomes else "passed"


def _result(code: str, found: Finding, policy: Policy) -> RuleResult:
    rule = RULES[code]
    clause = policy.clauses.get(code, NO_CLAUSE if rule.is_of_plan else TECHNICAL_CHECK)
    is_sample = any(name in policy.sample_parameters for name in rule.parameters)
    return _told(code, (rule.title_zh, rule.title_en), clause, found, is_sample)


def _standard_result(standard: Standard, found: Finding, policy: Policy) -> RuleResult:
    clause = Clause(zh=standard.clause_zh, en=standard.clause_en)
    is_sample = f"standards.{standard.code}" in policy.sample_parameters
    return _told(f"standards.{standard.code}", (standard.title_zh, standard.title_en), clause, found, is_sample)


def _told(code: str, title: tuple[str, str], clause: Clause, found: Finding, is_sample: bool) -> RuleResult:
    sample_zh, sample_en = ("（示例值）", " (sample value)") if is_sample else ("", "")
    said_zh, said_en = OUTCOME_NAMES[found.outcome]
    clause_zh, clause_en = clause.zh.rstrip("。；"), clause.en.rstrip(".;")
    return RuleResult(
        code=code,
        title_zh=title[0],
        title_en=title[1],
        outcome=found.outcome,
        clause_zh=clause.zh,
        clause_en=clause.en,
        threshold_zh=found.threshold_zh,
        threshold_en=found.threshold_en,
        measured_zh=found.measured_zh,
        measured_en=found.measured_en,
        sentence_zh=f"条款：{clause_zh}。标准：{found.threshold_zh}{sample_zh}；实测：{found.measured_zh}。{said_zh}。",
        sentence_en=f"Clause: {clause_en}. Required: {found.threshold_en}{sample_en}; "
        f"measured: {found.measured_en}. {said_en.capitalize()}.",
        is_sample=is_sample,
    )
