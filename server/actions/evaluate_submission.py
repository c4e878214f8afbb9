"""Judge a submission by the rules and keep what they said, with the versions that said it."""

import asyncio
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from inspections.evaluation import ENGINE_VERSION, Evaluation, evaluate
from server.database import transaction
from server.errors import SubmissionNotFound
from server.events import record
from server.store.cells import middle_of
from server.store.plots import find_household, find_plot, neighbours_of, plots_of_household
from server.store.programmes import policies_of
from server.store.submissions import amount_of_other_plots, find_submission, manifest_of
from server.tables import EvaluationTable, SubmissionTable


async def evaluate_submission(submission_id: UUID, *, at: datetime) -> Evaluation:
    """
    Evaluate, store and put in force.

    Doing it again with the same rules and policy replaces nothing: the stored evaluation stays.

    Args:
        submission_id: What to judge.
        at: Now.

    Raises:
        SubmissionNotFound: There is no such submission.
    """
    submission = await find_submission(submission_id)
    if submission is None:
        raise SubmissionNotFound("没有这份上报。", "There is no such submission.")
    evaluation = await _judge(submission)
    async with transaction():
        await EvaluationTable.insert(
            EvaluationTable(
                id=uuid4(),
                submission=submission_id,
                policy_version=submission["policy_version"],
                engine_version=ENGINE_VERSION,
                outcome=evaluation.outcome,
                area_m2=evaluation.area_m2,
                amount_fen=evaluation.amount_fen,
                data=msgspec.json.encode(evaluation).decode(),
                evaluated_at=at,
            )
        ).on_conflict(
            target=(EvaluationTable.submission, EvaluationTable.policy_version, EvaluationTable.engine_version),
            action="DO NOTHING",
        )
        stored = (
            await EvaluationTable.select(EvaluationTable.id, EvaluationTable.outcome, EvaluationTable.data)
            .where(
                (EvaluationTable.submission == submission_id)
                & (EvaluationTable.policy_version == submission["policy_version"])
                & (EvaluationTable.engine_version == ENGINE_VERSION)
            )
            .first()
        )
        assert stored is not None
        # Asked of the row and not of what was read before: another process may have judged it meanwhile.
        changed = await (
            SubmissionTable.update(
                {SubmissionTable.evaluation_id: stored["id"], SubmissionTable.outcome: stored["outcome"]}
            )
            .where(
                (SubmissionTable.id == submission_id)
                & (SubmissionTable.evaluation_id.is_null() | (SubmissionTable.evaluation_id != stored["id"]))
            )
            .returning(SubmissionTable.id)
        )
        if changed:
            await record(
                "submission.evaluated",
                "submission",
                submission_id,
                actor=None,
                before={"evaluation": submission["evaluation_id"]},
                after={
                    "evaluation": stored["id"],
                    "engine_version": ENGINE_VERSION,
                    "policy_version": submission["policy_version"],
                    "outcome": evaluation.outcome,
                    "area_m2": evaluation.area_m2,
                    "amount_fen": evaluation.amount_fen,
                },
                at=at,
            )
    return msgspec.json.decode(stored["data"], type=Evaluation)


async def _judge(submission: dict[str, object]) -> Evaluation:
    manifest = manifest_of(submission)
    plot = await find_plot(manifest.plot_id)
    assert plot is not None  # Submissions refer to plots by foreign key.
    household = await find_household(plot.household_id)
    assert household is not None
    policies = await policies_of(manifest.programme_code)
    # In a thread: some tens of milliseconds in which nobody else would be answered.
    return await asyncio.to_thread(
        evaluate,
        manifest,
        policy=policies[manifest.policy_version],
        policy_version=manifest.policy_version,
        plot=plot,
        household=household,
        household_plots=await plots_of_household(household.id, other_than=plot.id),
        neighbours=await neighbours_of(middle_of(manifest.boundary.geometry.coordinates[0]), household_id=household.id),
        other_amount_fen=await amount_of_other_plots(household.id, plot_id=plot.id),
    )
