"""The one place where the parts are put together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from litestar import Litestar
from litestar.datastructures import State

from server.actions.name_store import require_same_store
from server.assets import asset_handlers
from server.backup.upkeep import kept_up
from server.controllers.archive import archive_handlers
from server.controllers.desk import desk_handlers
from server.controllers.devices import device_ledger
from server.controllers.field_notes import send_attempt, send_plot
from server.controllers.health import health
from server.controllers.ledger import ledger
from server.controllers.phone_address import phone_address
from server.controllers.sessions import SessionController
from server.controllers.submissions import SubmissionController
from server.controllers.tiles import base_map, tile
from server.controllers.uploads import UploadController
from server.database import make_engine, opened
from server.guards import PolicyMiddleware, assert_every_route_has_a_policy
from server.headers import add_headers
from server.jobs import Workshop, at_work
from server.keys import courier_key, read_secret, receipt_key
from server.problems import EXCEPTION_HANDLERS
from server.schema import describe_api
from server.sessions import SessionMiddleware
from server.settings import Settings
from server.storage import open_photo_store
from server.storage_alarm import ring_when_failing
from server.tiles import open_tiles
from server.upload_expiry import sweeping

MAX_BODY_BYTES = 1024 * 1024


def state_of(settings: Settings) -> State:
    """
    What handlers find in `app.state`; nothing is opened yet.

    Raises:
        SecretUnusable, StoreUnusable, DatabaseUnusable, PackUnusable: The settings point at something that cannot work.
    """
    secret = read_secret(settings)
    photos = open_photo_store(settings)
    ring_when_failing(photos)
    return State(
        {
            "settings": settings,
            "photos": photos,
            "tiles": open_tiles(settings),
            "receipt_key": receipt_key(secret),
            "courier_key": courier_key(secret),
        }
    )


def create_app(settings: Settings, *, work: bool = True, disk_processes: int = 0) -> Litestar:
    """
    Build the application; nothing is opened before it starts.

    Args:
        settings: Where everything is.
        work: Whether this process also does the jobs (evaluation, pictures).
        disk_processes: How many processes beside this one write photos.

    Raises:
        RuntimeError: A route names no policy.
        SecretUnusable, StoreUnusable, DatabaseUnusable, PackUnusable: As `state_of`.
    """
    state = state_of(settings)
    photos = state.photos
    workshop = Workshop(settings, photos)

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(opened(make_engine(settings.database_url)))
            await require_same_store(photos)
            await stack.enter_async_context(photos.with_processes(disk_processes, settings.failpoints))
            if work:
                await stack.enter_async_context(at_work(workshop))
                await stack.enter_async_context(sweeping(photos))
                await stack.enter_async_context(kept_up(photos))
            yield

    app = Litestar(
        route_handlers=[
            *asset_handlers,
            *desk_handlers,
            *archive_handlers,
            health,
            ledger,
            device_ledger,
            base_map,
            tile,
            send_attempt,
            send_plot,
            phone_address,
            SessionController,
            SubmissionController,
            UploadController,
        ],
        middleware=[SessionMiddleware(settings), PolicyMiddleware()],
        before_send=[add_headers(https=settings.secure_cookies)],
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=[lifespan],
        state=state,
        openapi_config=describe_api() if settings.schema_open else None,
        request_max_body_size=MAX_BODY_BYTES,
        logging_config=None,
    )
    assert_every_route_has_a_policy(app)
    return app
