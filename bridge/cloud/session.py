"""One connection to the cloud, without I/O: frames and time in, events and frames out.

A session is used once. Its shell calls :meth:`CloudSession.receive` with each text frame,
:meth:`CloudSession.tick` when :meth:`CloudSession.next_deadline` has come, and sends what
:meth:`CloudSession.texts_to_send` gives. Times are monotonic seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bridge.cloud.timings import CloudTimings
from gateway_contract.frames import (
    Cancel,
    Error,
    Frame,
    Hello,
    Job,
    Jobs,
    LineInfo,
    Lines,
    Pull,
    Report,
    ReportAck,
    ReportItem,
    Welcome,
)
from gateway_contract.vocabulary import Answer, ErrorReason
from gateway_contract.wire import WireError, decode, encode


class Phase(StrEnum):
    """``greeting`` until ``welcome``, then ``open``; ``closed`` for good."""

    GREETING = "greeting"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcomed:
    """The cloud has taken this connection."""

    welcome: Welcome


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsOffered:
    """Jobs to put into the spool."""

    jobs: tuple[Job, ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The cloud's answers to one batch, in the order of its items."""

    batch: int
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAsked:
    """Messages to drop where that is still possible."""

    sms_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PullDue:
    """It is time to pull: call :meth:`CloudSession.pull`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """This connection is of no more use."""

    reason: str
    refused: bool = False
    """The cloud does not want this bridge now: reconnecting at once would not help."""


Event = Welcomed | JobsOffered | Answered | CancelAsked | PullDue | Ended

_REFUSALS = frozenset({ErrorReason.REVOKED, ErrorReason.SPOOL_IN_USE, ErrorReason.VERSION_TOO_OLD})
_ENDINGS = _REFUSALS | {ErrorReason.STALE_CONNECTION, ErrorReason.HELLO_FIRST}


class CloudSession:
    """State of one connection."""

    def __init__(self, hello: Hello, timings: CloudTimings, *, now: float) -> None:
        self.phase = Phase.GREETING
        self._timings = timings
        self._outgoing: list[str] = [encode(hello)]
        self._welcome_by = now + timings.answer_timeout_s
        self._pull_at = now
        self._pulls = 0
        self._pull_answer_by: float | None = None
        self._batches: dict[int, tuple[int, float]] = {}
        """For each batch under way the number of its items and when its answer is due."""

    def texts_to_send(self) -> list[str]:
        """Frames to send, in order; each is given once."""
        texts, self._outgoing = self._outgoing, []
        return texts

    def pull(self, room: Mapping[str, int], *, now: float) -> None:
        """Ask for work."""
        self._pulls += 1
        self._send(Pull(pull=self._pulls, room=dict(room)))
        self._pull_at = now + self._timings.pull_interval_s
        if self._pull_answer_by is None:
            self._pull_answer_by = now + self._timings.answer_timeout_s

    def report(self, batch: int, items: Sequence[ReportItem], *, now: float) -> None:
        """Report what became of jobs; the items must fit one frame."""
        self._send(Report(batch=batch, items=tuple(items)))
        self._batches[batch] = (len(items), now + self._timings.answer_timeout_s)

    def announce(self, lines: Sequence[LineInfo]) -> None:
        """Tell the cloud of lines that changed."""
        self._send(Lines(lines=tuple(lines)))

    def next_deadline(self) -> float | None:
        """When :meth:`tick` has something to do; None: never."""
        match self.phase:
            case Phase.GREETING:
                return self._welcome_by
            case Phase.OPEN:
                due = [self._pull_at, *(deadline for _, deadline in self._batches.values())]
                if self._pull_answer_by is not None:
                    due.append(self._pull_answer_by)
                return min(due)
            case Phase.CLOSED:
                return None

    def tick(self, now: float) -> list[Event]:
        """Act on what is due."""
        deadline = self.next_deadline()
        if deadline is None or now < deadline:
            return []
        if self.phase is Phase.GREETING:
            return self._end("no_welcome")
        if self._pull_answer_by is not None and now >= self._pull_answer_by:
            return self._end("no_answer_to_pull")
        if any(now >= due for _, due in self._batches.values()):
            return self._end("no_answer_to_report")
        self._pull_at = now + self._timings.pull_interval_s
        return [PullDue()]

    def receive(self, text: str, *, now: float) -> list[Event]:
        """Take one text frame. Never raises for what the cloud sends."""
        if self.phase is Phase.CLOSED:
            return []
        try:
            frame = decode(text)
        except WireError as error:
            if error.reason is not ErrorReason.UNKNOWN_TYPE:
                return self._end(f"bad_frame: {error.detail}")
            self._send(Error(reason=error.reason, detail=error.detail))
            return []
        return self._take(frame, now)

    def _take(self, frame: Frame, now: float) -> list[Event]:
        match frame:
            case Welcome() if self.phase is Phase.GREETING:
                self.phase = Phase.OPEN
                self._pull_at = now + self._timings.pull_interval_s
                return [Welcomed(welcome=frame), PullDue()]
            case Error():
                return self._refusal(frame)
            case _ if self.phase is Phase.GREETING:
                return []  # pushed to the connection id before the welcome was through
            case Jobs():
                if frame.pull is not None:
                    self._pull_answer_by = None
                return [JobsOffered(jobs=frame.jobs, more=frame.more)]
            case ReportAck():
                return self._answers(frame)
            case Cancel():
                return [CancelAsked(sms_ids=frame.sms_ids)]
            case _:
                return []

    def _answers(self, ack: ReportAck) -> list[Event]:
        size, _ = self._batches.pop(ack.batch, (None, 0.0))
        if size is None:
            return []  # a repeated answer
        if size != len(ack.answers):
            return self._end("answers_do_not_match_report")
        return [Answered(batch=ack.batch, answers=ack.answers)]

    def _refusal(self, error: Error) -> list[Event]:
        if error.reason in _ENDINGS or self.phase is Phase.GREETING:
            return self._end(error.reason, refused=error.reason in _REFUSALS)
        return []  # what the frame asked for is retried when its answer is overdue

    def _send(self, frame: Frame) -> None:
        self._outgoing.append(encode(frame))

    def _end(self, reason: str, *, refused: bool = False) -> list[Event]:
        self.phase = Phase.CLOSED
        return [Ended(reason=reason, refused=refused)]
