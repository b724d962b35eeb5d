"""One bind of the simulated SMSC, without I/O: octets and time in, octets, log entries and deadlines out."""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bridge.simulate.smsc import wire
from bridge.simulate.smsc.wire import Message, Request

_RECEIPT_RETRY_S: Final = 1.0


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


class Receipts:
    """Receipts on their way, by account: kept until some bind of the account has acknowledged them."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[tuple[float, int, bytes]]] = {}
        self._order = itertools.count()

    def put(self, system_id: str, due: float, body: bytes) -> None:
        """Owe an account a receipt."""
        entry = (due, next(self._order), body)
        heapq.heappush(self._waiting.setdefault(system_id, []), entry)

    def next_due(self, system_id: str) -> float | None:
        """When the account's next receipt is due."""
        waiting = self._waiting.get(system_id)
        return waiting[0][0] if waiting else None

    def take(self, system_id: str) -> bytes:
        """The account's next receipt."""
        return heapq.heappop(self._waiting[system_id])[2]


class Bind:
    """What one TCP connection has said and is owed."""

    def __init__(
        self,
        behaviour: Behaviour,
        ids: Ids,
        receipts: Receipts,
        log: Callable[[dict[str, Any]], None],
        *,
        wall: Callable[[], float],
    ) -> None:
        self._behaviour = behaviour
        self._ids = ids
        self._receipts = receipts
        self._unacknowledged: dict[int, bytes] = {}
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
        while self.bound and (due := self._receipts.next_due(self._system_id)) is not None and due <= now:
            sequence, body = next(self._sequence), self._receipts.take(self._system_id)
            self._unacknowledged[sequence] = body
            self._outgoing += wire.pack(wire.DELIVER_SM, sequence, body=body)
        data, self._outgoing = bytes(self._outgoing), bytearray()
        return data

    def next_deadline(self) -> float | None:
        """When something more is due."""
        due = [self._later[0][0]] if self._later else []
        receipt = self._receipts.next_due(self._system_id) if self.bound else None
        return min([*due, *([] if receipt is None else [receipt])], default=None)

    def close(self, *, now: float) -> None:
        """The connection has ended: what it has not acknowledged is owed to the account again."""
        for body in self._unacknowledged.values():
            self._receipts.put(self._system_id, now, body)
        self._unacknowledged.clear()
        self.bound = False

    def _take(self, request: Request, now: float) -> None:
        command, sequence = request.command, request.sequence
        if command & wire.RESPONSE:
            self._acknowledged(request, now)
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
            self._receipts.put(self._system_id, due, self._receipt(submitted, message_id))

    def _acknowledged(self, response: Request, now: float) -> None:
        """A receipt that the client could not store is sent again."""
        body = self._unacknowledged.pop(response.sequence, None)
        if body is not None and response.status != wire.OK:
            self._receipts.put(self._system_id, now + _RECEIPT_RETRY_S, body)

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
        return wire.receipt_body(source=submitted.destination, destination=submitted.source, text=text)

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
