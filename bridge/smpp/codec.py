"""Octets of SMPP 3.4 to PDUs and back.

Written with :mod:`struct` because this is the hot path; tests prove it equal to smpplib on everything that
both accept. It forgives what is seen in the wild and harms nobody: a missing body in an answer, a last
C-octet string without its NUL, a last optional parameter that is too short.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from struct import Struct
from typing import Final

from bridge.smpp.pdus import (
    HEADER_OCTETS,
    Bind,
    BindResp,
    Body,
    Command,
    DataSm,
    Empty,
    Malformed,
    MessageIdResp,
    Opaque,
    Pdu,
    ShortMessage,
    Tlvs,
)

MAX_PDU_OCTETS: Final = 0x20000
"""Twice the largest message_payload; a longer PDU is a sign of lost framing."""

_HEADER: Final = Struct(">LLLL")
_TLV: Final = Struct(">HH")


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerViolation:
    """The peer broke the framing: nothing that follows on this connection can be trusted."""

    reason: str


class Decoder:
    """Cuts a byte stream into PDUs; a :class:`PeerViolation` is its last result."""

    __slots__ = ("_buffer", "_failed")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._failed = False

    def receive(self, data: bytes) -> list[Pdu | PeerViolation]:
        """Take octets as they come; give every PDU that is complete. Never raises."""
        found: list[Pdu | PeerViolation] = []
        if self._failed:
            return found
        buffer = self._buffer
        buffer += data
        at, available = 0, len(buffer)
        while available - at >= HEADER_OCTETS:
            length, command_id, status, sequence = _HEADER.unpack_from(buffer, at)
            if not HEADER_OCTETS <= length <= MAX_PDU_OCTETS:
                self._failed = True
                buffer.clear()
                found.append(PeerViolation(reason=f"command_length {length}"))
                return found
            if available - at < length:
                break
            raw = bytes(buffer[at : at + length])
            found.append(
                Pdu(
                    command_id=command_id,
                    status=status,
                    sequence=sequence,
                    body=decode_body(command_id, raw[HEADER_OCTETS:]),
                    raw=raw,
                )
            )
            at += length
        if at:
            del buffer[:at]
        return found


def decode_body(command_id: int, data: bytes) -> Body:
    """The body of a PDU; :class:`Malformed` where it does not fit the command. Never raises."""
    decoder = _DECODERS.get(command_id)
    if decoder is None:
        return Opaque(data=data)
    try:
        return decoder(data)
    except (ValueError, IndexError):
        return Malformed(data=data)


def encode(pdu: Pdu) -> bytes:
    """The octets of a PDU.

    Raises:
        ValueError: a field is too long, or holds what its type cannot carry.
    """
    return frame(pdu.command_id, pdu.sequence, encode_body(pdu.body), status=pdu.status)


def frame(command_id: int, sequence: int, body: bytes = b"", *, status: int = 0) -> bytes:
    """A header before a body that is encoded already."""
    return _HEADER.pack(HEADER_OCTETS + len(body), command_id, status, sequence) + body


def encode_body(body: Body) -> bytes:
    """The octets after the header; raises ValueError like :func:`encode`."""
    match body:
        case ShortMessage():
            return _encode_short_message(body)
        case MessageIdResp():
            return _c_octets(body.message_id, 65) + _encode_tlvs(body.tlvs)
        case Bind():
            return b"".join(
                (
                    _c_octets(body.system_id, 16),
                    _c_octets(body.password, 9),
                    _c_octets(body.system_type, 13),
                    bytes((body.interface_version, body.addr_ton, body.addr_npi)),
                    _c_octets(body.address_range, 41),
                )
            )
        case BindResp():
            return _c_octets(body.system_id, 16) + _encode_tlvs(body.tlvs)
        case DataSm():
            return b"".join(
                (
                    _encode_addresses(body),
                    bytes((body.esm_class, body.registered_delivery, body.data_coding)),
                    _encode_tlvs(body.tlvs),
                )
            )
        case Empty():
            return b""
        case Opaque() | Malformed():
            return body.data


def _encode_short_message(body: ShortMessage) -> bytes:
    message = body.short_message
    return b"".join(
        (
            _encode_addresses(body),
            bytes((body.esm_class, body.protocol_id, body.priority_flag)),
            _c_octets(body.schedule_delivery_time, 17),
            _c_octets(body.validity_period, 17),
            bytes(
                (
                    body.registered_delivery,
                    body.replace_if_present_flag,
                    body.data_coding,
                    body.sm_default_msg_id,
                    len(message),
                )
            ),
            message,
            _encode_tlvs(body.tlvs),
        )
    )


def _encode_addresses(body: ShortMessage | DataSm) -> bytes:
    return b"".join(
        (
            _c_octets(body.service_type, 6),
            bytes((body.source_addr_ton, body.source_addr_npi)),
            _c_octets(body.source_addr, 21),
            bytes((body.dest_addr_ton, body.dest_addr_npi)),
            _c_octets(body.destination_addr, 21),
        )
    )


def _c_octets(value: str, size: int) -> bytes:
    """A C-octet string of at most ``size`` octets with its NUL."""
    octets = value.encode("latin-1")
    if len(octets) >= size or 0 in octets:
        raise ValueError(f"does not fit a C-octet string of {size}")
    return octets + b"\0"


def _encode_tlvs(tlvs: Tlvs) -> bytes:
    if any(len(value) > 0xFFFF for _, value in tlvs):
        raise ValueError("an optional parameter is too long")
    return b"".join([_TLV.pack(tag, len(value)) + value for tag, value in tlvs])


def _c_string(data: bytes, at: int) -> tuple[str, int]:
    end = data.index(0, at)
    return data[at:end].decode("latin-1"), end + 1


def _last_c_string(data: bytes) -> tuple[str, int]:
    """The only C-octet string of an answer: it may be absent, or end with the PDU instead of a NUL."""
    end = data.find(0)
    return data[: end if end >= 0 else None].decode("latin-1"), end + 1 if end >= 0 else len(data)


def _tlvs(data: bytes, at: int) -> Tlvs:
    found = []
    while at + _TLV.size <= len(data):
        tag, length = _TLV.unpack_from(data, at)
        at += _TLV.size
        found.append((tag, data[at : at + length]))
        at += length
    return tuple(found)


def _decode_bind(data: bytes) -> Bind:
    system_id, at = _c_string(data, 0)
    password, at = _c_string(data, at)
    system_type, at = _c_string(data, at)
    interface_version, addr_ton, addr_npi = data[at : at + 3]
    address_range, _ = _c_string(data, at + 3)
    return Bind(
        system_id=system_id,
        password=password,
        system_type=system_type,
        interface_version=interface_version,
        addr_ton=addr_ton,
        addr_npi=addr_npi,
        address_range=address_range,
    )


def _decode_bind_resp(data: bytes) -> BindResp:
    system_id, at = _last_c_string(data)
    return BindResp(system_id=system_id, tlvs=_tlvs(data, at))


def _decode_message_id_resp(data: bytes) -> MessageIdResp:
    message_id, at = _last_c_string(data)
    return MessageIdResp(message_id=message_id, tlvs=_tlvs(data, at))


def _decode_short_message(data: bytes) -> ShortMessage:
    service_type, at = _c_string(data, 0)
    source_addr_ton, source_addr_npi = data[at : at + 2]
    source_addr, at = _c_string(data, at + 2)
    dest_addr_ton, dest_addr_npi = data[at : at + 2]
    destination_addr, at = _c_string(data, at + 2)
    esm_class, protocol_id, priority_flag = data[at : at + 3]
    schedule_delivery_time, at = _c_string(data, at + 3)
    validity_period, at = _c_string(data, at)
    registered_delivery, replace_if_present_flag, data_coding, sm_default_msg_id, sm_length = data[
        at : at + 5
    ]
    end = at + 5 + sm_length
    if end > len(data):
        raise ValueError("sm_length reaches beyond the PDU")
    return ShortMessage(
        service_type=service_type,
        source_addr_ton=source_addr_ton,
        source_addr_npi=source_addr_npi,
        source_addr=source_addr,
        dest_addr_ton=dest_addr_ton,
        dest_addr_npi=dest_addr_npi,
        destination_addr=destination_addr,
        esm_class=esm_class,
        protocol_id=protocol_id,
        priority_flag=priority_flag,
        schedule_delivery_time=schedule_delivery_time,
        validity_period=validity_period,
        registered_delivery=registered_delivery,
        replace_if_present_flag=replace_if_present_flag,
        data_coding=data_coding,
        sm_default_msg_id=sm_default_msg_id,
        short_message=data[end - sm_length : end],
        tlvs=_tlvs(data, end),
    )


def _decode_data_sm(data: bytes) -> DataSm:
    service_type, at = _c_string(data, 0)
    source_addr_ton, source_addr_npi = data[at : at + 2]
    source_addr, at = _c_string(data, at + 2)
    dest_addr_ton, dest_addr_npi = data[at : at + 2]
    destination_addr, at = _c_string(data, at + 2)
    esm_class, registered_delivery, data_coding = data[at : at + 3]
    return DataSm(
        service_type=service_type,
        source_addr_ton=source_addr_ton,
        source_addr_npi=source_addr_npi,
        source_addr=source_addr,
        dest_addr_ton=dest_addr_ton,
        dest_addr_npi=dest_addr_npi,
        destination_addr=destination_addr,
        esm_class=esm_class,
        registered_delivery=registered_delivery,
        data_coding=data_coding,
        tlvs=_tlvs(data, at + 3),
    )


def _decode_empty(_: bytes) -> Empty:
    return _EMPTY


_EMPTY: Final = Empty()
_DECODERS: Final[Mapping[int, Callable[[bytes], Body]]] = {
    Command.SUBMIT_SM: _decode_short_message,
    Command.DELIVER_SM: _decode_short_message,
    Command.DATA_SM: _decode_data_sm,
    Command.SUBMIT_SM_RESP: _decode_message_id_resp,
    Command.DELIVER_SM_RESP: _decode_message_id_resp,
    Command.DATA_SM_RESP: _decode_message_id_resp,
    Command.BIND_TRANSMITTER: _decode_bind,
    Command.BIND_RECEIVER: _decode_bind,
    Command.BIND_TRANSCEIVER: _decode_bind,
    Command.BIND_TRANSMITTER_RESP: _decode_bind_resp,
    Command.BIND_RECEIVER_RESP: _decode_bind_resp,
    Command.BIND_TRANSCEIVER_RESP: _decode_bind_resp,
    Command.ENQUIRE_LINK: _decode_empty,
    Command.ENQUIRE_LINK_RESP: _decode_empty,
    Command.UNBIND: _decode_empty,
    Command.UNBIND_RESP: _decode_empty,
    Command.GENERIC_NACK: _decode_empty,
}
