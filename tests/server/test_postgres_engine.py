import asyncio
import contextlib
import random
import time

import asyncpg
import pytest
from piccolo.engine.postgres import PostgresEngine

from server.database import POOL_MAX, bind, make_engine, migrate, opened, transaction
from server.postgres_engine import CLOSE_WITHIN_S, PooledPostgresEngine
from server.statements import ask
from server.tables import CounterTable

pytestmark = pytest.mark.postgres


async def count_up() -> None:
    async with transaction():
        await (
            CounterTable.update({CounterTable.value: CounterTable.value + 1})
            .where(CounterTable.name == "receipt")
            .run()
        )


async def value() -> int:
    row = await CounterTable.select(CounterTable.value).where(CounterTable.name == "receipt").first()
    assert row is not None
    return int(row["value"])


async def go_away_again_and_again() -> None:
    """Cancel transactions wherever they are; afterwards nothing is under way."""
    chance = random.Random(7)
    for _ in range(40):
        tasks = [asyncio.create_task(count_up()) for _ in range(3)]
        await asyncio.sleep(chance.random() * 0.01)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0.2)


async def lose_the_connection() -> None:
    """What a restart of PostgreSQL does to a transaction that is under way."""
    with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError):
        async with transaction():
            await CounterTable.raw("SELECT pg_terminate_backend(pg_backend_pid())").run()


async def test_callers_that_go_away_keep_no_connection(postgres_url: str):
    """A server that is asked to end cancels its jobs in the middle of BEGIN or COMMIT; it must still end."""
    async with opened(make_engine(postgres_url)):
        await migrate()
        await go_away_again_and_again()

        before = await value()
        await asyncio.wait_for(asyncio.gather(*[count_up() for _ in range(POOL_MAX)]), 30)

        assert await value() == before + POOL_MAX
        began = time.monotonic()
    assert time.monotonic() - began < CLOSE_WITHIN_S


async def test_a_database_that_was_restarted_is_used_again(postgres_url: str):
    """More lost connections than the pool has: none of them may be missing from it afterwards."""
    async with opened(make_engine(postgres_url)):
        await migrate()
        for _ in range(POOL_MAX + 2):
            await asyncio.wait_for(lose_the_connection(), 30)

        await asyncio.wait_for(count_up(), 30)

        assert await value() == 1


async def backend() -> int:
    """The process of the database that answers to the way in."""
    pid: int = (await ask("SELECT pg_backend_pid() AS pid"))[0]["pid"]
    return pid


async def test_look_ups_one_after_the_other_use_the_connection_at_hand(postgres_url: str):
    """Asking the pool takes longer than what is asked for."""
    async with opened(make_engine(postgres_url)):
        assert len({await backend() for _ in range(5)}) == 1


async def test_a_connection_at_hand_that_ended_is_not_used_again(postgres_url: str):
    """The database was restarted overnight: the first phone of the morning need not notice."""
    async with opened(make_engine(postgres_url)):
        ended = await backend()
        async with transaction():
            await CounterTable.raw("SELECT pg_terminate_backend({})", ended).run()
        await asyncio.sleep(0.2)

        assert await backend() != ended


async def test_a_connection_at_hand_that_nobody_used_for_long_is_not_trusted(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
):
    """A firewall forgets a silent line, and whoever speaks on it then waits for minutes."""
    async with opened(make_engine(postgres_url)) as engine:
        assert isinstance(engine, PooledPostgresEngine) and engine.pool is not None
        used = await backend()
        monkeypatch.setattr("server.postgres_engine.AT_HAND_S", 0.0)

        assert await backend() != used
        assert engine.pool.get_size() <= POOL_MAX


async def test_look_ups_that_fail_or_are_given_up_cost_no_connection(postgres_url: str):
    """More of each than the pool has."""
    async with opened(make_engine(postgres_url)):
        for _ in range(POOL_MAX + 2):
            with pytest.raises(asyncpg.UndefinedTableError):
                await ask("SELECT 1 FROM nowhere")
            given_up = asyncio.create_task(ask("SELECT pg_sleep(5)"))
            await asyncio.sleep(0.01)
            given_up.cancel()
            await asyncio.gather(given_up, return_exceptions=True)

        many = [ask("SELECT pg_sleep(0.05)") for _ in range(POOL_MAX * 2)]
        await asyncio.wait_for(asyncio.gather(*many), 10)
        began = time.monotonic()
    assert time.monotonic() - began < CLOSE_WITHIN_S


async def test_the_stock_engine_keeps_connections_for_itself(postgres_url: str):
    """The negative control: without our transaction the first test would wait for ever."""
    async with opened(make_engine(postgres_url)):
        await migrate()
    stock = PostgresEngine(config={"dsn": postgres_url}, extensions=())
    bind(stock)  # type: ignore[arg-type]
    await stock.start_connection_pool(min_size=2, max_size=POOL_MAX)
    assert stock.pool is not None
    try:
        await go_away_again_and_again()

        assert stock.pool.get_idle_size() < stock.pool.get_size()
    finally:
        stock.pool.terminate()


async def test_a_query_that_hangs_does_not_keep_the_server_from_ending(postgres_url: str):
    """Whoever asked for it will ask again; the next version of the server is waiting to start."""
    began = 0.0
    async with opened(make_engine(postgres_url)) as engine:
        assert isinstance(engine, PooledPostgresEngine)
        hanging = asyncio.create_task(CounterTable.raw("SELECT pg_sleep(60)").run())  # type: ignore[arg-type]
        await asyncio.sleep(0.3)
        began = time.monotonic()

    assert CLOSE_WITHIN_S - 1 < time.monotonic() - began < CLOSE_WITHIN_S + 5
    hanging.cancel()
    await asyncio.gather(hanging, return_exceptions=True)
