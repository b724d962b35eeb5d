"""The codec against the octets of the standard, against smpplib, and against anything else."""

import struct
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smpplib import consts, smpp

from bridge.smpp.codec import Decoder, PeerViolation, decode_body, encode
from bridge.smpp.pdus import (
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
    Tag,
)

# SMPP 3.4, 3.2.3: the example of a bind_transmitter PDU.
BIND_TRANSMITTER = bytes.fromhex(
    "0000002F 00000002 00000000 00000001 534D50503354455354 00 7365637265743038 00"
    "5355424D495431 00 00 01 01 00"
)
ENQUIRE_LINK = bytes.fromhex("00000010 00000015 00000000 0000002A")

octet = st.integers(0, 255)


def c_string(most: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(min_codepoint=1, max_codepoint=0x7F), max_size=most)


addresses: dict[str, st.SearchStrategy[Any]] = {
    "service_type": c_string(5),
    "source_addr_ton": octet,
    "source_addr_npi": octet,
    "source_addr": c_string(20),
    "dest_addr_ton": octet,
    "dest_addr_npi": octet,
    "destination_addr": c_string(20),
    "esm_class": octet,
    "registered_delivery": octet,
    "data_coding": octet,
}
short_messages = st.fixed_dictionaries(
    {
        **addresses,
        "protocol_id": octet,
        "priority_flag": octet,
        "schedule_delivery_time": c_string(16),
        "validity_period": c_string(16),
        "replace_if_present_flag": octet,
        "sm_default_msg_id": octet,
        "short_message": st.binary(max_size=254),
    }
)
sequences = st.integers(1, 0x7FFFFFFF)


def smpplib_pdu(name: str, sequence: int, **fields: Any) -> Any:
    return smpp.make_pdu(name, client=_Client(sequence), **fields)  # type: ignore[no-untyped-call]


class _Client:
    def __init__(self, sequence: int) -> None:
        self.sequence = sequence

    def next_sequence(self) -> int:
        return self.sequence


def smpplib_parse(data: bytes) -> Any:
    client = _Client(0)
    return smpp.parse_pdu(data, client=client, allow_unknown_opt_params=True)  # type: ignore[no-untyped-call]


def decode_one(data: bytes) -> Pdu:
    (pdu,) = Decoder().receive(data)
    assert isinstance(pdu, Pdu)
    return pdu


def test_bind_transmitter_of_the_standard() -> None:
    pdu = decode_one(BIND_TRANSMITTER)
    assert (pdu.command_id, pdu.status, pdu.sequence) == (Command.BIND_TRANSMITTER, 0, 1)
    assert pdu.body == Bind(
        system_id="SMPP3TEST",
        password="secret08",
        system_type="SUBMIT1",
        interface_version=0x00,
        addr_ton=1,
        addr_npi=1,
    )
    assert encode(pdu) == BIND_TRANSMITTER


def test_password_is_not_in_the_repr() -> None:
    assert "secret08" not in repr(decode_one(BIND_TRANSMITTER))


def test_enquire_link_is_a_header_alone() -> None:
    assert decode_one(ENQUIRE_LINK) == Pdu(command_id=Command.ENQUIRE_LINK, sequence=42, body=Empty())


@given(short_messages, sequences, st.sampled_from(("submit_sm", "deliver_sm")))
def test_short_messages_encode_and_decode_as_smpplib_does(
    fields: dict[str, Any], sequence: int, name: str
) -> None:
    theirs = smpplib_pdu(name, sequence, **fields).generate()
    pdu = Pdu(command_id=Command[name.upper()], sequence=sequence, body=ShortMessage(**fields))
    assert encode(pdu) == theirs
    assert decode_one(theirs) == pdu
    parsed = smpplib_parse(encode(pdu))
    for field, value in fields.items():
        assert (getattr(parsed, field) or type(_octets(value))()) == _octets(value)


@given(st.fixed_dictionaries(addresses), st.binary(min_size=1, max_size=260), sequences)
def test_data_sm_encodes_and_decodes_as_smpplib_does(
    fields: dict[str, Any], payload: bytes, sequence: int
) -> None:
    theirs = smpplib_pdu("data_sm", sequence, message_payload=payload, **fields).generate()
    body = DataSm(**fields, tlvs=((Tag.MESSAGE_PAYLOAD, payload),))
    pdu = Pdu(command_id=Command.DATA_SM, sequence=sequence, body=body)
    assert encode(pdu) == theirs
    assert decode_one(theirs) == pdu


@given(c_string(15), c_string(8), c_string(12), c_string(40), octet, octet, sequences)
def test_binds_encode_and_decode_as_smpplib_does(
    system_id: str, password: str, system_type: str, address_range: str, ton: int, npi: int, sequence: int
) -> None:
    fields = {
        "system_id": system_id,
        "password": password,
        "system_type": system_type,
        "address_range": address_range,
        "addr_ton": ton,
        "addr_npi": npi,
    }
    for name in ("bind_transmitter", "bind_receiver", "bind_transceiver"):
        theirs = smpplib_pdu(name, sequence, **fields).generate()
        pdu = Pdu(command_id=Command[name.upper()], sequence=sequence, body=Bind(**fields))  # type: ignore[arg-type]
        assert encode(pdu) == theirs
        assert decode_one(theirs) == pdu


