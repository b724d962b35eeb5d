"""SMS-STATUS-REPORT: 3GPP TS 23.040, 9.2.2.3; TP-ST: 9.2.3.15."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bridge.gsm.address import NetworkAddress, decode_address, decode_smsc
from bridge.gsm.errors import PduError
from bridge.gsm.octets import Octets
from bridge.gsm.timestamp import decode_timestamp
from gateway_contract.lifecycle import State


class Outcome(StrEnum):
    """What a TP-ST says, by range."""

    DELIVERED = "delivered"
    PENDING = "pending"
    """The SMSC still tries."""
    FAILED = "failed"
    RESERVED = "reserved"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """What became of a message that asked for a report."""

    smsc: NetworkAddress | None
    reference: int
    """TP-MR of the message."""
    recipient: NetworkAddress
    sc_timestamp: datetime | None
    discharged_at: datetime | None
    """When the SMSC was done with it or tried last."""
    status: int
    """TP-ST as received."""
    more_messages: bool
    for_command: bool
    """It answers an SMS-COMMAND, not an SMS-SUBMIT."""


_STATES: Final[dict[int, State]] = {
    0x02: State.UNKNOWN,  # replaced by the SMSC: nobody knows of this message any more
    0x46: State.EXPIRED,
}
"""States that differ from their range's."""
_DETAILS: Final[dict[int, str]] = {0x01: "unconfirmed", 0x02: "replaced"}


def classify(status: int) -> Outcome:
    """The range a TP-ST lies in; reserved values inside a range count as the range."""
    if status < 0x20:
        return Outcome.DELIVERED
    if status < 0x40:
        return Outcome.PENDING
    return Outcome.FAILED if status < 0x80 else Outcome.RESERVED


def state_of(status: int) -> State | None:
    """The state of a segment after a TP-ST; None: not final."""
    if status in _STATES:
        return _STATES[status]
    match classify(status):
        case Outcome.DELIVERED:
            return State.DELIVERED
        case Outcome.PENDING:
            return None
        case Outcome.FAILED:
            return State.UNDELIVERABLE
        case Outcome.RESERVED:
            return State.UNKNOWN


def detail_of(status: int) -> str:
    """``unconfirmed``, ``replaced`` or empty."""
    return _DETAILS.get(status, "")


def decode_status_report(pdu: bytes) -> StatusReport:
    """Decode an SMS-STATUS-REPORT with its SMSC part, as in ``+CDS``. The optional tail is not read.

    Raises:
        PduError: it is another kind, or ends too early.
    """
    octets = Octets(pdu)
    smsc = decode_smsc(octets)
    first = octets.octet("first octet")
    if first & 0x03 != 0x02:
        raise PduError("not an SMS-STATUS-REPORT")
    return StatusReport(
        smsc=smsc,
        reference=octets.octet("TP-MR"),
        recipient=decode_address(octets),
        sc_timestamp=decode_timestamp(octets),
        discharged_at=decode_timestamp(octets),
        status=octets.octet("TP-ST"),
        more_messages=not first & 0x04,
        for_command=bool(first & 0x20),
    )
