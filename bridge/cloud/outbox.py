"""What still has to be told to the cloud, and which of it is under way."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from bridge.spool import handover
from bridge.spool.database import Database
from bridge.spool.handover import News
from gateway_contract.vocabulary import Answer
from gateway_contract.wire import report_batches

_BATCH_ITEMS: Final = 50
"""Items of one report at most: each costs the cloud a write, and the answer has to come within seconds."""


class Outbox:
    """The spool's outbox as batches. An item is under way on one connection at a time."""

    def __init__(self, database: Database, *, now: Callable[[], float], on_ready: Callable[[], None]) -> None:
        self._database = database
        self._now = now
        self._on_ready = on_ready
        self._under_way: set[int] = set()
        self.changed = asyncio.Event()
        """Set when there may be something to report."""

    async def next_batch(self) -> tuple[int, list[News]] | None:
        """The next items to report with a batch number of their own; None when all is told or under way."""
        limit = _BATCH_ITEMS + len(self._under_way)
        waiting = await self._database.run(lambda do: handover.news(do, after=0, limit=limit))
        fresh = [news for news in waiting if news.job_id not in self._under_way][:_BATCH_ITEMS]
        if not fresh:
            return None
        fitting = fresh[: len(next(report_batches(news.item for news in fresh)))]
        self._under_way.update(news.job_id for news in fitting)
        try:
            batch = await self._database.run(lambda do: handover.next_number(do, "batch"))
        except BaseException:
            self.release(fitting)
            raise
        return batch, fitting

    async def settle(self, batch: Iterable[News], answers: Iterable[Answer]) -> bool:
        """Record the cloud's answers; whether some item has to be reported again.

        Items answered ``retry`` stay under way until :meth:`release`.
        """
        pairs = list(zip(batch, answers, strict=True))
        now = self._now()
        try:
            ready = await self._database.run(
                lambda do: [handover.settle(do, news, answer, now=now) for news, answer in pairs]
            )
        except BaseException:  # the connection ended meanwhile; what is not settled is reported again
            self.release(news for news, _ in pairs)
            raise
        self.release(news for news, answer in pairs if answer is not Answer.RETRY)
        if any(ready):
            self._on_ready()
        return any(answer is Answer.RETRY for _, answer in pairs)

    def release(self, batch: Iterable[News]) -> None:
        """These items are no longer under way; what is left of them is reported again."""
        self._under_way.difference_update(news.job_id for news in batch)
        self.changed.set()
