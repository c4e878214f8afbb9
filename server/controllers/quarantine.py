"""The desk's page of one thing that could not be accepted: look, mend, accept or reject (隔离)."""

import json
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from inspections.errors import InspectionError
from inspections.mending import Change, differences
from server.actions.resolve_quarantine import (
    RESOLVERS,
    accept_quarantined,
    mend_quarantined,
    reject_quarantined,
    why_not_acceptable,
)
from server.errors import QuarantineRefused, SubmissionConflict
from server.guards import allow
from server.i18n import Language, language_of, mark
from server.pages import READERS, AnyRequest, render, translate
from server.problems import title_of
from server.store.quarantine import find_quarantined, find_stored, history_of, newest_mending
from server.text import plain

READ = allow(*READERS)
RESOLVE = allow(*RESOLVERS)
DIFFERENCES_SHOWN = 50
# A manifest and its form around it; percent-encoding may treble it.
MAX_FORM_BYTES = 2 * 1024 * 1024
_NUMBERS = re.compile(r"\[\s+([-\d.eE+,\s]|null)+?\s*\]")


class QuarantineController(Controller):
    """Reading is for all who supervise; deciding for those who review, within the sender's regions."""

    path = "/desk/quarantine/{quarantine_id:uuid}"
    include_in_schema = False

    @get("/", opt={"policy": READ})
    async def look(self, request: AnyRequest, quarantine_id: FromPath[UUID]) -> Response[str]:
        """Show what came, why it was not accepted, and what was done since."""
        return await _page(request, quarantine_id, {}, {})

    @get("/content", opt={"policy": READ})
    async def content(self, request: AnyRequest, quarantine_id: FromPath[UUID]) -> Response[bytes]:
        """Hand out the bytes as they came, as a file."""
        row = await find_quarantined(quarantine_id, request.user.scope(*READERS))
        if row is None:
            raise NotFoundException
        disposition = f'attachment; filename="quarantine-{quarantine_id}.json"'
        headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
        return Response(bytes(row["body"]), media_type="application/octet-stream", headers=headers)

    @post("/", opt={"policy": RESOLVE}, request_max_body_size=MAX_FORM_BYTES)
    async def decide(self, request: AnyRequest, quarantine_id: FromPath[UUID]) -> Response[Any]:
        """Mend, accept or reject, as the pressed button says; the page comes back with what is wrong."""
        form = await request.form()
        language, now = language_of(request), datetime.now(UTC)
        typed = {name: str(form.get(name, "")) for name in ("do", "content", "reason")}
        errors: dict[str, str] = {}
        field = {"mend": "content", "reject": "reason"}.get(typed["do"], "accept")
        try:
            if typed["do"] == "mend":
                await mend_quarantined(quarantine_id, typed["content"], by=request.user, at=now)
            elif typed["do"] == "reject":
                await reject_quarantined(quarantine_id, plain(typed["reason"])[:1000], by=request.user, at=now)
            elif typed["do"] == "accept":
                submission_id = await accept_quarantined(quarantine_id, by=request.user, at=now)
                return Redirect(f"/desk/submissions/{submission_id}", status_code=303)
            else:
                errors["accept"] = translate(language, mark("请选择一种处理"))
        except (InspectionError, QuarantineRefused, SubmissionConflict) as refusal:
            errors[field] = _sentence(refusal, language)
        if errors:
            return await _page(request, quarantine_id, typed, errors, status=422)
        return Redirect(f"/desk/quarantine/{quarantine_id}", status_code=303)


async def _page(
    request: AnyRequest, quarantine_id: UUID, typed: dict[str, str], errors: dict[str, str], *, status: int = 200
) -> Response[str]:
    scope, language = request.user.scope(*READERS), language_of(request)
    row = await find_quarantined(quarantine_id, scope)
    if row is None:
        raise NotFoundException
    mending = await newest_mending(quarantine_id)
    received = bytes(row["body"])
    content = _decoded(received)
    stored = await find_stored(row["submission_id"], scope)
    against: list[Change] = []
    # Once accepted, the stored submission is this very content; nothing is compared with itself.
    if stored and row["state"] != "accepted" and content is not None:
        against = list(differences(msgspec.json.decode(bytes(stored["manifest"])), content))
    may_decide = row["state"] == "open" and bool(await find_quarantined(quarantine_id, request.user.scope(*RESOLVERS)))
    reason = await why_not_acceptable(row) if row["state"] == "open" else None
    return render(
        request,
        "desk/quarantine.html",
        {
            "row": row,
            "title": title_of(row["code"], language),
            "size_bytes": len(received),
            "readable": content is not None,
            "received": pretty(content) if content is not None else received[:2000].decode("utf-8", "replace"),
            "mending": mending,
            "content": typed.get("content") or pretty(_decoded(bytes((mending or row)["body"])) or {}),
            "changes": [_shown(change) for change in mending["changes"]] if mending else [],
            "stored": stored,
            "against": [_shown(msgspec.to_builtins(change)) for change in against[:DIFFERENCES_SHOWN]],
            "against_more": max(0, len(against) - DIFFERENCES_SHOWN),
            "history": await history_of(quarantine_id),
            "own": row["user"] == request.user.user_id,
            "may_decide": may_decide,
            "stands_against": _sentence(reason, language) if reason else "",
            "typed": {"reason": typed.get("reason", "")},
            "errors": errors,
        },
        status=status,
    )


def pretty(value: Any) -> str:
    """Write JSON for reading: one member a line, but a position or a row of numbers stays on one."""
    return _NUMBERS.sub(lambda found: re.sub(r"\s+", " ", found[0]), json.dumps(value, ensure_ascii=False, indent=2))


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _shown(change: dict[str, Any]) -> dict[str, str]:
    """Shorten values that are whole objects or lists."""
    values = {name: json.dumps(change[name], ensure_ascii=False) for name in ("before", "after")}
    short = {name: text if len(text) <= 120 else f"{text[:117]}…" for name, text in values.items()}
    return {"path": change["path"], **{name: "—" if text == "null" else text for name, text in short.items()}}


def _sentence(refusal: InspectionError | QuarantineRefused | SubmissionConflict, language: Language) -> str:
    return refusal.message_en if language == "en" else refusal.message_zh
