"""The simulator's own SMPP octets (SMPP 3.4, sections 3 and 4), apart from those of the bridge on purpose."""

import struct
from dataclasses import dataclass
from typing import Final

GENERIC_NACK: Final = 0x80000000
BIND_RECEIVER: Final = 0x00000001
BIND_TRANSMITTER: Final = 0x00000002
SUBMIT_SM: Final = 0x00000004
DELIVER_SM: Final = 0x00000005
UNBIND: Final = 0x00000006
BIND_TRANSCEIVER: Final = 0x00000009
ENQUIRE_LINK: Final = 0x00000015
RESPONSE: Final = 0x80000000
BINDS: Final = frozenset({BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER})

OK: Final = 0x00
INVALID_COMMAND_LENGTH: Final = 0x02
INVALID_COMMAND_ID: Final = 0x03
INVALID_BIND_STATUS: Final = 0x04
INVALID_PASSWORD: Final = 0x0E
INVALID_SYSTEM_ID: Final = 0x0F
THROTTLED: Final = 0x58

_LONGEST: Final = 70_000
_GSM7: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_EXTENDED: Final = dict(zip(b"\x0a\x14\x28\x29\x2f\x3c\x3d\x3e\x40\x65", "\f^{}\\[~]|€", strict=True))


class BadStreamError(Exception):
    """The client does not speak SMPP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A PDU as it came."""

    command: int
    status: int
    sequence: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What matters of a submit_sm."""

    source: str
    destination: str
    esm_class: int
    registered_delivery: int
    data_coding: int
    udh: bytes
    payload: bytes
    """The user data after its header."""


def pack(command: int, sequence: int, *, status: int = OK, body: bytes = b"") -> bytes:
    """A whole PDU."""
    return struct.pack(">4I", 16 + len(body), command, status, sequence) + body


def take(buffer: bytearray) -> Request | None:
    """The first PDU of a buffer, taken off it; None while it is not complete.

    Raises:
        BadStreamError: its length is impossible.
    """
    if len(buffer) < 16:
        return None
    length, command, status, sequence = struct.unpack_from(">4I", buffer)
    if not 16 <= length <= _LONGEST:
        raise BadStreamError
    if len(buffer) < length:
        return None
    body = bytes(buffer[16:length])
    del buffer[:length]
    return Request(command=command, status=status, sequence=sequence, body=body)


def credentials(body: bytes) -> tuple[str, str]:
    """System id and password of a bind."""
    system_id, password, *_ = (*body.split(b"\0", 2), b"", b"")
    return system_id.decode("latin-1"), password.decode("latin-1")


def message(body: bytes) -> Message:
    """Read a submit_sm.

    Raises:
        BadStreamError: it is cut.
    """
    try:
        _, rest = body.split(b"\0", 1)
        source, rest = rest[2:].split(b"\0", 1)
        destination, rest = rest[2:].split(b"\0", 1)
        esm_class = rest[0]
        _, rest = rest[3:].split(b"\0", 1)
        _, rest = rest.split(b"\0", 1)
        registered_delivery, _, data_coding, _, length = rest[:5]
        payload = rest[5 : 5 + length]
    except (ValueError, IndexError):
        raise BadStreamError from None
    if len(payload) < length:
        raise BadStreamError
    payload = payload or _payload_tlv(rest[5 + length :])
    header = 1 + payload[0] if esm_class & 0x40 and payload else 0
    return Message(
        source=source.decode("latin-1"),
        destination=destination.decode("latin-1"),
        esm_class=esm_class,
        registered_delivery=registered_delivery,
        data_coding=data_coding,
        udh=payload[:header],
        payload=payload[header:],
    )


def text_of(submitted: Message) -> str:
    """The text of a message, for the log."""
    if submitted.data_coding & 0x0C == 0x08:
        return submitted.payload.decode("utf-16-be", "replace")
    if submitted.data_coding == 0x03:
        return submitted.payload.decode("latin-1")
    codes = iter(submitted.payload)
    return "".join(
        _GSM7_EXTENDED.get(next(codes, 0), "?") if code == 0x1B else _GSM7[code & 0x7F] for code in codes
    )


def receipt_body(*, source: str, destination: str, text: str) -> bytes:
    """The body of a deliver_sm that is a delivery receipt."""
    short_message = text.encode("latin-1", "replace")[:254]
    return b"".join(
        (
            b"\0\x01\x01",
            source.encode("latin-1", "replace"),
            b"\0\x01\x01",
            destination.encode("latin-1", "replace"),
            b"\0\x04\0\0\0\0\0\0\0\0",
            bytes((len(short_message),)),
            short_message,
        )
    )


def _payload_tlv(rest: bytes) -> bytes:
    while len(rest) >= 4:
        tag, length = struct.unpack_from(">HH", rest)
        if tag == 0x0424:
            return rest[4 : 4 + length]
        rest = rest[4 + length :]
    return b""
