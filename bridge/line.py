"""What every kind of line (GSM modem, SMPP account) gives to and takes from the rest of the bridge.

A *line driver* keeps one line up and puts segments on the network. It knows nothing of jobs, the spool or
the cloud: :mod:`bridge.scheduler` decides what is sent when, records outcomes and applies retries.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gateway_contract.addresses import Address
from gateway_contract.lifecycle import State
from gateway_contract.text import Alphabet


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One segment on its way to the network."""

    sms_id: str
    segment: int
    """1 for the first."""
    segments: int
    text: str
    """The text of this segment alone, encodable in ``alphabet``."""
    alphabet: Alphabet
    concat_ref: int | None
    """Concatenation reference shared by all segments of the message (0..65535); None for a single one."""
    sender: Address | None
    """None: the line's own number or whatever the network puts there."""
    recipient: Address
    validity_s: int
    """Seconds that the network may still try; what remains of the message's validity."""
    priority: int
    """0 (lowest) to 3."""
    flash: bool
    report: bool
    """Ask the network for a delivery report of this segment."""


class FailureKind(StrEnum):
    """Whose fault a failure is, which decides what happens next (one table per source maps codes here)."""

    MESSAGE = "message"
    """The message itself is refused: fail it."""
    LINE = "line"
    """The SIM or account is refused: hand the job back if no segment was taken."""
    TEMPORARY = "temporary"
    """Try again on this line after a pause."""
    THROTTLE = "throttle"
    """The whole line must slow down; the message waits."""
    REPAIR = "repair"
    """The modem or session needs repair first; the message waits."""
    UNKNOWN = "unknown"
    """Bytes left and no answer tells whether the network has the segment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a segment was not (or not certainly) taken."""

    kind: FailureKind
    code: str
    """As in ErrorCode of the delivery report: ``cms:38``, ``smpp:0x0B``, ``bridge:line_down``."""
    text: str
    """For people; never parsed, holds no message text and no number."""
    retry_after_s: float | None = None
    """Least pause before the next try where the table knows one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The network has the segment."""

    reference: str
    """TP-MR in decimal (modem) or the SMSC's message_id (SMPP): what the report will name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The network certainly does not have the segment: nothing was written, or it said no."""

    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeUnknown:
    """Bytes of the segment left and no answer came: it may or may not have been taken."""

    failure: Failure


Outcome = Taken | Refused | OutcomeUnknown


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkReport:
    """A status report (GSM) or delivery receipt (SMPP) as the network sent it."""

    references: tuple[str, ...]
    """TP-MR in decimal, or the message ids the receipt names (TLV first, then text), as received."""
    recipient: str
    """The digits the report names, whatever form the network chose; empty when it names none."""
    state: State | None
    """DELIVERED, UNDELIVERABLE, REJECTED, EXPIRED or UNKNOWN; None: not final, changes nothing."""
    detail: str
    """``unconfirmed``, ``replaced`` or empty."""
    code: str
    """``tpst:0x41``, ``receipt:UNDELIV:011``; empty for a plain success."""
    done_at: datetime | None
    """When the network was done with it (aware UTC), where it says so credibly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedSegment:
    """A message, or one segment of one, that a handset sent to this line."""

    sender: str
    recipient: str
    text: str | None
    """None for 8-bit data."""
    data: bytes
    """User data after the header, as received."""
    concat: tuple[int, int, int] | None
    """(reference, total, sequence number) of a concatenated message."""
    sent_at: datetime | None
    raw: bytes
    """The whole PDU, kept so that nothing a decoder misread is lost."""


class LineState(StrEnum):
    """What the cloud and the operator are told of a line."""

    STARTING = "starting"
    UP = "up"
    DOWN = "down"
    REFUSED = "refused"
    """The SIM, PIN or login was refused: a person has to act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineStatus:
    """A line's state at one moment; the driver reports each change."""

    state: LineState
    reason: str = ""
    """Machine-readable (``pin_required``, ``no_network``, ``bind_failed:0x0E``); empty when up."""
    own_number: str = ""
    operator: str = ""
    signal_dbm: int | None = None


class LineEvents(Protocol):
    """Where a driver takes what comes from the network. Every method returns once the fact is durable."""

    async def status(self, status: LineStatus) -> None:
        """Take a change of the line's state."""

    async def report(self, report: NetworkReport) -> None:
        """Take a report; the driver acknowledges it to the network only after this returns."""

    async def received(self, segment: ReceivedSegment) -> None:
        """Take a message from a handset; deleted from the SIM or acknowledged only after this returns."""


class LineDriver(Protocol):
    """One line. Created once, run once; reconnecting, re-opening and re-initialising happen inside."""

    @property
    def window(self) -> int:
        """How many submissions may be outstanding at once (1 for a modem)."""

    async def run(self, events: LineEvents) -> None:
        """Keep the line up until cancelled; then close it in order. Raises only for our own misuse."""

    async def submit(self, submission: Submission) -> Outcome:
        """Put one segment on the network. Never raises for what the network or device does; when the line
        is down it answers ``Refused`` (kind REPAIR, code ``bridge:line_down``) at once."""
