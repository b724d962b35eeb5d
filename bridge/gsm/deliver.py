"""SMS-DELIVER (3GPP TS 23.040, 9.2.2.1) and data coding schemes (3GPP TS 23.038, 4)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bridge.gsm.address import NetworkAddress, decode_address, decode_smsc
from bridge.gsm.errors import PduError
from bridge.gsm.octets import Octets
from bridge.gsm.septets import fill_bits, unpack
from bridge.gsm.timestamp import decode_timestamp
from bridge.gsm.udh import UserDataHeader, decode_header
from gateway_contract.text import gsm7_decode

_HEADER: Final = 0x40


class MessageType(StrEnum):
    """TP-MTI of what comes from the network (9.2.3.1)."""

    DELIVER = "deliver"
    SUBMIT_REPORT = "submit_report"
    STATUS_REPORT = "status_report"
    RESERVED = "reserved"


class DataCoding(StrEnum):
    """What the user data is made of."""

    GSM7 = "gsm7"
    EIGHT_BIT = "8bit"
    UCS2 = "ucs2"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingIndication:
    """A message waiting indication (3GPP TS 23.038, groups 1100 to 1110)."""

    store: bool
    """False: the handset may discard the text."""
    active: bool
    kind: str
    """``voicemail``, ``fax``, ``email`` or ``other``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodingScheme:
    """A TP-DCS taken apart."""

    coding: DataCoding
    message_class: int | None = None
    compressed: bool = False
    waiting: WaitingIndication | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """A message from the network to us."""

    smsc: NetworkAddress | None
    sender: NetworkAddress
    pid: int
    dcs: int
    scheme: CodingScheme
    sent_at: datetime | None
    """When the SMSC got it, in the SMSC's zone; None where the field is no date."""
    header: UserDataHeader | None
    text: str | None
    """None for 8-bit or compressed data."""
    data: bytes
    """User data octets after the header; for GSM 7-bit the septets, one in each octet."""
    more_messages: bool


def message_type(pdu: bytes) -> MessageType:
    """Which kind of PDU it is, SMSC part included.

    Raises:
        PduError: it ends before its first octet.
    """
    octets = Octets(pdu)
    decode_smsc(octets)
    return tuple(MessageType)[octets.octet("first octet") & 0x03]


def decode_scheme(dcs: int) -> CodingScheme:
    """Read a TP-DCS; reserved groups are GSM 7-bit (3GPP TS 23.038, 4)."""
    group = dcs >> 4
    if group < 0x8:
        coding = (DataCoding.GSM7, DataCoding.EIGHT_BIT, DataCoding.UCS2, DataCoding.GSM7)[dcs >> 2 & 3]
        return CodingScheme(
            coding=coding,
            message_class=dcs & 3 if dcs & 0x10 else None,
            compressed=bool(dcs & 0x20),
        )
    if group == 0xF:
        coding = DataCoding.EIGHT_BIT if dcs & 0x04 else DataCoding.GSM7
        return CodingScheme(coding=coding, message_class=dcs & 3)
    if group >= 0xC:
        waiting = WaitingIndication(
            store=group != 0xC,
            active=bool(dcs & 0x08),
            kind=("voicemail", "fax", "email", "other")[dcs & 3],
        )
        return CodingScheme(coding=DataCoding.UCS2 if group == 0xE else DataCoding.GSM7, waiting=waiting)
    return CodingScheme(coding=DataCoding.GSM7)


def decode_deliver(pdu: bytes) -> Deliver:
    """Decode an SMS-DELIVER with its SMSC part, as in ``+CMT`` and ``+CMGR``. Octets after it are ignored.

    Raises:
        PduError: it is another kind, or ends too early.
    """
    octets = Octets(pdu)
    smsc = decode_smsc(octets)
    first = octets.octet("first octet")
    if first & 0x03:
        raise PduError("not an SMS-DELIVER")
    sender = decode_address(octets)
    pid = octets.octet("TP-PID")
    dcs = octets.octet("TP-DCS")
    sent_at = decode_timestamp(octets)
    scheme = decode_scheme(dcs)
    header, text, data = take_user_data(octets, scheme, has_header=bool(first & _HEADER))
    return Deliver(
        smsc=smsc,
        sender=sender,
        pid=pid,
        dcs=dcs,
        scheme=scheme,
        sent_at=sent_at,
        header=header,
        text=text,
        data=data,
        more_messages=not first & 0x04,
    )


def take_user_data(
    octets: Octets, scheme: CodingScheme, *, has_header: bool
) -> tuple[UserDataHeader | None, str | None, bytes]:
    """Take header, text and data; TP-UDL counts septets for plain GSM 7-bit, octets for all else.

    Raises:
        PduError: a length in it is impossible, or the PDU ends within it.
    """
    length = octets.octet("TP-UDL")
    in_septets = scheme.coding is DataCoding.GSM7 and not scheme.compressed
    if length > (160 if in_septets else 140):
        raise PduError("user data is longer than a short message")
    user_data = octets.take((7 * length + 7) // 8 if in_septets else length, "user data")
    header: UserDataHeader | None = None
    header_octets = 0
    if has_header:
        if not user_data or 1 + user_data[0] > len(user_data):
            raise PduError("header is longer than the user data")
        header_octets = 1 + user_data[0]
        header = decode_header(user_data[1:header_octets])
    body = user_data[header_octets:]
    if in_septets:
        fill = fill_bits(header_octets)
        count = length - (8 * header_octets + fill) // 7
        septets = unpack(body, max(count, 0), fill=fill if count > 0 else 0)
        return header, gsm7_decode(septets), septets
    if scheme.coding is DataCoding.UCS2 and not scheme.compressed:
        # Networks cut UTF-16 anywhere: half a pair or an odd octet must not lose the rest.
        return header, body.decode("utf-16-be", "replace"), body
    return header, None, body
