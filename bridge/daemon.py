"""Puts one bridge process together and runs it: spool, lines, cloud link, housekeeping."""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from time import monotonic, time
from typing import Final
from uuid import uuid4

from bridge.cloud.connection import Address
from bridge.cloud.link import CloudLink
from bridge.cloud.outbox import Outbox
from bridge.cloud.timings import CloudTimings
from bridge.lines import make_scheduler
from bridge.log import get_logger
from bridge.scheduler import LineScheduler, SchedulerTimings
from bridge.settings import BridgeSettings
from bridge.spool import handover, housekeeping
from bridge.spool.database import Database, Statements, open_database
from gateway_contract.frames import Job, LineInfo, Welcome
from gateway_contract.vocabulary import BridgeError

log = get_logger(__name__)

_SECONDS_OF_A_DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonTimings:
    """When the process as a whole acts (seconds)."""

    housekeeping_interval_s: float = 5.0
    """How often deadlines are looked at."""
    drain_s: float = 30.0
    """How long a stop waits for segments that are with the network."""


class Bridge:
    """One site's process. It is the ``Site`` of its cloud connection."""

    def __init__(self, settings: BridgeSettings, database: Database, *, spool_id: str) -> None:
        self._settings = settings
        self._database = database
        self._timings = DaemonTimings()
        self._stopping = asyncio.Event()
        self._report_window_s = 0.0
        self._outbox = Outbox(database, now=time, on_ready=self._wake_lines)
        self._lines = {
            line.common.name: make_scheduler(
                line,
                database,
                timings=SchedulerTimings(),
                on_news=self._on_news,
                on_line_change=self._on_line_change,
            )
            for line in settings.lines
        }
        self._link = CloudLink(
            Address(url=settings.cloud.url, token=settings.cloud.token),
            self,
            self._outbox,
            database,
            spool_id=spool_id,
            lines=self._line_infos,
            timings=CloudTimings(),
            monotonic=monotonic,
            random=SystemRandom(),
        )

    def stop(self) -> None:
        """Begin nothing new, let what is with the network come to its outcome, then end."""
        self._stopping.set()

    async def run(self) -> None:
        """Run until stopped."""
        removed = await self._database.run(
            lambda do: housekeeping.close_removed_lines(do, self._lines.keys(), now=time())
        )
        if removed:
            log.warning("jobs.of_removed_lines", jobs=removed)
        async with asyncio.TaskGroup() as tasks:
            link = tasks.create_task(self._link.run())
            keeper = tasks.create_task(self._keep_house())
            lines = [tasks.create_task(line.run()) for line in self._lines.values()]
            await self._stopping.wait()
            log.info("bridge.draining")
            for line in self._lines.values():
                line.drain()
            await asyncio.wait(lines, timeout=self._timings.drain_s)
            for task in (*lines, link, keeper):
                task.cancel()

    async def room(self) -> dict[str, int]:
        """Jobs that each line can take now (``Site``)."""
        unfinished = await self._database.run(handover.unfinished)
        return {
            name: max(0, line.setup.backlog - unfinished.get(name, 0)) if line.accepting else 0
            for name, line in self._lines.items()
        }

    async def offered(self, jobs: Sequence[Job]) -> None:
        """Put jobs into the spool; those of a line that is not here go back (``Site``)."""
        if not jobs:
            return
        known = self._lines.keys()

        def take(do: Statements) -> int:
            now = time()
            new = handover.offer(do, jobs, now=now)
            for job in jobs:
                if job.line not in known:
                    text = f"line {job.line} is not on this bridge"
                    handover.return_offer(do, job, error=BridgeError.LINE_REMOVED, text=text, now=now)
            return new

        new = await self._database.run(take)
        log.info("jobs.spooled", jobs=len(jobs), new=new)
        self._outbox.changed.set()

    async def cancelled(self, sms_ids: Sequence[str]) -> None:
        """Drop jobs where that is still possible (``Site``)."""
        dropped = await self._database.run(lambda do: handover.cancel(do, sms_ids, now=time()))
        log.info("jobs.cancelled", asked=len(sms_ids), dropped=dropped)

    def welcomed(self, welcome: Welcome) -> None:
        """The cloud has taken a connection (``Site``)."""
        self._report_window_s = float(welcome.report_window_s)
        skew = time() - welcome.server_time
        log.info("cloud.connected", bridge=welcome.bridge_id, clock_skew_s=round(skew, 1))
        for name in sorted(self._lines.keys() ^ set(welcome.lines)):
            log.warning("line.only_on_one_side", line=name, in_cloud=name in welcome.lines)

    def _line_infos(self) -> tuple[LineInfo, ...]:
        return tuple(line.info for line in self._lines.values())

    def _wake_lines(self) -> None:
        for line in self._lines.values():
            line.wake()

    def _on_news(self) -> None:
        self._outbox.changed.set()
        self._link.work_done()

    def _on_line_change(self, line: LineScheduler) -> None:
        self._link.line_changed(line.info, accepting=line.accepting)

    async def _keep_house(self) -> None:
        """End what has outlived its deadlines, once the cloud has told the time and the report window."""
        remember_s = self._settings.spool.remember_days * _SECONDS_OF_A_DAY
        while True:
            if self._report_window_s:
                closed = await self._database.run(
                    lambda do: housekeeping.run(
                        do, now=time(), report_window_s=self._report_window_s, remember_s=remember_s
                    )
                )
                if closed:
                    self._outbox.changed.set()
            await asyncio.sleep(self._timings.housekeeping_interval_s)


async def serve(settings: BridgeSettings) -> None:
    """Run the bridge of these settings until SIGTERM or SIGINT.

    Raises:
        SpoolError: the spool cannot be used.
    """
    database = Database(open_database(Path(settings.spool.path)))
    try:
        spool_id = await database.run(lambda do: handover.identity(do, new_id=str(uuid4())))
        bridge = Bridge(settings, database, spool_id=spool_id)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, bridge.stop)
        with suppress(asyncio.CancelledError):
            await bridge.run()
        log.info("bridge.stopped")
    finally:
        database.close()
