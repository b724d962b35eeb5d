"""User data headers: 3GPP TS 23.040, 9.2.3.24."""

from dataclasses import dataclass
from typing import Final, Literal

from bridge.gsm.errors import PduError

_CONCAT_8: Final = 0x00
_CONCAT_16: Final = 0x08


@dataclass(frozen=True, slots=True, kw_only=True)
class Concatenation:
    """Which segment of which message (9.2.3.24.1, 9.2.3.24.8)."""

    reference: int
    total: int
    sequence: int
    """1 for the first."""
    bits: Literal[8, 16] = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Application port addressing (9.2.3.24.3, 9.2.3.24.4)."""

    destination: int
    source: int
    bits: Literal[8, 16]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDataHeader:
    """What a header says; unknown elements are passed over."""

    raw: bytes
    """The elements, without the length octet."""
    concatenation: Concatenation | None
    """None also where total and sequence make no sense (9.2.3.24.1: such an element is ignored)."""
    ports: Ports | None


def encode_concatenation(concatenation: Concatenation) -> bytes:
    """The header elements, without the length octet.

    Raises:
        PduError: reference, total or sequence are out of range.
    """
    reference, bits = concatenation.reference, concatenation.bits
    if not 0 <= reference < 1 << bits:
        raise PduError(f"concatenation reference should have {bits} bits")
    if not 1 <= concatenation.sequence <= concatenation.total <= 255:
        raise PduError("concatenation should be 1 <= sequence <= total <= 255")
    tail = bytes((concatenation.total, concatenation.sequence))
    if bits == 8:
        return bytes((_CONCAT_8, 3, reference)) + tail
    return bytes((_CONCAT_16, 4)) + reference.to_bytes(2, "big") + tail


def decode_header(raw: bytes) -> UserDataHeader:
    """Read header elements; of an element that comes twice the last one counts (9.2.3.24).

    Raises:
        PduError: an element is longer than the header.
    """
    concatenation: Concatenation | None = None
    ports: Ports | None = None
    position = 0
    while position < len(raw):
        if position + 2 > len(raw) or position + 2 + raw[position + 1] > len(raw):
            raise PduError("header element is longer than the header")
        value = raw[position + 2 : position + 2 + raw[position + 1]]
        match raw[position], len(value):
            case (0x00, 3):
                concatenation = _concatenation(value[0], value[1], value[2], 8)
            case (0x08, 4):
                concatenation = _concatenation(value[0] << 8 | value[1], value[2], value[3], 16)
            case (0x04, 2):
                ports = Ports(destination=value[0], source=value[1], bits=8)
            case (0x05, 4):
                ports = Ports(destination=value[0] << 8 | value[1], source=value[2] << 8 | value[3], bits=16)
            case _:
                pass
        position += 2 + len(value)
    return UserDataHeader(raw=raw, concatenation=concatenation, ports=ports)


def _concatenation(reference: int, total: int, sequence: int, bits: Literal[8, 16]) -> Concatenation | None:
    if not 1 <= sequence <= total:
        return None
    return Concatenation(reference=reference, total=total, sequence=sequence, bits=bits)
