"""What each phone says it has made (设备台账), so that a wiped phone is noticed."""

from piccolo.columns import UUID, ForeignKey, OnDelete, Timestamptz, Varchar
from piccolo.table import Table

from server.tables.users import UserTable


class DeviceRecordTable(Table, tablename="device_record"):
    """One submission finished on a phone, as the phone reported it; no row of `submission` need exist."""

    submission_id = UUID(primary_key=True, default=None)
    device_id = UUID(default=None)
    user = ForeignKey(UserTable, null=False, on_delete=OnDelete.restrict)
    created_at = Timestamptz(default=None, help_text="Device clock.")
    first_reported_at = Timestamptz(default=None)
    last_listed_at = Timestamptz(default=None, help_text="When the phone last still knew of it.")
    state = Varchar(length=16, default=None, help_text="The phone's own word for it.")
