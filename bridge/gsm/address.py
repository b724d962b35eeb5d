"""Address fields: 3GPP TS 23.040, 9.1.2.5; SMSC address: 3GPP TS 24.011, 8.2.5.1."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from bridge.gsm.errors import PduError
from bridge.gsm.octets import Octets
from bridge.gsm.septets import pack, unpack
from gateway_contract.addresses import Address, AlphanumericSender, Msisdn
from gateway_contract.text import gsm7_decode, gsm7_encode

_MAX_SEMI_OCTETS: Final = 20
_DIGITS: Final = "0123456789*#abc"
"""Semi-octet values 0..14; 15 is padding (9.1.2.3)."""


class TypeOfNumber(IntEnum):
    """Bits 6 to 4 of the type-of-address octet."""

    UNKNOWN = 0
    INTERNATIONAL = 1
    NATIONAL = 2
    NETWORK_SPECIFIC = 3
    SUBSCRIBER = 4
    ALPHANUMERIC = 5
    ABBREVIATED = 6
    RESERVED = 7


_TOA_INTERNATIONAL: Final = 0x91
_TOA_UNKNOWN: Final = 0x81
_TOA_ALPHANUMERIC: Final = 0xD0


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkAddress:
    """An address as received: the network sends forms that no caller would type, so it stays loose."""

    text: str
    """Digits (``*``, ``#``, ``a`` to ``c`` are possible), or a name when alphanumeric; may be empty."""
    ton: TypeOfNumber

    def __str__(self) -> str:
        return f"+{self.text}" if self.ton is TypeOfNumber.INTERNATIONAL else self.text


def _semi_octets(digits: str) -> bytes:
    codes = [_DIGITS.index(digit) for digit in digits]
    if len(codes) % 2:
        codes.append(0xF)
    return bytes(low | high << 4 for low, high in zip(codes[::2], codes[1::2], strict=True))


def _digits(octets: bytes) -> str:
    codes = [code for octet in octets for code in (octet & 0xF, octet >> 4)]
    return "".join(_DIGITS[code] for code in codes if code != 0xF)


def encode_address(address: Address) -> bytes:
    """Length in semi-octets, type of address and value.

    National numbers and short codes go as "unknown", which lets the network apply its own dialling plan.
    """
    if isinstance(address, AlphanumericSender):
        septets = gsm7_encode(address.text)
        return bytes(((7 * len(septets) + 3) // 4, _TOA_ALPHANUMERIC)) + pack(septets)
    toa = _TOA_INTERNATIONAL if isinstance(address, Msisdn) else _TOA_UNKNOWN
    return bytes((len(address.digits), toa)) + _semi_octets(address.digits)


def decode_address(octets: Octets) -> NetworkAddress:
    """Take an address field.

    Raises:
        PduError: it is longer than 20 semi-octets or than the PDU.
    """
    length = octets.octet("address length")
    if length > _MAX_SEMI_OCTETS + 2:  # networks count the padding of 11-character names
        raise PduError("address is longer than 20 semi-octets")
    ton = TypeOfNumber(octets.octet("type of address") >> 4 & 7)
    value = octets.take((length + 1) // 2, "address")
    if ton is TypeOfNumber.ALPHANUMERIC:
        return NetworkAddress(text=gsm7_decode(unpack(value, 4 * length // 7)), ton=ton)
    return NetworkAddress(text=_digits(value)[:length], ton=ton)


def encode_smsc(digits: str) -> bytes:
    """The SMSC part before a TPDU; empty digits: the one on the SIM.

    Args:
        digits: with or without a plus.

    Raises:
        PduError: there is something else than digits, or more than 20.
    """
    if not digits:
        return b"\0"
    plain = digits.removeprefix("+")
    if not (plain.isascii() and plain.isdigit() and len(plain) <= _MAX_SEMI_OCTETS):
        raise PduError("SMSC should be 1 to 20 digits")
    value = _semi_octets(plain)
    toa = _TOA_INTERNATIONAL if digits.startswith("+") else _TOA_UNKNOWN
    return bytes((1 + len(value), toa)) + value


def decode_smsc(octets: Octets) -> NetworkAddress | None:
    """Take the SMSC part; None when it is empty.

    Raises:
        PduError: it is longer than 12 octets or than the PDU.
    """
    length = octets.octet("SMSC length")
    if length == 0:
        return None
    if length > 12:
        raise PduError("SMSC address is longer than 12 octets")
    ton = TypeOfNumber(octets.octet("type of SMSC address") >> 4 & 7)
    return NetworkAddress(text=_digits(octets.take(length - 1, "SMSC address")), ton=ton)
