"""One bind of the simulated SMSC, without I/O: octets and time in, octets, log entries and deadlines out."""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bridge.simulate.smsc import wire
from bridge.simulate.smsc.wire import Message, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How the simulated SMSC behaves; delays in seconds."""

    system_id: str = ""
    """Empty: any is taken; so with the password."""
    password: str = ""
    response_delay: float = 0.0
    receipt_delay: float = 0.2
    receipt_state: str = "DELIVRD"
    error_every: int = 0
    """Every n-th submit_sm is refused; 0: none."""
    error_status: int = wire.THROTTLED


class Ids:
    """Message ids, counted over all binds."""

    def __init__(self, first: int) -> None:
        self._next = itertools.count(first)
        self.submitted = 0

    def take(self) -> str:
        """The next id, in hexadecimal as many SMSCs give it."""
        return f"{next(self._next):08x}"


class Bind:
    """What one TCP connection has said and is owed."""

    def __init__(
        self,
        behaviour: Behaviour,
        ids: Ids,
        log: Callable[[dict[str, Any]], None],
        *,
        wall: Callable[[], float],
    ) -> None:
        self._behaviour = behaviour
        self._ids = ids
        self._log = log
        self._wall = wall
        self._buffer = bytearray()
        self._outgoing = bytearray()
        self._later: list[tuple[float, int, bytes]] = []
        self._order = itertools.count()
        self._sequence = itertools.count(1)
        self._system_id = ""
        self.bound = False
        self.closing = False

    def receive(self, data: bytes, *, now: float) -> None:
        """Take octets from the client."""
        self._buffer += data
        try:
            while (request := wire.take(self._buffer)) is not None:
                self._take(request, now)
        except wire.BadStreamError:
            self._outgoing += wire.pack(wire.GENERIC_NACK, 0, status=wire.INVALID_COMMAND_LENGTH)
            self.closing = True

    def bytes_to_send(self, *, now: float) -> bytes:
        """What is due; each octet is given once."""
        while self._later and self._later[0][0] <= now:
            self._outgoing += heapq.heappop(self._later)[2]
        data, self._outgoing = bytes(self._outgoing), bytearray()
        return data

    def next_deadline(self) -> float | None:
        """When something more is due."""
        return self._later[0][0] if self._later else None

    def _take(self, request: Request, now: float) -> None:
        command, sequence = request.command, request.sequence
        if command & wire.RESPONSE:
            return
        if command in wire.BINDS:
            self._bind(request)
        elif command == wire.ENQUIRE_LINK:
            self._outgoing += wire.pack(command | wire.RESPONSE, sequence)
        elif command == wire.UNBIND:
            self._outgoing += wire.pack(command | wire.RESPONSE, sequence)
            self.closing = True
        elif command == wire.SUBMIT_SM:
            self._submit(request, now)
        else:
            self._outgoing += wire.pack(wire.GENERIC_NACK, sequence, status=wire.INVALID_COMMAND_ID)

    def _bind(self, request: Request) -> None:
        wanted = self._behaviour
        self._system_id, password = wire.credentials(request.body)
        status = wire.OK
        if wanted.system_id and self._system_id != wanted.system_id:
            status = wire.INVALID_SYSTEM_ID
        elif wanted.password and password != wanted.password:
            status = wire.INVALID_PASSWORD
        self.bound = status == wire.OK
        body = b"SIMSMSC\0" if self.bound else b""
        self._outgoing += wire.pack(
            request.command | wire.RESPONSE, request.sequence, status=status, body=body
        )
        self._log({"event": "bind", "system_id": self._system_id, "status": status})

    def _submit(self, request: Request, now: float) -> None:
        self._ids.submitted += 1
        every = self._behaviour.error_every
        status = wire.OK
        if not self.bound:
            status = wire.INVALID_BIND_STATUS
        elif every and self._ids.submitted % every == 0:
            status = self._behaviour.error_status
        submitted = wire.message(request.body)
        message_id = self._ids.take() if status == wire.OK else ""
        body = message_id.encode() + b"\0" if message_id else b""
        answer = wire.pack(wire.SUBMIT_SM | wire.RESPONSE, request.sequence, status=status, body=body)
        self._owe(now + self._behaviour.response_delay, answer)
        self._log_submit(submitted, message_id, status)
        if message_id and submitted.registered_delivery & 0x03:
            due = now + self._behaviour.response_delay + self._behaviour.receipt_delay
            self._owe(due, self._receipt(submitted, message_id))

    def _owe(self, due: float, data: bytes) -> None:
        heapq.heappush(self._later, (due, next(self._order), data))

    def _receipt(self, submitted: Message, message_id: str) -> bytes:
        date = datetime.fromtimestamp(self._wall(), UTC).strftime("%y%m%d%H%M")
        state = self._behaviour.receipt_state
        delivered = "001" if state == "DELIVRD" else "000"
        error = "000" if state == "DELIVRD" else "011"
        text = (
            f"id:{message_id} sub:001 dlvrd:{delivered} submit date:{date} done date:{date} "
            f"stat:{state} err:{error} text:"
        )
        body = wire.receipt_body(source=submitted.destination, destination=submitted.source, text=text)
        return wire.pack(wire.DELIVER_SM, next(self._sequence), body=body)

    def _log_submit(self, submitted: Message, message_id: str, status: int) -> None:
        self._log(
            {
                "event": "submit_sm",
                "system_id": self._system_id,
                "source": submitted.source,
                "destination": submitted.destination,
                "text": wire.text_of(submitted),
                "esm_class": submitted.esm_class,
                "data_coding": submitted.data_coding,
                "udh_hex": submitted.udh.hex(),
                "payload_hex": submitted.payload.hex(),
                "message_id": message_id,
                "status": status,
            }
        )
