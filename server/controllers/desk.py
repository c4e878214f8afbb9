"""The township's desk: the review queue, one submission, the decision about it (审核台)."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from inspections.errors import InspectionError
from inspections.reviews import Decision
from inspections.todo import TODO_NAMES, chosen_todo, todo_codes
from server import sketch
from server.actions.decide_review import decide_review
from server.controllers.courier import CourierController
from server.controllers.jobs_page import OVERSEERS, JobsController
from server.controllers.pages_front import FrontController
from server.controllers.problems_page import ProblemsController
from server.controllers.quarantine import QuarantineController
from server.controllers.visits_page import VisitsController
from server.forms import Typed
from server.guards import allow
from server.i18n import Language, language_of, mark
from server.pages import DECIDERS, READERS, AnyRequest, render, translate
from server.problems import title_of
from server.store import queue, visits
from server.store.keyset import Key, Page, Row
from server.store.programmes import policies_of
from server.store.queue import COUNT_LIMIT, QueueFilter
from server.text import plain

READ = allow(*READERS)
DECIDE = allow(*DECIDERS)

TABS = ("awaiting_review", "approved", "returned", "refused", "receiving", "quarantine")
FLAGS = 4
FILTERS = ("village", "outcome", "inspector", "from", "to")
# What reviewers most often write; each can be ticked and added to in their own words.
PRESETS = (
    mark("照片不清，请重拍"),
    mark("缺少必拍照片，请补拍"),
    mark("边界有误，请重新绕行"),
    mark("面积存疑，请丈量核实"),
    mark("株数存疑，请重新清点"),
)


class DeskController(Controller):
    """Reading is for all who supervise, deciding for reviewers and approvers; both within their regions."""

    path = "/desk"
    include_in_schema = False

    @get("/", opt={"policy": READ})
    async def queue(self, request: AnyRequest) -> Response[str]:
        """Show one tab of the queue, filtered as the address says."""
        language = language_of(request)
        scope = request.user.scope(*READERS)
        tab = request.query_params.get("tab", "")
        tab = tab if tab in TABS else TABS[0]
        typed = Typed(request.query_params, language)
        groups = await queue.villages(scope)
        people = await queue.inspectors(scope)
        chosen = QueueFilter(
            village=typed.choice("village", {village["code"] for _, group in groups for village in group}),
            outcome=typed.choice("outcome", {"passed", "in_doubt", "failed"}),
            inspector=typed.uuid("inspector"),
            **dict(zip(("from_on", "to_on"), typed.days("from", "to"), strict=True)),
        )
        held = typed.choice("held", {"accepted", "rejected"})
        after, before = (Key.parse(request.query_params.get(name)) for name in ("after", "before"))
        if typed.errors:
            page = Page([])
        elif tab == "receiving":
            page = await queue.read_incomplete(scope, after=after, before=before)
        elif tab == "quarantine":
            page = await queue.read_quarantine(scope, held or "open", after=after, before=before)
        else:
            page = await queue.read_queue(tab, chosen, scope, after=after, before=before)
        awaiting = await queue.count_awaiting(scope)
        return render(
            request,
            "desk/queue.html",
            {
                "tab": tab,
                "tabs": TABS,
                "page": page,
                "not_arrived": await queue.read_not_arrived(scope) if tab == "receiving" else [],
                "typed": typed,
                "address": {name: typed.values[name] for name in (*FILTERS, "held")},
                "filtered": any(typed.values[name] for name in FILTERS),
                "may_see_jobs": request.user.holds(*OVERSEERS),
                "villages": groups,
                "inspectors": people,
                "awaiting": f"{COUNT_LIMIT}+" if awaiting > COUNT_LIMIT else str(awaiting),
                "done": await self._just_decided(request, scope),
                "flags": {row["id"]: flags_of(row.get("evaluation"), language) for row in page.rows},
                "titles": {row["id"]: title_of(row["code"], language) for row in page.rows if "code" in row},
            },
        )

    async def _just_decided(self, request: AnyRequest, scope: tuple[str, ...]) -> Row | None:
        """Return the submission a decision has just led back from; what it says comes from the table."""
        try:
            submission = await queue.find_submission(UUID(request.query_params.get("done", "")), scope)
        except ValueError:
            return None
        return submission if submission and submission["state"] in queue.DECIDED else None

    @get("/submissions/{submission_id:uuid}", opt={"policy": READ})
    async def submission(self, request: AnyRequest, submission_id: FromPath[UUID]) -> Response[str]:
        """Show one submission with all it is judged by."""
        return await self._submission_page(
            request, submission_id, {"decision": "", "presets": [], "todo": [], "reason": ""}, {}
        )

    @post("/submissions/{submission_id:uuid}", opt={"policy": DECIDE})
    async def decide(self, request: AnyRequest, submission_id: FromPath[UUID]) -> Response[Any]:
        """Record the decision and lead back to the queue; or show the page again with what is wrong."""
        form = await request.form()
        language = language_of(request)
        typed = {
            "decision": str(form.get("decision", "")),
            "presets": [str(value) for value in form.getall("preset", [])],
            "todo": [str(value) for value in form.getall("todo", [])],
            "reason": plain(str(form.get("reason", "")))[:1000],
        }
        if typed["decision"] not in queue.DECIDED:
            errors = {"decision": translate(language, mark("请选择审核结论"))}
            return await self._submission_page(request, submission_id, typed, errors, status=422)
        # Ticked reasons are recorded in Chinese, the language of the file, whoever ticks them.
        ticked = [preset for preset in PRESETS if preset in typed["presets"]]
        reason = "；".join([*ticked, *filter(None, [str(typed["reason"])])])
        try:
            await decide_review(
                submission_id,
                Decision(typed["decision"]),
                reason,
                reviewer=request.user,
                at=datetime.now(UTC),
                todo=await _todo(submission_id, list(typed["todo"]), request.user.scope(*READERS)),
            )
        except InspectionError as refusal:
            sentence = refusal.message_en if language == "en" else refusal.message_zh
            field = "reason" if refusal.code == "reason_required" else "decision"
            return await self._submission_page(request, submission_id, typed, {field: sentence}, status=422)
        return Redirect(f"/desk/?done={submission_id}", status_code=303)

    async def _submission_page(
        self,
        request: AnyRequest,
        submission_id: UUID,
        typed: dict[str, Any],
        errors: dict[str, str],
        *,
        status: int = 200,
    ) -> Response[str]:
        scope = request.user.scope(*READERS)
        submission = await queue.find_submission(submission_id, scope)
        if submission is None:
            raise NotFoundException
        manifest = msgspec.json.decode(submission["manifest"])
        photos = await queue.photos_of(submission_id, scope)
        evaluation = submission["evaluation"]
        boundary = (evaluation and evaluation["data"].get("boundary")) or manifest["boundary"]["geometry"]
        around, drawing = await _drawing(submission, manifest, boundary, photos, scope)
        held = {photo["sha256"] for photo in photos}
        covers = request.user.covers(submission["village_code"], *DECIDERS)
        return render(
            request,
            "desk/submission.html",
            {
                "submission": submission,
                "evaluation": evaluation["data"] if evaluation else None,
                "evaluated": evaluation,
                "manifest": manifest,
                "photos": photos,
                "missing": [photo["kind"] for photo in manifest["photos"] if photo["sha256"] not in held],
                "sketch": drawing,
                "around": around,
                "review": await queue.find_review(submission_id),
                "history": await queue.history_of(submission_id),
                "own": submission["inspector"] == request.user.user_id,
                "may_decide": covers and submission["state"] in queue.OPEN,
                "presets": PRESETS,
                "todo": await _todo_choices(submission, language_of(request)),
                "attempts": await visits.attempts_of(submission["plot"]),
                "submissions": await visits.submissions_of(submission["plot"]),
                "found": await visits.found_of(submission["plot"]),
                "typed": typed,
                "errors": errors,
            },
            status=status,
        )


async def _todo(submission_id: UUID, ticked: list[str], scope: tuple[str, ...]) -> list[str]:
    """Keep of what was ticked what can be asked for on this plot."""
    submission = await queue.find_submission(submission_id, scope) if ticked else None
    if submission is None:
        return []
    policies = await policies_of(submission["plot.programme"])
    return chosen_todo(ticked, policies[submission["policy_version"]], submission["plot.land_type"])


async def _todo_choices(submission: Row, language: Language) -> list[tuple[str, str]]:
    """List what a return can ask for, as (code, text), in the policy the inspection was made under."""
    policies = await policies_of(submission["plot.programme"])
    policy = policies[submission["policy_version"]]
    zh = language == "zh"
    shots = {f"shot:{shot.kind}": shot.title_zh if zh else shot.title_en for shot in policy.shots}
    again = translate(language, mark("补拍：{shot}"))
    return [
        (code, again.format(shot=shots[code]) if code in shots else TODO_NAMES[code][0 if zh else 1])
        for code in todo_codes(policy, submission["plot.land_type"])
    ]


async def _drawing(
    submission: Row, manifest: Row, boundary: Any, photos: list[Row], scope: tuple[str, ...]
) -> tuple[list[Row], sketch.Sketch | None]:
    """Lay out the sketch, and list the plots that are in it; no sketch where there is no usable boundary."""
    try:
        first = manifest["boundary"]["geometry"]["coordinates"][0][0]
        plots = await queue.plots_around(submission, (first[0], first[1]), scope)
        drawn = sketch.draw(
            boundary,
            neighbours=[sketch.Neighbour(str(number), plot["boundary"]) for number, plot in enumerate(plots)],
            spots=[
                sketch.Spot(str(number), photo["lon"], photo["lat"])
                for number, photo in enumerate(photos, 1)
                if photo["lon"] is not None
            ],
            track=[(p[0], p[1]) for p in manifest["boundary"]["geometry"]["coordinates"][0]],
        )
    except (ValueError, KeyError, IndexError, TypeError):
        return [], None
    # Only plots whose label stands in the drawing are in the table, lettered in the same order.
    shown: list[Row] = []
    shapes: list[sketch.Shape] = []
    for shape in drawn.neighbours:
        if shape.label:
            plot = plots[int(shape.label)]
            plot["letter"] = _letter(len(shown))
            shown.append(plot)
            shape = replace(shape, label=plot["letter"])
        shapes.append(shape)
    return shown, replace(drawn, neighbours=tuple(shapes))


def _letter(index: int) -> str:
    """A to Z, then A2 to Z2 …"""
    turn, place = divmod(index, 26)
    return chr(ord("A") + place) + (str(turn + 1) if turn else "")


def flags_of(evaluation: Row | None, language: Language) -> list[tuple[str, str]]:
    """Return what a reviewer should see at a glance: which rules failed or are in doubt, as (outcome, title)."""
    if evaluation is None:
        return []
    title = "title_zh" if language == "zh" else "title_en"
    rules = evaluation["data"].get("rules", [])
    flags = [
        (outcome, rule[title]) for outcome in ("failed", "in_doubt") for rule in rules if rule["outcome"] == outcome
    ]
    if len(flags) > FLAGS:
        more = translate(language, mark("另有 {n} 项")).format(n=len(flags) - FLAGS + 1)
        flags = [*flags[: FLAGS - 1], ("more", more)]
    return flags


desk_handlers = [
    FrontController,
    DeskController,
    VisitsController,
    QuarantineController,
    JobsController,
    CourierController,
    ProblemsController,
]