@given(c_string(64), st.sampled_from((0, 0x58, 0x400)), sequences)
def test_answers_encode_and_decode_as_smpplib_does(message_id: str, status: int, sequence: int) -> None:
    for name in ("submit_sm_resp", "deliver_sm_resp", "data_sm_resp"):
        theirs = smpplib_pdu(name, sequence, message_id=message_id)
        theirs.sequence = sequence
        theirs.status = status
        pdu = Pdu(
            command_id=Command[name.upper()],
            sequence=sequence,
            status=status,
            body=MessageIdResp(message_id=message_id),
        )
        assert encode(pdu) == theirs.generate()
        assert decode_one(encode(pdu)) == pdu


@given(short_messages, st.data())
def test_what_both_accept_of_a_damaged_pdu_they_read_alike(fields: dict[str, Any], data: Any) -> None:
    body = bytearray(encode(Pdu(command_id=Command.DELIVER_SM, sequence=1, body=ShortMessage(**fields)))[16:])
    position = data.draw(st.integers(0, len(body) - 1))
    body[position] = data.draw(octet)
    raw = struct.pack(">LLLL", 16 + len(body), Command.DELIVER_SM, 0, 1) + bytes(body)
    ours = decode_one(raw).body
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = smpplib_parse(raw)
    except Exception:  # smpplib raises struct.error, KeyError and others of its own
        return
    if isinstance(ours, ShortMessage):
        for field in fields:
            value = getattr(ours, field)
            assert (getattr(theirs, field) or type(_octets(value))()) == _octets(value)


def _octets(value: Any) -> Any:
    return value.encode("latin-1") if isinstance(value, str) else value


@given(st.lists(st.binary(max_size=60), max_size=5), st.binary(max_size=200))
def test_any_octets_give_pdus_or_a_violation(chunks: list[bytes], tail: bytes) -> None:
    decoder = Decoder()
    for chunk in (*chunks, tail):
        for item in decoder.receive(chunk):
            assert isinstance(item, Pdu | PeerViolation)


@given(st.sampled_from([*Command, 0x123, 0xFFFFFFFF]), st.binary(max_size=300))
def test_any_body_gives_a_value(command_id: int, data: bytes) -> None:
    assert isinstance(decode_body(command_id, data), Body)


@given(st.lists(st.integers(1, 80), max_size=20))
def test_chunks_make_no_difference(sizes: list[int]) -> None:
    stream = BIND_TRANSMITTER + ENQUIRE_LINK + BIND_TRANSMITTER
    decoder, found, at = Decoder(), [], 0
    for size in (*sizes, len(stream)):
        found += decoder.receive(stream[at : at + size])
        at += size
    assert found == Decoder().receive(stream)
    assert len(found) == 3


@pytest.mark.parametrize("length", [0, 15, 0x20001, 0x7FFFFFFF])
def test_an_impossible_length_is_a_violation_and_the_end(length: int) -> None:
    decoder = Decoder()
    (found,) = decoder.receive(struct.pack(">LLLL", length, 5, 0, 1))
    assert found == PeerViolation(reason=f"command_length {length}")
    assert decoder.receive(ENQUIRE_LINK) == []


@pytest.mark.parametrize(
    ("data", "message_id"),
    [(b"", ""), (b"abc\0", "abc"), (b"abc", "abc"), (b"\0", "")],
    ids=["no body", "complete", "missing NUL", "empty"],
)
def test_answers_are_read_leniently(data: bytes, message_id: str) -> None:
    assert decode_body(Command.SUBMIT_SM_RESP, data) == MessageIdResp(message_id=message_id)


def test_unknown_parameters_are_kept_and_a_cut_one_is_shortened() -> None:
    body = decode_body(
        Command.BIND_TRANSCEIVER_RESP, b"smsc\0" + bytes.fromhex("1400 0002 BEEF 0210 0005 34")
    )
    assert body == BindResp(system_id="smsc", tlvs=((0x1400, b"\xbe\xef"), (0x0210, b"\x34")))


def test_smpplib_and_we_agree_on_parameters() -> None:
    theirs = smpplib_pdu(
        "deliver_sm", 7, receipted_message_id="0a1b", message_state=consts.SMPP_MESSAGE_STATE_DELIVERED
    ).generate()
    body = decode_one(theirs).body
    assert isinstance(body, ShortMessage)
    assert dict(body.tlvs) == {Tag.RECEIPTED_MESSAGE_ID: b"0a1b\0", Tag.MESSAGE_STATE: b"\x02"}


def test_a_request_that_breaks_its_layout_is_malformed() -> None:
    good = encode(Pdu(command_id=Command.DELIVER_SM, sequence=1, body=ShortMessage(short_message=b"hello")))
    assert decode_body(Command.DELIVER_SM, good[16:-1]) == Malformed(data=good[16:-1])


def test_other_commands_are_opaque() -> None:
    assert decode_body(0x123, b"\1\2") == Opaque(data=b"\1\2")


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (ShortMessage(source_addr="1" * 21), "does not fit a C-octet string of 21"),
        (ShortMessage(short_message=b"x" * 256), "range"),
        (Bind(system_id="a\0b"), "does not fit a C-octet string of 16"),
        (MessageIdResp(tlvs=((Tag.MESSAGE_PAYLOAD, b"x" * 0x10000),)), "too long"),
    ],
    ids=["long address", "long message", "NUL", "long parameter"],
)
def test_what_does_not_fit_is_our_misuse(body: Body, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        encode(Pdu(command_id=Command.SUBMIT_SM, sequence=1, body=body))
