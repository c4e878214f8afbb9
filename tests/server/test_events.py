import pytest

from server.database import transaction
from server.events import record
from server.tables import EventTable
from tests.server.world import AT, World


async def test_an_event_is_never_altered_nor_deleted(world: World):
    """Not even by whoever may write to the table: the database itself refuses."""
    async with transaction():
        await record("test.done", "test", "1", actor=None, before=None, after={"a": 1}, at=AT)

    with pytest.raises(Exception, match="never altered"):
        await EventTable.update({EventTable.action: "test.undone"}).where(EventTable.action == "test.done").run()
    with pytest.raises(Exception, match=r"never (altered or )?deleted"):
        await EventTable.delete().where(EventTable.action == "test.done").run()
    await EventTable.update({EventTable.job_attempts: 3}).where(EventTable.action == "test.done").run()

    row = await EventTable.select().where(EventTable.action == "test.done").first()
    assert row is not None and row["job_attempts"] == 3


async def test_an_event_without_its_change_cannot_be_written(world: World):
    """Outside a transaction the event could stand although the change failed."""
    with pytest.raises(RuntimeError, match="outside a transaction"):
        await record("test.done", "test", "1", actor=None, before=None, after=None, at=AT)
