"""The frames between cloud and bridge, version 1: what each carries.

:mod:`gateway_contract.wire` turns them into JSON text and back. Times are seconds since the epoch (UTC).
"""

from dataclasses import dataclass, field

from gateway_contract.lifecycle import State
from gateway_contract.vocabulary import PROTOCOL_VERSION, Answer, Encoding, ErrorReason, LineKind


@dataclass(frozen=True, slots=True, kw_only=True)
class LineInfo:
    """State of one line, as its bridge sees it."""

    name: str
    kind: LineKind
    state: str
    """``starting``, ``up``, ``down`` or ``refused``."""
    reason: str = ""
    own_number: str = ""
    operator: str = ""
    signal_dbm: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """First frame of a connection, from the bridge."""

    spool_id: str
    connection_seq: int
    """Kept in the spool and greater for each connection: the newest connection wins."""
    lines: tuple[LineInfo, ...] = ()
    version: int = PROTOCOL_VERSION
    software: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """The cloud's answer to ``hello``; the bridge sends nothing else before it."""

    bridge_id: str
    server_time: float
    lines: tuple[str, ...]
    """Names of the lines that belong to this bridge."""
    report_window_s: int
    """How long after a message's deadline a report is waited for."""
    version: int = PROTOCOL_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """The bridge asks for work; also its keep-alive."""

    pull: int
    """Number of this pull on its connection; the answering ``jobs`` repeats it."""
    room: dict[str, int] = field(default_factory=dict)
    """Jobs that each line can take; 0: the line is paused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One message offered to a bridge."""

    sms_id: str
    attempt: int
    """1 at first, one more each time the message moves to another line or back."""
    line: str
    sender: str
    """``str()`` of an address; empty: the line's own number."""
    recipient: str
    text: str
    created: float
    deadline: float
    """End of the message's validity."""
    priority: int = 0
    flash: bool = False
    encoding: Encoding = Encoding.AUTO


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """Work for a bridge: the answer to a pull, or a push."""

    jobs: tuple[Job, ...] = ()
    more: bool = False
    """More is waiting for the lines that asked."""
    pull: int | None = None
    """The pull that this answers; None: a push."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportItem:
    """All that is known of one attempt so far; each item of the same attempt includes the earlier ones."""

    sms_id: str
    attempt: int
    state: State | None
    """None: the job is handed back unsent, ``error`` says why (``returned`` on the wire)."""
    spooled_at: float | None = None
    submitted_at: float | None = None
    done_at: float | None = None
    sender: str = ""
    """The sender that was used, where the line chose it."""
    segments: int | None = None
    segments_sent: int = 0
    references: tuple[str, ...] = ()
    """TP-MR or SMSC message id of each segment taken."""
    error: str = ""
    error_text: str = ""
    detail: str = ""
    possible_duplicate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of jobs."""

    batch: int
    """From the spool; never repeats, not even after a restart."""
    items: tuple[ReportItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAck:
    """One answer for each item of a report, in its order."""

    batch: int
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Lines that changed."""

    lines: tuple[LineInfo, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Messages that the bridge shall drop where that is still possible."""

    sms_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """The other side's frame could not be served."""

    reason: ErrorReason
    detail: str = ""


Frame = Hello | Welcome | Pull | Jobs | Report | ReportAck | Lines | Cancel | Error
