"""The outbox: an item is under way on one connection at a time, and never for good."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.cloud.outbox import Outbox
from bridge.spool import handover
from bridge.spool.database import Database, open_database
from gateway_contract.frames import Job
from gateway_contract.vocabulary import Answer

NOW = 1_790_000_000.0


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(open_database(tmp_path / "spool.db"))
    yield database
    database.close()


async def filled(database: Database, count: int) -> Outbox:
    jobs = [
        Job(
            sms_id=f"sms-{number}",
            attempt=1,
            line="gsm1",
            sender="",
            recipient="+36201234567",
            text="Hello",
            created=NOW,
            deadline=NOW + 3600,
        )
        for number in range(count)
    ]
    await database.run(lambda do: handover.offer(do, jobs, now=NOW))
    return Outbox(database, now=lambda: NOW, on_ready=lambda: None)


async def test_batches_have_rising_numbers_and_no_item_twice(database: Database) -> None:
    outbox = await filled(database, 120)
    told = []
    numbers = []
    while (found := await outbox.next_batch()) is not None:
        numbers.append(found[0])
        told += [news.item.sms_id for news in found[1]]
    assert sorted(told) == sorted({f"sms-{number}" for number in range(120)})
    assert numbers == [1, 2, 3]


async def test_what_is_not_settled_is_told_again(database: Database) -> None:
    outbox = await filled(database, 2)
    found = await outbox.next_batch()
    assert found is not None
    assert await outbox.settle(found[1], [Answer.DONE, Answer.RETRY])
    assert await outbox.next_batch() is None
    outbox.release(found[1])
    again = await outbox.next_batch()
    assert again is not None
    assert [news.item.sms_id for news in again[1]] == ["sms-1"]


async def test_a_connection_that_ends_while_it_settles_leaves_nothing_under_way(database: Database) -> None:
    outbox = await filled(database, 3)
    found = await outbox.next_batch()
    assert found is not None
    settling = asyncio.create_task(outbox.settle(found[1], [Answer.RETRY] * 3))
    await asyncio.sleep(0)
    settling.cancel()
    await asyncio.gather(settling, return_exceptions=True)
    again = await outbox.next_batch()
    assert again is not None
    assert len(again[1]) == 3
