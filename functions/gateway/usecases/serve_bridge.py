"""A bridge's websocket: greeting, pulls, reports, line states. One frame in, at most one frame out."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from json import dumps, loads
from typing import Final

from gateway.domain.message import Item, job_of
from gateway.usecases.ports import Bridges, Configured, ConflictError, Messages
from gateway.usecases.record_report import ReportRecorder
from gateway_contract.frames import (
    Error,
    Frame,
    Hello,
    Jobs,
    LineInfo,
    Lines,
    Pull,
    Report,
    ReportAck,
    Welcome,
)
from gateway_contract.vocabulary import PROTOCOL_VERSION, ErrorReason
from gateway_contract.wire import WireError, decode, job_frames

_SPOOL_IN_USE_S: Final = 60.0
"""For how long after its last word a spool keeps another one from taking its bridge's name."""
_TOUCH_EVERY_S: Final = 15.0
_MOST_JOBS: Final = 100
"""Jobs in one answer at most, whatever room the bridge has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeSocket:
    """Answers frames. The bridge's identity comes from the authorizer, never from a frame."""

    messages: Messages
    bridges: Bridges
    configured: Configured
    recorder: ReportRecorder
    now: Callable[[], float]

    def answer(self, bridge_id: str, connection_id: str, text: str) -> Frame | None:
        """The answer to one frame."""
        try:
            frame = decode(text)
        except WireError as error:
            return Error(reason=error.reason, detail=error.detail)
        bridge = self.bridges.get(bridge_id)
        if bridge is None or bridge.get("revoked"):
            return Error(reason=ErrorReason.REVOKED)
        if isinstance(frame, Hello):
            return self._hello(bridge_id, connection_id, frame, bridge)
        live = bridge.get("connection_id")
        # The connection that was replaced may still report what it began; work it gets no more.
        retiring = isinstance(frame, Report) and connection_id == bridge.get("previous_connection_id")
        if live != connection_id and not retiring:
            return Error(reason=ErrorReason.STALE_CONNECTION if live else ErrorReason.HELLO_FIRST)
        match frame:
            case Pull():
                return self._pull(bridge_id, connection_id, frame, bridge)
            case Report():
                answers = tuple(self.recorder.record(bridge_id, item) for item in frame.items)
                return ReportAck(batch=frame.batch, answers=answers)
            case Lines():
                self._note_lines(bridge_id, connection_id, frame.lines, bridge)
                return None
            case _:
                return None

    def _hello(self, bridge_id: str, connection_id: str, hello: Hello, bridge: Item) -> Frame:
        now = self.now()
        if hello.version < PROTOCOL_VERSION:
            return Error(reason=ErrorReason.VERSION_TOO_OLD, detail=f"at least {PROTOCOL_VERSION}")
        stored_spool = bridge.get("spool_id", hello.spool_id)
        silent_s = now - float(bridge.get("last_seen", 0))
        if stored_spool != hello.spool_id and silent_s < _SPOOL_IN_USE_S:
            return Error(reason=ErrorReason.SPOOL_IN_USE, detail=f"seen {silent_s:.0f} s ago")
        sequence = hello.connection_seq if stored_spool == hello.spool_id else 0
        try:
            self.bridges.connect(
                bridge_id,
                connection_id=connection_id,
                sequence=sequence,
                attributes={
                    "spool_id": hello.spool_id,
                    "connection_seq": hello.connection_seq,
                    "previous_connection_id": bridge.get("connection_id", ""),
                    "last_seen": round(now, 3),
                    "lines": _lines_json(hello.lines),
                    "paused": [],
                },
            )
        except ConflictError:
            return Error(reason=ErrorReason.STALE_CONNECTION)
        configuration = self.configured.configuration()
        return Welcome(
            bridge_id=bridge_id,
            server_time=round(now, 3),
            lines=configuration.lines_of(bridge_id),
            report_window_s=configuration.api.report_window_hours * 3600,
        )

    def _pull(self, bridge_id: str, connection_id: str, pull: Pull, bridge: Item) -> Frame:
        now = self.now()
        paused = sorted(line for line, room in pull.room.items() if room <= 0)
        if paused != list(bridge.get("paused", [])) or now - float(bridge["last_seen"]) > _TOUCH_EVERY_S:
            self.bridges.touch(bridge_id, connection_id, {"paused": paused, "last_seen": round(now, 3)})
        own = set(self.configured.configuration().lines_of(bridge_id))
        found: list[Item] = []
        more = False
        for line, room in pull.room.items():
            if room <= 0 or line not in own:
                continue
            limit = min(room, _MOST_JOBS)
            waiting = self.messages.waiting(line, limit=limit + 1, now=now)
            more = more or len(waiting) > limit
            found += [item for item in waiting[:limit] if item["bridge"] == bridge_id]
        frame = next(job_frames(map(job_of, found), more=more, pull=pull.pull))
        return Jobs(jobs=frame.jobs, more=frame.more, pull=pull.pull)

    def _note_lines(
        self, bridge_id: str, connection_id: str, lines: tuple[LineInfo, ...], bridge: Item
    ) -> None:
        known = {line["name"]: line for line in loads(bridge.get("lines", "[]"))}
        known |= {line.name: asdict(line) for line in lines}
        self.bridges.touch(
            bridge_id,
            connection_id,
            {"lines": dumps(list(known.values())), "last_seen": round(self.now(), 3)},
        )


def _lines_json(lines: tuple[LineInfo, ...]) -> str:
    return dumps([asdict(line) for line in lines])
