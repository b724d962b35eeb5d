"""SMS-SUBMIT read back (3GPP TS 23.040, 9.2.2.2): for people who look at what goes to a modem."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bridge.gsm.address import NetworkAddress, decode_address, decode_smsc
from bridge.gsm.deliver import CodingScheme, decode_scheme, take_user_data
from bridge.gsm.errors import PduError
from bridge.gsm.octets import Octets
from bridge.gsm.timestamp import decode_timestamp
from bridge.gsm.udh import UserDataHeader

_HOUR: Final = 60
_DAY: Final = 24 * _HOUR
_WEEK: Final = 7 * _DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitRead:
    """A message from us to the network, as its octets say it."""

    smsc: NetworkAddress | None
    reference: int
    """TP-MR."""
    destination: NetworkAddress
    pid: int
    dcs: int
    scheme: CodingScheme
    validity_minutes: int | None
    """None where the field is absent, absolute or enhanced."""
    valid_until: datetime | None
    header: UserDataHeader | None
    text: str | None
    """None for 8-bit or compressed data."""
    data: bytes
    """User data octets after the header; for GSM 7-bit the septets, one in each octet."""
    status_report: bool
    reject_duplicates: bool


def decode_validity(value: int) -> int:
    """Minutes of a relative TP-VP (9.2.3.12.1)."""
    if value <= 143:
        return 5 * (value + 1)
    if value <= 167:
        return 12 * _HOUR + 30 * (value - 143)
    if value <= 196:
        return _DAY * (value - 166)
    return _WEEK * (value - 192)


def decode_submit(pdu: bytes) -> SubmitRead:
    """Decode an SMS-SUBMIT with its SMSC part. Octets after it are ignored.

    Raises:
        PduError: it is another kind, or ends too early.
    """
    octets = Octets(pdu)
    smsc = decode_smsc(octets)
    first = octets.octet("first octet")
    if first & 0x03 != 0x01:
        raise PduError("not an SMS-SUBMIT")
    reference = octets.octet("TP-MR")
    destination = decode_address(octets)
    pid = octets.octet("TP-PID")
    dcs = octets.octet("TP-DCS")
    validity_minutes, valid_until = _validity(octets, first)
    scheme = decode_scheme(dcs)
    header, text, data = take_user_data(octets, scheme, has_header=bool(first & 0x40))
    return SubmitRead(
        smsc=smsc,
        reference=reference,
        destination=destination,
        pid=pid,
        dcs=dcs,
        scheme=scheme,
        validity_minutes=validity_minutes,
        valid_until=valid_until,
        header=header,
        text=text,
        data=data,
        status_report=bool(first & 0x20),
        reject_duplicates=bool(first & 0x04),
    )


def _validity(octets: Octets, first: int) -> tuple[int | None, datetime | None]:
    match first >> 3 & 0x03:  # TP-VPF, 9.2.3.3
        case 0b10:
            return decode_validity(octets.octet("TP-VP")), None
        case 0b11:
            return None, decode_timestamp(octets)
        case 0b01:  # enhanced, which nobody sends
            octets.take(7, "TP-VP")
    return None, None
