"""What holds for any input: a documented result, equality with smpplib, and texts that the peer reads."""

import re

from hypothesis import given
from hypothesis import strategies as st
from smpplib.smpp import make_pdu

from bridge.line import Submission
from bridge.simulate.smsc import wire
from bridge.smpp.codec import MAX_PDU_OCTETS, Decoder, PeerViolation, decode_body, encode, frame
from bridge.smpp.delivery import interpret
from bridge.smpp.message_id import canonical_keys, likeness
from bridge.smpp.pdus import Bind, Command, DataSm, Malformed, Pdu, ShortMessage
from bridge.smpp.session import SmppSession
from bridge.smpp.settings import SmppSettings
from bridge.smpp.smpp_time import relative_period
from bridge.smpp.submission import SubmissionEncoder
from bridge.smpp.timings import SmppTimings
from gateway_contract.addresses import Msisdn
from gateway_contract.text import split

_SETTINGS = SmppSettings(host="127.0.0.1", system_id="office")
_OCTET = st.integers(0, 0xFF)
_TLVS = st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=20)), max_size=3).map(tuple)
_BIND_TRANSCEIVER_RESP = bytes.fromhex("0000001180000009000000000000000100")


def _c_string(most: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(min_codepoint=1, max_codepoint=0xFF), max_size=most)


def _short_messages(
    tlvs: st.SearchStrategy[tuple[tuple[int, bytes], ...]],
) -> st.SearchStrategy[ShortMessage]:
    return st.builds(
        ShortMessage,
        service_type=_c_string(5),
        source_addr_ton=_OCTET,
        source_addr_npi=_OCTET,
        source_addr=_c_string(20),
        dest_addr_ton=_OCTET,
        dest_addr_npi=_OCTET,
        destination_addr=_c_string(20),
        esm_class=_OCTET,
        protocol_id=_OCTET,
        priority_flag=_OCTET,
        schedule_delivery_time=st.sampled_from(["", "000001000000000R"]),
        validity_period=st.integers(0, 10**8).map(relative_period),
        registered_delivery=_OCTET,
        replace_if_present_flag=_OCTET,
        data_coding=_OCTET,
        sm_default_msg_id=_OCTET,
        short_message=st.binary(max_size=254),
        tlvs=tlvs,
    )


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_any_octets_give_pdus_or_a_violation_that_is_the_last_result(chunks: list[bytes]) -> None:
    decoder = Decoder()
    found = [item for chunk in chunks for item in decoder.receive(chunk)]
    assert all(isinstance(item, Pdu) for item in found[:-1])
    assert found == Decoder().receive(b"".join(chunks))
    if found and isinstance(found[-1], PeerViolation):
        assert decoder.receive(_BIND_TRANSCEIVER_RESP) == []


@given(st.sampled_from(Command), st.binary(max_size=120), _OCTET)
def test_any_body_is_read_or_malformed_and_a_session_survives_it(
    command: Command, body: bytes, status: int
) -> None:
    decode_body(command, body)
    session = SmppSession(SmppTimings(), now=0.0)
    session.bind(Bind(system_id="office"), now=0.0)
    session.receive(_BIND_TRANSCEIVER_RESP, now=0.0)
    session.receive(frame(command, 7, body, status=status), now=1.0)
    session.bytes_to_send()


@given(st.integers(0, 0xFFFFFFFF))
def test_length_beyond_the_limits_is_refused_before_its_octets_come(length: int) -> None:
    header = length.to_bytes(4) + bytes(12)
    violated = [item for item in Decoder().receive(header) if isinstance(item, PeerViolation)]
    assert bool(violated) is not (16 <= length <= MAX_PDU_OCTETS)


@given(_short_messages(_TLVS), st.integers(1, 0x7FFFFFFF))
def test_short_message_survives_the_codec_with_unknown_parameters(body: ShortMessage, sequence: int) -> None:
    pdu = Pdu(command_id=Command.DELIVER_SM, sequence=sequence, body=body)
    assert Decoder().receive(encode(pdu)) == [pdu]


@given(_short_messages(st.just(())), st.integers(1, 0x7FFFFFFF))
def test_submit_sm_is_octet_for_octet_that_of_smpplib(body: ShortMessage, sequence: int) -> None:
    fields = {name: getattr(body, name) for name in ShortMessage.__slots__ if name != "tlvs"}
    theirs = make_pdu("submit_sm", sequence=sequence, **fields).generate()
    assert encode(Pdu(command_id=Command.SUBMIT_SM, sequence=sequence, body=body)) == theirs


@given(_short_messages(_TLVS), st.binary(max_size=200))
def test_any_delivery_can_be_interpreted(message: ShortMessage, payload: bytes) -> None:
    interpret(message, b"", _SETTINGS)
    interpret(DataSm(esm_class=message.esm_class, tlvs=((0x0424, payload), *message.tlvs)), b"", _SETTINGS)


@given(st.binary(max_size=200))
def test_answer_without_or_with_half_a_body_is_no_fault(body: bytes) -> None:
    assert not isinstance(decode_body(Command.SUBMIT_SM_RESP, body), Malformed)
    assert not isinstance(decode_body(Command.BIND_TRANSCEIVER_RESP, body), Malformed)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=400), st.booleans())
def test_smsc_reads_the_text_that_was_split_and_encoded(text: str, flash: bool) -> None:
    parts = split(text)
    total = len(parts.segments)
    read = ""
    for number, segment in enumerate(parts.segments, 1):
        body = SubmissionEncoder(_SETTINGS).encode(
            Submission(
                sms_id="01",
                segment=number,
                segments=total,
                text=segment.text,
                alphabet=parts.alphabet,
                concat_ref=0x1234 if total > 1 else None,
                sender=None,
                recipient=Msisdn("14155550123"),
                validity_s=3600,
                priority=0,
                flash=flash,
                report=True,
            )
        )
        assert isinstance(body, bytes)
        taken = wire.message(body)
        assert taken.udh == (bytes((5, 0, 3, 0x34, total, number)) if total > 1 else b"")
        assert taken.esm_class == (0x40 if total > 1 else 0)
        assert len(taken.udh) + len(taken.payload) <= 160
        read += wire.text_of(taken)
    assert read == text


_IDS = st.from_regex(re.compile(r"[0-9a-fA-F]{1,12}|0{0,3}[0-9]{1,9}|[0-9a-z-]{1,12}"), fullmatch=True)


@given(_IDS, st.one_of(_IDS, st.none()))
def test_ids_that_fit_by_a_rule_always_share_a_key(submitted: str, receipted: str | None) -> None:
    others = (
        [receipted] if receipted is not None else [submitted.upper(), f"000{submitted}", f"{submitted}\0"]
    )
    if receipted is None and submitted.isascii() and submitted.isdigit():
        others.append(f"{int(submitted):x}")
    for other in others:
        fits = likeness(submitted, other) is not None
        assert fits or receipted is not None
        if fits:
            assert {*canonical_keys(submitted)} & {*canonical_keys(other)}
