"""Bringing in a courier file at the desk (应急文件)."""

import contextlib
from datetime import UTC, datetime
from typing import Any

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile

from server.actions.import_courier import CARRIERS, CONFIRMERS, Report, import_courier
from server.errors import CourierRefused, SenderUnproven
from server.guards import allow
from server.i18n import language_of, mark
from server.pages import AnyRequest, render, translate


class CourierController(Controller):
    """For those who carry such files: the inspectors themselves, their reviewers, the administrator."""

    path = "/desk/courier"
    include_in_schema = False
    opt = {"policy": allow(*CARRIERS)}

    @get("/")
    async def form(self, request: AnyRequest) -> Response[str]:
        """Ask for the file."""
        return _page(request, None, {})

    # The limit is the installation's own: see below.
    @post("/", request_max_body_size=None)
    async def bring(self, request: AnyRequest) -> Response[str]:
        """Take the file in and say what became of each item; the file itself is not kept."""
        language = language_of(request)
        limit_mb = request.app.state.settings.courier_max_mb
        announced = request.headers.get("content-length", "")
        if not announced.isdigit() or int(announced) > limit_mb * 1_000_000:
            sentence = translate(language, mark("文件超过 {limit} MB，请在手机上分次导出。")).format(limit=limit_mb)
            return _page(request, None, {"file": sentence}, status=422)
        # Read as a stream: beyond a megabyte it lies in a temporary file that is gone when it is closed.
        form = await request.form()
        upload: Any = form.get("file")
        if not isinstance(upload, UploadFile) or not upload.filename:
            return _page(request, None, {"file": translate(language, mark("请选择应急文件"))}, status=422)
        with contextlib.closing(upload.file) as file:
            try:
                report = await import_courier(
                    file,  # type: ignore[arg-type]
                    key=request.app.state.courier_key,
                    photos=request.app.state.photos,
                    by=request.user,
                    confirmed=form.get("confirmed") == "yes",
                    at=datetime.now(UTC),
                )
            except CourierRefused as refusal:
                sentence = refusal.message_en if language == "en" else refusal.message_zh
                return _page(request, None, {"file": sentence}, ask=isinstance(refusal, SenderUnproven), status=422)
        return _page(request, report, {})


def _page(
    request: AnyRequest, report: Report | None, errors: dict[str, str], *, ask: bool = False, status: int = 200
) -> Response[str]:
    context = {
        "report": report,
        "errors": errors,
        "ask": ask and request.user.holds(*CONFIRMERS),
        "limit_mb": request.app.state.settings.courier_max_mb,
    }
    return render(request, "desk/courier.html", context, status=status)
