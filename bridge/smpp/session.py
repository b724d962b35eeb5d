"""One SMPP session without I/O: octets and time in, events and octets out.

A session is used once, for one connection. Its shell feeds :meth:`SmppSession.receive`, calls
:meth:`SmppSession.tick` when :meth:`SmppSession.next_deadline` has come, and sends what
:meth:`SmppSession.bytes_to_send` gives. Times are monotonic seconds.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

from bridge.smpp.codec import Decoder, PeerViolation, encode_body, frame
from bridge.smpp.command_status import UNKNOWN_ERROR
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
from bridge.smpp.pdus import (
    MAX_SEQUENCE,
    RESPONSE_BIT,
    Bind,
    BindResp,
    Command,
    DataSm,
    Malformed,
    MessageIdResp,
    Pdu,
    ShortMessage,
    Status,
)
from bridge.smpp.timings import SmppTimings

ENQUIRE_LINK_TRIES: Final = 2
"""How many enquire_link in a row may stay without answer."""
_EMPTY_MESSAGE_ID: Final = encode_body(MessageIdResp())


class Phase(StrEnum):
    """State of the session (SMPP 3.4, 2.2)."""

    OPEN = "open"
    BINDING = "binding"
    BOUND = "bound"
    UNBINDING = "unbinding"
    CLOSED = "closed"


class Step(StrEnum):
    """What moves a session on."""

    BIND = "bind"
    BIND_TAKEN = "bind_taken"
    UNBIND = "unbind"
    END = "end"


TRANSITIONS: Final[Mapping[tuple[Phase, Step], Phase]] = {
    (Phase.OPEN, Step.BIND): Phase.BINDING,
    (Phase.BINDING, Step.BIND_TAKEN): Phase.BOUND,
    (Phase.BOUND, Step.UNBIND): Phase.UNBINDING,
    **{(phase, Step.END): Phase.CLOSED for phase in Phase},
}


def advance(phase: Phase, step: Step) -> Phase:
    """The phase after a step; one that the phase does not know changes nothing."""
    return TRANSITIONS.get((phase, step), phase)


class SmppSession:
    """The ESME's end of a session."""

    def __init__(self, timings: SmppTimings, *, now: float) -> None:
        self._timings = timings
        self._phase = Phase.OPEN
        self._decoder = Decoder()
        self._out: list[bytes] = []
        self._sequence = 0
        self._outstanding: dict[int, float] = {}
        """Sequence number to time of sending, in order of sending."""
        self._unsent: set[int] = set()
        self._heard_at = now
        self._request: tuple[int, float] | None = None
        """Sequence number and deadline of our bind or unbind."""
        self._enquiry: float | None = None
        """Deadline of our enquire_link."""
        self._enquiries_missed = 0

    @property
    def phase(self) -> Phase:
        """Where the session stands."""
        return self._phase

    @property
    def outstanding(self) -> int:
        """How many submit_sm wait for their answers."""
        return len(self._outstanding)

    def bind(self, body: Bind, *, command: Command = Command.BIND_TRANSCEIVER, now: float) -> None:
        """Ask for the session; answered by ``Bound``, ``BindRefused`` or ``Ended``."""
        self._step(Step.BIND)
        sequence = self._send(command, encode_body(body))
        self._request = (sequence, now + self._timings.bind_timeout_s)

    def submit(self, body: bytes, *, now: float) -> int:
        """Send a submit_sm with this body; its sequence number comes back with the answer.

        Raises:
            RuntimeError: the session is not bound.
        """
        if self._phase is not Phase.BOUND:
            raise RuntimeError(f"submit while {self._phase}")
        sequence = self._send(Command.SUBMIT_SM, body)
        self._outstanding[sequence] = now
        self._unsent.add(sequence)
        return sequence

    def acknowledge(self, delivery: Delivery, status: int = Status.OK) -> None:
        """Answer a delivery, once its content is safe (or with an error status when it is not)."""
        if self._phase is not Phase.CLOSED:
            self._answer_delivery(delivery.sequence, delivery.message, status)

    def unbind(self, *, now: float) -> None:
        """Begin to leave; ``Ended`` follows."""
        if self._phase is Phase.BOUND:
            self._step(Step.UNBIND)
            self._enquiry = None
            self._request = (self._send(Command.UNBIND), now + self._timings.unbind_timeout_s)

    def receive(self, data: bytes, *, now: float) -> list[SessionEvent]:
        """Take octets from the peer. Never raises for what they are."""
        self._heard_at = now
        # Whatever the peer says shows that it lives, also where it never answers enquire_link itself.
        self._enquiry, self._enquiries_missed = None, 0
        events: list[SessionEvent] = []
        for item in self._decoder.receive(data):
            if self._phase is Phase.CLOSED:
                break
            if isinstance(item, PeerViolation):
                events += self.end("violation", item.reason)
            else:
                events += self._take(item)
        return events

    def tick(self, *, now: float) -> list[SessionEvent]:
        """Do what is due."""
        if self._phase is Phase.CLOSED:
            return []
        if self._request and now >= self._request[1]:
            return self.end("unbind_timeout" if self._phase is Phase.UNBINDING else "bind_timeout")
        events = list(self._give_up_waiting(now))
        if self._phase is Phase.BOUND:
            events += self._enquire(now)
        return events

    def next_deadline(self) -> float | None:
        """When :meth:`tick` should be called, if nothing else happens before."""
        deadlines = []
        if self._request:
            deadlines.append(self._request[1])
        if self._outstanding:
            deadlines.append(next(iter(self._outstanding.values())) + self._timings.response_timeout_s)
        if self._enquiry:
            deadlines.append(self._enquiry)
        elif self._phase is Phase.BOUND:
            deadlines.append(self._heard_at + self._timings.enquire_link_interval_s)
        return min(deadlines) if deadlines and self._phase is not Phase.CLOSED else None

    def bytes_to_send(self) -> bytes:
        """What is to be written now; from here on it counts as sent."""
        data = b"".join(self._out)
        self._out.clear()
        self._unsent.clear()
        return data

    def end(self, reason: str, detail: str = "") -> list[SessionEvent]:
        """The connection is lost or shall be closed: settle what still waits for answers."""
        if self._phase is Phase.CLOSED:
            return []
        self._step(Step.END)
        events: list[SessionEvent] = [
            Unsent(sequence=sequence)
            if sequence in self._unsent
            else Unanswered(sequence=sequence, reason="the connection ended before the answer")
            for sequence in self._outstanding
        ]
        if self._unsent:
            self._out.clear()
        self._outstanding.clear()
        self._unsent.clear()
        self._request = self._enquiry = None
        return [*events, Ended(reason=reason, detail=detail)]

    def _step(self, step: Step) -> None:
        self._phase = advance(self._phase, step)

    def _send(self, command: Command, body: bytes = b"") -> int:
        self._sequence = self._sequence % MAX_SEQUENCE + 1
        self._out.append(frame(command, self._sequence, body))
        return self._sequence

    def _reply(self, command: int, sequence: int, status: int = Status.OK, body: bytes = b"") -> None:
        self._out.append(frame(command, sequence, body, status=status))

    def _answer_delivery(self, sequence: int, message: ShortMessage | DataSm, status: int) -> None:
        data_sm = isinstance(message, DataSm)
        command = Command.DATA_SM_RESP if data_sm else Command.DELIVER_SM_RESP
        self._reply(command, sequence, status, _EMPTY_MESSAGE_ID)

    def _give_up_waiting(self, now: float) -> list[SessionEvent]:
        timeout = self._timings.response_timeout_s
        late = []
        for sequence, sent_at in self._outstanding.items():
            if now < sent_at + timeout:
                break
            late.append(sequence)
        for sequence in late:
            del self._outstanding[sequence]
        return [Unanswered(sequence=sequence, reason=f"no answer in {timeout:g} s") for sequence in late]

    def _enquire(self, now: float) -> list[SessionEvent]:
        if self._enquiry:
            if now < self._enquiry:
                return []
            self._enquiries_missed += 1
            if self._enquiries_missed >= ENQUIRE_LINK_TRIES:
                return self.end("enquire_link_timeout")
        elif now < self._heard_at + self._timings.enquire_link_interval_s:
            return []
        self._send(Command.ENQUIRE_LINK)
        self._enquiry = now + self._timings.enquire_link_timeout_s
        return []

    def _take(self, pdu: Pdu) -> list[SessionEvent]:
        handler = _HANDLERS.get(pdu.command_id)
        if handler is not None:
            return handler(self, pdu)
        if not pdu.command_id & RESPONSE_BIT:
            known = pdu.command_id in _WRONG_WAY
            status = Status.INVALID_BIND_STATUS if known else Status.INVALID_COMMAND_ID
            self._reply(Command.GENERIC_NACK, pdu.sequence, status)
        return []

    def _on_nack(self, pdu: Pdu) -> list[SessionEvent]:
        """generic_nack (4.3) stands in for the answer to any request; it is matched by sequence number."""
        status = pdu.status or UNKNOWN_ERROR
        if pdu.sequence in self._outstanding:
            return self._answered(pdu.sequence, status, "")
        if self._request and pdu.sequence == self._request[0]:
            return self._on_request_answered(status, "")
        return []

    def _on_submit_resp(self, pdu: Pdu) -> list[SessionEvent]:
        if pdu.sequence not in self._outstanding:
            return []
        message_id = pdu.body.message_id if isinstance(pdu.body, MessageIdResp) else ""
        return self._answered(pdu.sequence, pdu.status, message_id)

    def _answered(self, sequence: int, status: int, message_id: str) -> list[SessionEvent]:
        sent_at = self._outstanding.pop(sequence)
        return [Answered(sequence=sequence, status=status, message_id=message_id, sent_at=sent_at)]

    def _on_request_resp(self, pdu: Pdu) -> list[SessionEvent]:
        if not self._request or pdu.sequence != self._request[0]:
            return []
        return self._on_request_answered(
            pdu.status, pdu.body.system_id if isinstance(pdu.body, BindResp) else ""
        )

    def _on_request_answered(self, status: int, system_id: str) -> list[SessionEvent]:
        self._request = None
        if self._phase is Phase.UNBINDING:
            return self.end("unbound")
        if status != Status.OK:
            return [BindRefused(status=status), *self.end("bind_failed")]
        self._step(Step.BIND_TAKEN)
        return [Bound(system_id=system_id)]

    def _on_delivery(self, pdu: Pdu) -> list[SessionEvent]:
        message = pdu.body
        if isinstance(message, Malformed):
            self._reply(Command.GENERIC_NACK, pdu.sequence, Status.INVALID_COMMAND_LENGTH)
        elif isinstance(message, ShortMessage | DataSm):
            if self._phase in (Phase.BOUND, Phase.UNBINDING):
                return [Delivery(sequence=pdu.sequence, message=message, raw=pdu.raw)]
            self._answer_delivery(pdu.sequence, message, Status.INVALID_BIND_STATUS)
        return []

    def _on_enquire_link(self, pdu: Pdu) -> list[SessionEvent]:
        self._reply(Command.ENQUIRE_LINK_RESP, pdu.sequence)
        return []

    def _on_unbind(self, pdu: Pdu) -> list[SessionEvent]:
        events = self.end("unbound_by_peer")
        self._reply(Command.UNBIND_RESP, pdu.sequence)
        return events

    def _on_ignored(self, _: Pdu) -> list[SessionEvent]:
        return []


