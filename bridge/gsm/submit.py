"""SMS-SUBMIT: 3GPP TS 23.040, 9.2.2.2."""

from dataclasses import dataclass
from enum import IntFlag
from typing import Final

from bridge.gsm.address import encode_address
from bridge.gsm.errors import PduError
from bridge.gsm.septets import fill_bits, pack
from bridge.gsm.udh import Concatenation, encode_concatenation
from gateway_contract.addresses import Address
from gateway_contract.text import Alphabet, gsm7_encode

_MAX_OCTETS: Final = 140
_MAX_SEPTETS: Final = 160
_MINUTE, _HOUR, _DAY, _WEEK = 60, 3600, 86400, 604800


class _FirstOctet(IntFlag):
    SUBMIT = 0x01
    REJECT_DUPLICATES = 0x04
    RELATIVE_VALIDITY = 0x10
    STATUS_REPORT_REQUEST = 0x20
    HEADER = 0x40


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """One message from us to the network; what is None or False is not in the PDU."""

    destination: Address
    text: str | None = None
    """Must be encodable in ``alphabet``."""
    data: bytes = b""
    """8-bit user data in place of a text."""
    alphabet: Alphabet = Alphabet.GSM7
    concatenation: Concatenation | None = None
    header: bytes = b""
    """Further header elements (9.2.3.24), encoded, without the length octet."""
    validity_s: int | None = None
    """Rounded up to what the field can say, 63 weeks at most."""
    status_report: bool = False
    flash: bool = False
    """Class 0: shown at once and not stored."""
    reject_duplicates: bool = False
    message_reference: int = 0
    """TP-MR; modems put their own."""


def encode_validity(seconds: int) -> int:
    """Relative TP-VP (9.2.3.12.1): the shortest period that is not below ``seconds``, else the longest.

    Raises:
        PduError: ``seconds`` is negative.
    """
    if seconds < 0:
        raise PduError("validity should not be negative")
    if seconds <= 12 * _HOUR:
        return max(_ceil(seconds, 5 * _MINUTE) - 1, 0)
    if seconds <= 24 * _HOUR:
        return 143 + _ceil(seconds - 12 * _HOUR, 30 * _MINUTE)
    if seconds <= 30 * _DAY:
        return 166 + _ceil(seconds, _DAY)
    return min(192 + max(_ceil(seconds, _WEEK), 5), 255)


def _ceil(value: int, step: int) -> int:
    return -(-value // step)


def encode_submit(submit: Submit) -> bytes:
    """The TPDU, without an SMSC part: its length is the argument of ``AT+CMGS`` (3GPP TS 27.005, 4.3).

    Raises:
        PduError: the user data does not fit, or a field is out of range.
        NotEncodableError: GSM 7-bit does not have a character of the text.
    """
    first = _FirstOctet.SUBMIT
    header = b""
    elements = b"" if submit.concatenation is None else encode_concatenation(submit.concatenation)
    elements += submit.header
    if len(elements) >= _MAX_OCTETS:
        raise PduError("header has more than 139 octets")
    if elements:
        first |= _FirstOctet.HEADER
        header = bytes((len(elements),)) + elements
    validity = b""
    if submit.validity_s is not None:
        first |= _FirstOctet.RELATIVE_VALIDITY
        validity = bytes((encode_validity(submit.validity_s),))
    if submit.status_report:
        first |= _FirstOctet.STATUS_REPORT_REQUEST
    if submit.reject_duplicates:
        first |= _FirstOctet.REJECT_DUPLICATES
    dcs, length, user_data = _user_data(submit, header)
    return b"".join(
        (
            bytes((first, submit.message_reference)),
            encode_address(submit.destination),
            bytes((0x00, dcs)),
            validity,
            bytes((length,)),
            user_data,
        )
    )


def _user_data(submit: Submit, header: bytes) -> tuple[int, int, bytes]:
    """DCS, TP-UDL and TP-UD."""
    flash = 0x10 if submit.flash else 0x00
    if submit.text is not None and submit.alphabet is Alphabet.GSM7:
        septets = gsm7_encode(submit.text)
        fill = fill_bits(len(header))
        length = (8 * len(header) + fill) // 7 + len(septets)
        if length > _MAX_SEPTETS:
            raise PduError("user data has more than 160 septets")
        return flash, length, header + pack(septets, fill=fill)
    dcs = 0x04 if submit.text is None else 0x08
    body = header + (submit.data if submit.text is None else submit.text.encode("utf-16-be"))
    if len(body) > _MAX_OCTETS:
        raise PduError("user data has more than 140 octets")
    return flash | dcs, len(body), body
