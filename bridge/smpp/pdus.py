"""PDUs of SMPP 3.4 as values, and the numbers of the standard as smpplib lists them.

This is the only module that imports smpplib. Texts inside a PDU (C-octet strings) are Latin-1 on both ways,
so that no octet of a peer is ever lost or refused.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from smpplib import command_codes, consts

HEADER_OCTETS: Final = 16
RESPONSE_BIT: Final = 0x80000000
MAX_SEQUENCE: Final = 0x7FFFFFFF
INTERFACE_VERSION: Final = consts.SMPP_VERSION_34

_codes: Final[dict[str, int]] = command_codes.commands
_tags: Final[dict[str, int]] = consts.OPTIONAL_PARAMS


class Command(IntEnum):
    """command_id (5.1.2.1)."""

    GENERIC_NACK = _codes["generic_nack"]
    BIND_RECEIVER = _codes["bind_receiver"]
    BIND_RECEIVER_RESP = _codes["bind_receiver_resp"]
    BIND_TRANSMITTER = _codes["bind_transmitter"]
    BIND_TRANSMITTER_RESP = _codes["bind_transmitter_resp"]
    SUBMIT_SM = _codes["submit_sm"]
    SUBMIT_SM_RESP = _codes["submit_sm_resp"]
    DELIVER_SM = _codes["deliver_sm"]
    DELIVER_SM_RESP = _codes["deliver_sm_resp"]
    UNBIND = _codes["unbind"]
    UNBIND_RESP = _codes["unbind_resp"]
    BIND_TRANSCEIVER = _codes["bind_transceiver"]
    BIND_TRANSCEIVER_RESP = _codes["bind_transceiver_resp"]
    OUTBIND = _codes["outbind"]
    ENQUIRE_LINK = _codes["enquire_link"]
    ENQUIRE_LINK_RESP = _codes["enquire_link_resp"]
    ALERT_NOTIFICATION = _codes["alert_notification"]
    DATA_SM = _codes["data_sm"]
    DATA_SM_RESP = _codes["data_sm_resp"]


class Status(IntEnum):
    """The values of command_status (5.1.3) that the bridge itself sends or acts on by name."""

    OK = consts.SMPP_ESME_ROK
    INVALID_COMMAND_LENGTH = consts.SMPP_ESME_RINVCMDLEN
    INVALID_COMMAND_ID = consts.SMPP_ESME_RINVCMDID
    INVALID_BIND_STATUS = consts.SMPP_ESME_RINVBNDSTS
    ALREADY_BOUND = consts.SMPP_ESME_RALYBND
    TEMPORARY_APP_ERROR = consts.SMPP_ESME_RX_T_APPN


class Tag(IntEnum):
    """Optional parameters (5.3.2) that the bridge reads."""

    RECEIPTED_MESSAGE_ID = _tags["receipted_message_id"]
    MESSAGE_STATE = _tags["message_state"]
    NETWORK_ERROR_CODE = _tags["network_error_code"]
    MESSAGE_PAYLOAD = _tags["message_payload"]
    SAR_MSG_REF_NUM = _tags["sar_msg_ref_num"]
    SAR_TOTAL_SEGMENTS = _tags["sar_total_segments"]
    SAR_SEGMENT_SEQNUM = _tags["sar_segment_seqnum"]


STATUS_DESCRIPTIONS: Final[dict[int, str]] = consts.DESCRIPTIONS

Tlvs = tuple[tuple[int, bytes], ...]
"""Optional parameters in the order received, unknown ones too: (tag, value)."""


def find_tlv(tlvs: Tlvs, tag: int) -> bytes | None:
    """The value of the first optional parameter with this tag."""
    return next((value for found, value in tlvs if found == tag), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """bind_transmitter, bind_receiver, bind_transceiver (4.1)."""

    system_id: str
    password: str = field(default="", repr=False)
    system_type: str = ""
    interface_version: int = INTERFACE_VERSION
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BindResp:
    """The answers to the binds; empty where the peer left the body out."""

    system_id: str = ""
    tlvs: Tlvs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortMessage:
    """submit_sm (4.4.1) and deliver_sm (4.6.1)."""

    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""
    esm_class: int = 0
    protocol_id: int = 0
    priority_flag: int = 0
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    replace_if_present_flag: int = 0
    data_coding: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = b""
    tlvs: Tlvs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSm:
    """data_sm (4.7.1); some providers carry receipts in it."""

    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""
    esm_class: int = 0
    registered_delivery: int = 0
    data_coding: int = 0
    tlvs: Tlvs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageIdResp:
    """submit_sm_resp, deliver_sm_resp, data_sm_resp."""

    message_id: str = ""
    tlvs: Tlvs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    """enquire_link, unbind, their answers, generic_nack: a header alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaque:
    """The body of a command that the bridge does not read."""

    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """A body that breaks the layout of its command, inside intact framing."""

    data: bytes


Body = Bind | BindResp | ShortMessage | DataSm | MessageIdResp | Empty | Opaque | Malformed


@dataclass(frozen=True, slots=True, kw_only=True)
class Pdu:
    """One protocol data unit: header and body."""

    command_id: int
    sequence: int
    status: int = 0
    body: Body = field(default_factory=Empty)
    raw: bytes = field(default=b"", repr=False, compare=False)
    """The whole PDU as received; empty for one that was made here."""
