"""The shell of one websocket connection: moves frames between the session, the spool and the network."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from bridge.cloud.outbox import Outbox
from bridge.cloud.session import (
    Answered,
    CancelAsked,
    CloudSession,
    Ended,
    Event,
    JobsOffered,
    PullDue,
    Welcomed,
)
from bridge.cloud.timings import CloudTimings
from bridge.log import get_logger
from bridge.spool.handover import News
from gateway_contract.frames import Hello, Job, LineInfo, Welcome
from gateway_contract.vocabulary import MAX_FRAME_BYTES

log = get_logger(__name__)

_MAX_BATCHES: Final = 4
"""Reports under way at once: enough to hide the round trip."""


class Site(Protocol):
    """The bridge, as a connection sees it."""

    async def room(self) -> dict[str, int]:
        """Jobs that each line can take now."""

    async def offered(self, jobs: Sequence[Job]) -> None:
        """Put jobs into the spool; returns once they are durable."""

    async def cancelled(self, sms_ids: Sequence[str]) -> None:
        """Drop jobs where that is still possible."""

    def welcomed(self, welcome: Welcome) -> None:
        """The cloud has taken the connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the cloud is, and what opens its door."""

    url: str
    token: str


class _EndedError(Exception):
    def __init__(self, ended: Ended) -> None:
        super().__init__(ended.reason)
        self.ended = ended


class Connection:
    """One connection, used once: :meth:`run` ends with the reason why it ended."""

    def __init__(
        self,
        address: Address,
        hello: Hello,
        site: Site,
        outbox: Outbox,
        *,
        timings: CloudTimings,
        monotonic: Callable[[], float],
    ) -> None:
        self._address = address
        self._hello = hello
        self._site = site
        self._outbox = outbox
        self._timings = timings
        self._monotonic = monotonic
        self._session = CloudSession(hello, timings, now=monotonic())
        self._batches: dict[int, list[News]] = {}
        self._changed = asyncio.Event()
        self._pull_wanted = asyncio.Event()
        self._retired = False
        self.welcomed = asyncio.Event()
        self.more_waiting = False
        """The last answer said that the cloud holds more than there was room for."""

    async def run(self) -> Ended:
        """Connect and serve until the connection ends; never raises for what network or cloud do."""
        try:
            async with connect(
                self._address.url,
                additional_headers={"Authorization": self._address.token},
                open_timeout=self._timings.open_timeout_s,
                close_timeout=1,
                ping_interval=None,
                compression=None,
                max_size=4 * MAX_FRAME_BYTES,
            ) as socket:
                return await self._serve(socket)
        except InvalidStatus as error:
            status = error.response.status_code
            return Ended(reason=f"http_{status}", refused=status in (401, 403))
        except (OSError, TimeoutError, WebSocketException) as error:
            return Ended(reason=type(error).__name__)
        finally:
            for batch in self._batches.values():
                self._outbox.release(batch)

    def want_pull(self) -> None:
        """Pull as soon as possible."""
        self._pull_wanted.set()

    def announce(self, lines: Sequence[LineInfo]) -> None:
        """Tell the cloud of lines that changed."""
        if self.welcomed.is_set() and not self._retired:
            self._session.announce(lines)
            self._changed.set()

    def retire(self) -> None:
        """Begin nothing more on this connection; answers under way are still taken."""
        self._retired = True

    async def _serve(self, socket: ClientConnection) -> Ended:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read(socket))
                tasks.create_task(self._write(socket))
                tasks.create_task(self._pull())
                tasks.create_task(self._report())
        except* _EndedError as group:
            ended = [error.ended for error in group.exceptions if isinstance(error, _EndedError)]
        return ended[0]

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for message in socket:
                if isinstance(message, str):
                    await self._handle(self._session.receive(message, now=self._monotonic()))
                    self._changed.set()
        except ConnectionClosed:
            pass
        raise _EndedError(Ended(reason="closed_by_peer"))

    async def _write(self, socket: ClientConnection) -> None:
        """Send what the session has to say, and let it act when its time has come."""
        while True:
            for text in self._session.texts_to_send():
                try:
                    await socket.send(text)
                except ConnectionClosed:
                    raise _EndedError(Ended(reason="closed_by_peer")) from None
            deadline = self._session.next_deadline()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if deadline is None else deadline - self._monotonic()):
                    await self._changed.wait()
            self._changed.clear()
            await self._handle(self._session.tick(self._monotonic()))

    async def _handle(self, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case Welcomed(welcome=welcome):
                    self._site.welcomed(welcome)
                    self.welcomed.set()
                    self._outbox.changed.set()
                case PullDue():
                    self._pull_wanted.set()
                case JobsOffered(jobs=jobs, more=more):
                    await self._site.offered(jobs)
                    self.more_waiting = more
                    if more and jobs:
                        self._pull_wanted.set()
                case Answered(batch=batch, answers=answers):
                    items = self._batches.pop(batch)
                    if await self._outbox.settle(items, answers):
                        loop = asyncio.get_running_loop()
                        loop.call_later(self._timings.retry_report_after_s, self._outbox.release, items)
                    self._outbox.changed.set()
                case CancelAsked(sms_ids=sms_ids):
                    await self._site.cancelled(sms_ids)
                case Ended():
                    raise _EndedError(event)

    async def _pull(self) -> None:
        await self.welcomed.wait()
        while True:
            await self._pull_wanted.wait()
            self._pull_wanted.clear()
            if not self._retired:
                self._session.pull(await self._site.room(), now=self._monotonic())
                self._changed.set()

    async def _report(self) -> None:
        await self.welcomed.wait()
        while True:
            await self._outbox.changed.wait()
            if self._retired:
                return  # what woke this one is for the connection that took over
            self._outbox.changed.clear()
            while len(self._batches) < _MAX_BATCHES:
                found = await self._outbox.next_batch()
                if found is None:
                    break
                batch, items = found
                self._batches[batch] = items
                self._session.report(batch, [news.item for news in items], now=self._monotonic())
                self._changed.set()
