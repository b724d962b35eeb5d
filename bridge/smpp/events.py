"""What a session tells its shell."""

from dataclasses import dataclass

from bridge.smpp.pdus import DataSm, ShortMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The SMSC took the bind."""

    system_id: str
    """The SMSC's own name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BindRefused:
    """The SMSC said no to the bind."""

    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The answer to a submit_sm: submit_sm_resp or generic_nack."""

    sequence: int
    status: int
    message_id: str
    sent_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A submit_sm went out and its answer will not come."""

    sequence: int
    reason: str
    """For people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """A submit_sm of which no octet went out before the session ended."""

    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A deliver_sm or data_sm; it waits for :meth:`SmppSession.acknowledge`."""

    sequence: int
    message: ShortMessage | DataSm
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The connection is of no more use: flush what is left to send and close it."""

    reason: str
    """Machine-readable: ``unbound_by_peer``, ``enquire_link_timeout``, ``violation``, …"""
    detail: str = ""


SessionEvent = Bound | BindRefused | Answered | Unanswered | Unsent | Delivery | Ended
