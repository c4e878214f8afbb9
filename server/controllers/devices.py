"""What a phone has made, told by the phone."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, put
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from server.actions.report_device import Listed, report_device
from server.guards import allow
from server.roles import Identity, Role

MAX_LISTED = 5000


class ListedIn(Struct, forbid_unknown_fields=True):
    """One submission finished on the phone."""

    submission_id: UUID
    created_at: Annotated[datetime, Meta(tz=True)]
    state: Annotated[str, Meta(pattern="^[a-z_]{1,16}$", max_length=16)]


class DeviceLedgerIn(Struct, forbid_unknown_fields=True):
    """Everything this account ever finished on this phone."""

    submissions: Annotated[list[ListedIn], Meta(max_length=MAX_LISTED)]


class DeviceReportOut(Struct):
    """What the phone told of before and no longer lists, and what waits on this person's other phones."""

    missing_on_device: list[UUID]
    never_arrived: list[UUID]
    waiting_elsewhere: list[UUID]
    server_time_at: datetime


@put(
    "/api/devices/{device_id:uuid}/ledger",
    operation_id="putDeviceLedger",
    opt={"policy": allow(Role.INSPECTOR)},
    tags=["devices"],
)
async def device_ledger(
    device_id: FromPath[UUID], data: JSONBody[DeviceLedgerIn], request: Request[Identity, Any, State]
) -> DeviceReportOut:
    """Compare the phone's list with what it listed before: whatever is missing was wiped."""
    now = datetime.now(UTC)
    listed = [Listed(one.submission_id, one.created_at, one.state) for one in data.submissions]
    report = await report_device(device_id, listed, owner=request.user, at=now)
    return DeviceReportOut(report.missing_on_device, report.never_arrived, report.waiting_elsewhere, now)
