"""Keeps one connection to the cloud up: reconnects with backoff and jitter, rotates before the cloud cuts."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Final

from bridge.cloud.connection import Address, Connection, Site
from bridge.cloud.outbox import Outbox
from bridge.cloud.session import Ended
from bridge.cloud.timings import CloudTimings
from bridge.log import get_logger
from bridge.spool import handover
from bridge.spool.database import Database
from gateway_contract.frames import Hello, LineInfo

log = get_logger(__name__)

SOFTWARE: Final = "smsbridge/0.1.0"
_PULL_AFTER_WORK: Final = 4
"""Steps of work between two pulls while the cloud holds more: each pull costs it some reads."""


class CloudLink:
    """The supervisor of connections. A connection object is used once."""

    def __init__(
        self,
        address: Address,
        site: Site,
        outbox: Outbox,
        database: Database,
        *,
        spool_id: str,
        lines: Callable[[], tuple[LineInfo, ...]],
        timings: CloudTimings,
        monotonic: Callable[[], float],
        random: Random,
    ) -> None:
        self._address = address
        self._site = site
        self._outbox = outbox
        self._database = database
        self._spool_id = spool_id
        self._lines = lines
        self._timings = timings
        self._monotonic = monotonic
        self._random = random
        self._current: Connection | None = None
        self._failures = 0
        self._work_done = 0

    def work_done(self) -> None:
        """A line may have room again: pull after some of these if the cloud said that more is waiting."""
        if self._current is None or not self._current.more_waiting:
            return
        self._work_done += 1
        if self._work_done >= _PULL_AFTER_WORK:
            self._work_done = 0
            self._current.more_waiting = False
            self._current.want_pull()

    def line_changed(self, line: LineInfo, *, accepting: bool) -> None:
        """A line went up or down: tell the cloud, and pull for a line that came up."""
        if self._current is not None:
            self._current.announce([line])
            if accepting:
                self._current.want_pull()

    async def run(self) -> None:
        """Connect, again and again, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            previous: asyncio.Task[Ended] | None = None
            while True:
                connection = await self._new_connection()
                task = tasks.create_task(connection.run())
                welcomed = tasks.create_task(connection.welcomed.wait())
                await asyncio.wait((task, welcomed), return_when=asyncio.FIRST_COMPLETED)
                if task.done():
                    welcomed.cancel()
                    await self._pause(task.result())
                    continue
                self._failures = 0
                if previous is not None and self._current is not None:
                    self._current.retire()
                    tasks.create_task(self._close_later(previous))
                self._current, previous = connection, task
                if await self._ended_before_rotation(task):
                    self._current = previous = None
                    await self._pause(task.result())

    async def _new_connection(self) -> Connection:
        number = await self._database.run(lambda do: handover.next_number(do, "connection"))
        hello = Hello(spool_id=self._spool_id, connection_seq=number, lines=self._lines(), software=SOFTWARE)
        return Connection(
            self._address,
            hello,
            self._site,
            self._outbox,
            timings=self._timings,
            monotonic=self._monotonic,
        )

    async def _ended_before_rotation(self, task: asyncio.Task[Ended]) -> bool:
        spread = self._random.uniform(0, self._timings.rotate_jitter_s)
        done, _ = await asyncio.wait((task,), timeout=self._timings.rotate_after_s + spread)
        return bool(done)

    async def _close_later(self, task: asyncio.Task[Ended]) -> None:
        await asyncio.wait((task,), timeout=self._timings.retire_after_s)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def _pause(self, ended: Ended) -> None:
        self._failures += 1
        timings = self._timings
        most = min(timings.backoff_most_s, timings.backoff_first_s * 2 ** min(self._failures - 1, 10))
        pause = timings.refused_pause_s if ended.refused else most * self._random.uniform(0.5, 1.0)
        if self._failures == 1 or ended.refused:
            log.warning("cloud.disconnected", reason=ended.reason, refused=ended.refused)
        await asyncio.sleep(pause)