_HANDLERS: Final[Mapping[int, Callable[[SmppSession, Pdu], list[SessionEvent]]]] = {
    Command.SUBMIT_SM_RESP: SmppSession._on_submit_resp,
    Command.DELIVER_SM: SmppSession._on_delivery,
    Command.DATA_SM: SmppSession._on_delivery,
    Command.ENQUIRE_LINK: SmppSession._on_enquire_link,
    Command.ENQUIRE_LINK_RESP: SmppSession._on_ignored,
    Command.GENERIC_NACK: SmppSession._on_nack,
    Command.BIND_TRANSMITTER_RESP: SmppSession._on_request_resp,
    Command.BIND_RECEIVER_RESP: SmppSession._on_request_resp,
    Command.BIND_TRANSCEIVER_RESP: SmppSession._on_request_resp,
    Command.UNBIND: SmppSession._on_unbind,
    Command.UNBIND_RESP: SmppSession._on_request_resp,
    Command.OUTBIND: SmppSession._on_ignored,
    Command.ALERT_NOTIFICATION: SmppSession._on_ignored,
}
_WRONG_WAY: Final = frozenset(
    (
        Command.SUBMIT_SM,
        Command.BIND_TRANSMITTER,
        Command.BIND_RECEIVER,
        Command.BIND_TRANSCEIVER,
    )
)
"""Requests that only an ESME may send."""
