"""The photo archive: finding photos, looking at one, proving that its bytes are those received (影像档案)."""

import asyncio
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from litestar import Controller, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Stream

from server import archive
from server.actions.note_loss import note_found
from server.actions.read_original import WholeOriginals, read_original, require_whole
from server.forms import Typed
from server.guards import SIGNED_IN
from server.i18n import language_of, mark
from server.labels import LABELS
from server.pages import READERS, AnyRequest, render, translate
from server.renditions import NotAPicture, Size, ensure, read_exif
from server.storage.wholeness import Damage
from server.store import queue
from server.store.keyset import Key, Page, Row
from server.store.photo_record import announced, stamp_for

FILTERS = ("village", "household", "plot", "kind", "from", "to", "household_id", "plot_id")
SIZES: dict[str, Size] = {"thumb": 320, "large": 1600}
# Downloaded originals keep their type only if a browser cannot mistake them for something that runs.
SAFE_TYPES = {"image/jpeg", "image/png", "image/webp"}
COLUMNS = (
    mark("拍摄时间"),
    mark("村"),
    mark("屯"),
    mark("户主"),
    mark("农户编号"),
    mark("地块号"),
    mark("照片类型"),
    mark("经度"),
    mark("纬度"),
    mark("定位精度（米）"),
    mark("字节数"),
    "SHA-256",
)


class ArchiveController(Controller):
    """Everyone signed in looks up the photos of their regions."""

    path = "/archive"
    include_in_schema = False
    opt = {"policy": SIGNED_IN}

    @get("/")
    async def search(self, request: AnyRequest) -> Response[str]:
        """Show the photos the address asks for."""
        scope = request.user.scope()
        groups = await queue.villages(scope)
        typed, chosen, named = await self._chosen(request, groups)
        after, before = (Key.parse(request.query_params.get(name)) for name in ("after", "before"))
        page = Page([]) if typed.errors else await archive.find_photos(chosen, scope, after=after, before=before)
        return render(
            request,
            "archive/search.html",
            {
                "page": page,
                "typed": typed,
                "address": {name: typed.values[name] for name in FILTERS},
                "filtered": any(typed.values[name] for name in FILTERS),
                "villages": groups,
                "kinds": list(LABELS["kind"]),
                "named": named,
            },
        )

    @get("/photos.csv")
    async def export(self, request: AnyRequest) -> Stream:
        """Answer the same search as a table for a spreadsheet program."""
        scope = request.user.scope()
        typed, chosen, _named = await self._chosen(request, await queue.villages(scope))
        if typed.errors:
            raise NotFoundException
        language = language_of(request)
        return Stream(
            archive.export(
                chosen,
                scope,
                header=[translate(language, column) for column in COLUMNS],
                kinds={code: translate(language, name) for code, name in LABELS["kind"].items()},
            ),
            media_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": 'attachment; filename="photos.csv"',
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )

    async def _chosen(
        self, request: AnyRequest, groups: list[tuple[str, list[Row]]]
    ) -> tuple[Typed, archive.PhotoFilter, Row | None]:
        scope, language = request.user.scope(), language_of(request)
        typed = Typed(request.query_params, language)
        village = typed.choice("village", {village["code"] for _, group in groups for village in group})
        household = typed.text("household")
        number = typed.number("plot")
        kind = typed.choice("kind", set(LABELS["kind"]))
        from_on, to_on = typed.days("from", "to")
        household_id, plot_id = typed.uuid("household_id"), typed.uuid("plot_id")
        households: tuple[UUID, ...] | None = None
        if household:
            found = await archive.find_households(household, scope, village)
            if len(found) > archive.HOUSEHOLDS:
                typed.errors["household"] = translate(language, mark("符合的农户太多，请写完整姓名，或先选择村"))
            households = tuple(row["id"] for row in found)
        if household_id:
            households = (household_id,)
        if number is not None and households is None and "household" not in typed.errors:
            typed.errors["plot"] = translate(language, mark("地块号在各户内编号，请同时填写农户"))
        named = await archive.find_plot_name(plot_id, household_id, scope) if plot_id or household_id else None
        chosen = archive.PhotoFilter(
            village=village,
            households=households,
            plot=plot_id,
            plot_number=number,
            kind=kind,
            from_on=from_on,
            to_on=to_on,
        )
        return typed, chosen, named

    @get("/photos/{photo_id:uuid}")
    async def photo(self, request: AnyRequest, photo_id: FromPath[UUID]) -> Response[str]:
        """Show one photo with all that is known of it; `?verify=1` hashes the stored bytes again."""
        scope = request.user.scope()
        photo = await _find(request, photo_id)
        at = datetime.now(UTC)
        original = await read_original(photo["sha256"], photos=request.app.state.photos, at=at)
        damage = original if isinstance(original, Damage) else None
        if damage is None and photo["lost_at"] is not None:
            await note_found(photo["sha256"], at=at)
        checked = "verify" in request.query_params
        said, policy_version = await announced(photo["submission"], photo["sha256"])
        return render(
            request,
            "archive/photo.html",
            {
                "photo": photo,
                "said": said,
                "stamp": await stamp_for(photo, said, policy_version, language_of(request)),
                "siblings": await archive.find_neighbours(photo, scope),
                "exif": {} if isinstance(original, Damage) else await asyncio.to_thread(read_exif, original),
                "checked": checked,
                "damage": damage,
                "may_open_submission": await archive.submission_exists(
                    photo["submission"], request.user.scope(*READERS)
                ),
            },
        )

    @get("/photos/{photo_id:uuid}/{size:str}", opt={"own_encoding": True})
    async def picture(
        self, request: AnyRequest, photo_id: FromPath[UUID], size: FromPath[Literal["thumb", "large", "original"]]
    ) -> Response[Any]:
        """Answer the picture's bytes, to those who may see its page."""
        photo = await _find(request, photo_id)
        sha256 = photo["sha256"]
        headers = {
            "ETag": f'"{sha256}-{size}"',
            "Cache-Control": "private, max-age=3600",
            "Vary": "Cookie",
            "X-Content-Type-Options": "nosniff",
        }
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(b"", status_code=304, headers=headers)
        store = request.app.state.photos
        if size == "original":
            headers["Content-Length"] = str(await require_whole(sha256, photos=store, at=datetime.now(UTC)))
            media_type = photo["media_type"] if photo["media_type"] in SAFE_TYPES else "application/octet-stream"
            headers["Content-Disposition"] = f'attachment; filename="{archive.file_name(photo)}"'
            return Stream(store.open(sha256), media_type=media_type, headers=headers)
        try:
            folder = request.app.state.settings.data / "renditions"
            copy = await ensure(sha256, SIZES[size], WholeOriginals(store), folder)
        except NotAPicture as error:
            raise NotFoundException from error
        return Response(copy, media_type="image/jpeg", headers=headers)


async def _find(request: AnyRequest, photo_id: UUID) -> Row:
    photo = await archive.find_photo(photo_id, request.user.scope())
    if photo is None:
        raise NotFoundException
    return photo


archive_handlers = [ArchiveController]
