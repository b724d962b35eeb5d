"""One connection to an SMSC: asyncio streams round a session. Used once; see :mod:`bridge.smpp.client`."""

import asyncio
import socket
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import Final

from bridge.smpp.events import (
    Answered,
    BindRefused,
    Bound,
    Delivery,
    Ended,
    SessionEvent,
    Unanswered,
    Unsent,
)
from bridge.smpp.pdus import Bind, Status
from bridge.smpp.session import Phase, SmppSession
from bridge.smpp.timings import SmppTimings

_READ_OCTETS: Final = 1 << 16

Settled = Answered | Unanswered | Unsent
"""What became of a submit_sm."""
LinkEvent = Bound | BindRefused | Delivery | Ended


class SmppLink:
    """A connection and its session. Everything written in one turn of the event loop leaves in one write."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        window: int,
        timings: SmppTimings,
        clock: Callable[[], float],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._window = window
        self._clock = clock
        self._unbind_timeout_s = timings.unbind_timeout_s
        self._session = SmppSession(timings, now=clock())
        self._futures: dict[int, asyncio.Future[Settled]] = {}
        self._waiting: deque[tuple[bytes, asyncio.Future[Settled]]] = deque()
        self._loop = asyncio.get_running_loop()
        self._flush_scheduled = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._ended: Ended | None = None

    @classmethod
    async def open(
        cls, host: str, port: int, *, window: int, timings: SmppTimings, clock: Callable[[], float]
    ) -> "SmppLink":
        """Connect.

        Raises:
            OSError: refused, not resolvable, …; TimeoutError is one of them.
        """
        async with asyncio.timeout(timings.connect_timeout_s):
            reader, writer = await asyncio.open_connection(host, port)
        # Without this a small PDU waits for the acknowledgement of the one before, which halves the rate.
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return cls(reader, writer, window=window, timings=timings, clock=clock)

    async def events(self, bind: Bind) -> AsyncGenerator[LinkEvent, None]:
        """Bind, then give what comes until the connection is of no more use; the last event is ``Ended``."""
        self._session.bind(bind, now=self._clock())
        self._flush()
        while self._ended is None:
            data = await self._read()
            now = self._clock()
            events = self._session.receive(data, now=now) if data else self._session.end("connection_lost")
            forwarded = self._settle(events)
            self._fill()
            self._flush()
            for event in forwarded:
                yield event
            if self._ended is None:
                await self._drain()
        yield self._ended

    def submit(self, body: bytes) -> asyncio.Future[Settled]:
        """Send a submit_sm as soon as the window has room; the future always gets a result."""
        future: asyncio.Future[Settled] = self._loop.create_future()
        if self._session.phase is not Phase.BOUND:
            future.set_result(Unsent(sequence=0))
        elif self._session.outstanding < self._window and not self._waiting:
            self._send(body, future)
            self._flush_soon()
        else:
            self._waiting.append((body, future))
        return future

    def acknowledge(self, delivery: Delivery, status: int = Status.OK) -> None:
        """Answer a delivery."""
        self._session.acknowledge(delivery, status)
        self._flush_soon()

    def abandon(self, reason: str) -> None:
        """End the session from our side, without an unbind; ``events`` then comes to its end."""
        events = self._session.end(reason)
        if events:
            self._settle(events)
            self._stop_timer()
            self._writer.transport.abort()

    async def close(self) -> None:
        """Unbind, wait for its answer for a while, and close. To be called when nobody reads ``events``."""
        self._session.unbind(now=self._clock())
        self._flush()
        while self._session.phase is Phase.UNBINDING:
            data = await self._read()
            now = self._clock()
            self._settle(
                self._session.receive(data, now=now) if data else self._session.end("connection_lost")
            )
            self._flush()
        self.abandon("closed")
        self._writer.close()
        try:
            async with asyncio.timeout(self._unbind_timeout_s):
                await self._writer.wait_closed()
        except OSError:
            self._writer.transport.abort()

    async def _read(self) -> bytes:
        try:
            return await self._reader.read(_READ_OCTETS)
        except OSError:
            return b""

    async def _drain(self) -> None:
        try:
            await self._writer.drain()
        except OSError:
            self.abandon("connection_lost")

    def _send(self, body: bytes, future: asyncio.Future[Settled]) -> None:
        self._futures[self._session.submit(body, now=self._clock())] = future

    def _fill(self) -> None:
        """Send what waits for room in the window."""
        while (
            self._waiting and self._session.phase is Phase.BOUND and self._session.outstanding < self._window
        ):
            body, future = self._waiting.popleft()
            if not future.done():
                self._send(body, future)

    def _settle(self, events: list[SessionEvent]) -> list[LinkEvent]:
        """Give the submitters their results; what is left is for the owner of the link."""
        forwarded: list[LinkEvent] = []
        for event in events:
            match event:
                case Answered() | Unanswered() | Unsent():
                    future = self._futures.pop(event.sequence)
                    if not future.done():
                        future.set_result(event)
                case Ended():
                    self._ended = event
                case Bound() | BindRefused() | Delivery():
                    forwarded.append(event)
        if self._ended is not None:
            while self._waiting:
                _, future = self._waiting.popleft()
                if not future.done():
                    future.set_result(Unsent(sequence=0))
        return forwarded

    def _flush_soon(self) -> None:
        if not self._flush_scheduled:
            self._flush_scheduled = True
            self._loop.call_soon(self._flush_scheduled_now)

    def _flush_scheduled_now(self) -> None:
        self._flush_scheduled = False
        self._flush()

    def _flush(self) -> None:
        data = self._session.bytes_to_send()
        if data and not self._writer.is_closing():
            self._writer.write(data)
        if self._ended is None:
            self._arm()
        else:
            self._stop_timer()
            self._writer.close()

    def _arm(self) -> None:
        """Have the timer run at the session's next deadline, or earlier."""
        deadline = self._session.next_deadline()
        if deadline is None or (self._timer is not None and self._timer_at <= deadline):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = deadline
        self._timer = self._loop.call_later(max(deadline - self._clock(), 0.0), self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._settle(self._session.tick(now=self._clock()))
        self._fill()
        self._flush()
        if self._ended is not None:
            # The peer is silent, so it may not take what is left to write either; this wakes the reader.
            self._writer.transport.abort()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
