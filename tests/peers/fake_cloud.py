"""A cloud at contract level: one websocket endpoint that hands out jobs and records reports.

It keeps the promises of the real one that a bridge can see (ownership, acknowledgement) and can be told to
misbehave: swallow frames, cut connections, answer ``retry``.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from gateway_contract.frames import (
    Frame,
    Hello,
    Job,
    Jobs,
    Lines,
    Pull,
    Report,
    ReportAck,
    ReportItem,
    Welcome,
)
from gateway_contract.lifecycle import State, advance
from gateway_contract.vocabulary import Answer
from gateway_contract.wire import decode, encode


@dataclass
class FakeCloud:
    """State of the fake; tests read and set it directly."""

    token: str = "office.secret"
    url: str = ""
    waiting: dict[str, Job] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    items: list[ReportItem] = field(default_factory=list)
    hellos: list[Hello] = field(default_factory=list)
    pulls: list[Pull] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    refused: int = 0
    answer: Callable[[ReportItem], Answer | None] = lambda item: None  # noqa: ARG005
    """Overrides the answer to an item; None: the right one."""
    silent: Callable[[Frame], bool] = lambda frame: False  # noqa: ARG005
    """Frames that are swallowed without an answer."""
    connections: set[ServerConnection] = field(default_factory=set)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def put(self, *jobs: Job) -> None:
        """Accept messages, as if a caller had sent them."""
        for job in jobs:
            self.waiting[job.sms_id] = job
            self.states[job.sms_id] = State.QUEUED

    async def push(self) -> None:
        """Announce what waits on every connection, as the stream does."""
        for connection in self.connections:
            await connection.send(encode(Jobs(jobs=tuple(self.waiting.values()))))

    async def until(self, condition: Callable[["FakeCloud"], bool]) -> None:
        """Wait until something that the bridge does makes the condition true; fails after 30 s."""
        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(lambda: condition(self))

    async def cut(self) -> None:
        """Drop every connection without a goodbye."""
        for connection in list(self.connections):
            connection.transport.abort()

    async def serve_one(self, connection: ServerConnection) -> None:
        """Answer one connection's frames until it ends."""
        self.connections.add(connection)
        try:
            async for message in connection:
                frame = decode(str(message))
                reply = None if self.silent(frame) else self._reply(frame)
                if reply is not None:
                    await connection.send(encode(reply))
                async with self._changed:
                    self._changed.notify_all()
        except ConnectionClosed:
            pass
        finally:
            self.connections.discard(connection)

    async def check(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse a wrong token, as the authorizer does."""
        if request.headers.get("Authorization") == self.token:
            return None
        self.refused += 1
        async with self._changed:
            self._changed.notify_all()
        return connection.respond(HTTPStatus.FORBIDDEN, "Forbidden")

    def _reply(self, frame: Frame) -> Frame | None:
        match frame:
            case Hello():
                self.hellos.append(frame)
                lines = tuple(line.name for line in frame.lines)
                return Welcome(bridge_id="office", server_time=0.0, lines=lines, report_window_s=60)
            case Pull():
                self.pulls.append(frame)
                return self._jobs(frame)
            case Report():
                self.batches.append(frame.batch)
                return ReportAck(batch=frame.batch, answers=tuple(map(self._record, frame.items)))
            case Lines():
                return None
            case _:
                raise AssertionError(f"a bridge does not send {frame}")

    def _jobs(self, pull: Pull) -> Jobs:
        by_line: dict[str, list[Job]] = defaultdict(list)
        for job in self.waiting.values():
            by_line[job.line].append(job)
        offered = [job for line, room in pull.room.items() for job in by_line[line][:room]]
        return Jobs(jobs=tuple(offered), more=len(offered) < len(self.waiting), pull=pull.pull)

    def _record(self, item: ReportItem) -> Answer:
        self.items.append(item)
        forced = self.answer(item)
        if forced is not None:
            return forced
        if item.sms_id not in self.states:
            return Answer.UNKNOWN
        if item.state is None:
            return Answer.DONE
        self.waiting.pop(item.sms_id, None)
        self.states[item.sms_id] = advance(self.states[item.sms_id], item.state)
        return Answer.DONE


@asynccontextmanager
async def running() -> AsyncIterator[FakeCloud]:
    """A fake cloud on a free port of 127.0.0.1."""
    cloud = FakeCloud()
    async with serve(cloud.serve_one, "127.0.0.1", 0, process_request=cloud.check) as server:
        port = server.sockets[0].getsockname()[1]
        cloud.url = f"ws://127.0.0.1:{port}/"
        yield cloud
