"""The PostgreSQL that one test after the other is lent: nothing of one is there for the next."""

from datetime import UTC, datetime

import asyncpg
import pytest

from tests.support.postgres import Cluster, Lent

pytestmark = pytest.mark.postgres


@pytest.fixture
def lent(postgres_cluster: Cluster, migrated_postgres: Lent) -> Lent:
    """Lent of its own, so that what is spoiled here spoils nobody's."""
    return Lent(postgres_cluster, migrated_postgres.like)


async def _do(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_what_one_test_wrote_is_gone_for_the_next(lent: Lent):
    """Also history, which refuses to be deleted, what a connection still holds, and the numbers that were given."""
    url, at = lent.lend(), datetime.now(UTC).isoformat()
    event = f"INSERT INTO event (at, action, subject_kind, subject_id) VALUES ('{at}', 'a.b', 'c', 'd')"
    await _do(url, event, "UPDATE counter SET value = 7", "DELETE FROM migration")
    forgotten = await asyncpg.connect(url)
    await forgotten.execute("BEGIN; LOCK TABLE event")

    lent.put_back()

    assert forgotten.is_closed() or not await _answers(forgotten)
    assert lent.lend() == url
    assert lent.cluster.rows_of(url) == lent.rows


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE event DISABLE TRIGGER ALL",
        "ALTER TABLE plot ADD COLUMN extra text",
        "CREATE TABLE beside (id int)",
        "ALTER TABLE plot RENAME TO plots",
        "DROP SCHEMA public CASCADE",
    ],
)
async def test_a_test_that_altered_more_than_rows_leaves_its_database_to_nobody(lent: Lent, statement: str):
    """The next would test another schema than the one that is served."""
    url = lent.lend()
    await _do(url, statement)

    lent.put_back()

    assert lent.lend() != url
    assert lent.cluster.rows_of(lent.lend()) == lent.rows


async def _answers(connection: asyncpg.Connection) -> bool:
    try:
        await connection.fetchval("SELECT 1")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError):
        return False
    return True
