"""What holds for any input: round trips, and a result or the documented error."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from bridge.gsm.deliver import decode_deliver
from bridge.gsm.errors import PduError
from bridge.gsm.septets import fill_bits, pack, unpack
from bridge.gsm.status_report import decode_status_report
from bridge.gsm.submit import Submit, encode_submit, encode_validity
from bridge.gsm.submit_reading import decode_submit
from bridge.gsm.udh import Concatenation
from bridge.simulate.modem.pdu import read_submit
from gateway_contract.addresses import Msisdn
from gateway_contract.text import split

_DELIVER = bytes.fromhex("07912160130320F5040B914151550521F300004220923295850005C8329BFD06")


@given(st.binary(max_size=200))
def test_any_octets_decode_or_give_the_documented_error(pdu: bytes) -> None:
    with suppress(PduError):
        decode_deliver(pdu)
    with suppress(PduError):
        decode_status_report(pdu)
    with suppress(PduError):
        decode_submit(pdu)


@given(st.integers(0, len(_DELIVER) - 1), st.integers(0, 255), st.binary(max_size=150))
def test_any_damage_decodes_or_gives_the_documented_error(position: int, octet: int, tail: bytes) -> None:
    with suppress(PduError):
        decode_deliver(_DELIVER[:position] + bytes((octet,)) + _DELIVER[position + 1 :] + tail)


@given(st.lists(st.integers(0, 127), max_size=160), st.integers(0, 20))
def test_septets_survive_packing(septets: list[int], header: int) -> None:
    fill = fill_bits(header)
    assert unpack(pack(bytes(septets), fill=fill), len(septets), fill=fill) == bytes(septets)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=400))
def test_network_reads_the_text_that_was_split_and_encoded(text: str) -> None:
    parts = split(text)
    read = ""
    for sequence, segment in enumerate(parts.segments, 1):
        total = len(parts.segments)
        concatenation = Concatenation(reference=7, total=total, sequence=sequence) if total > 1 else None
        submit = Submit(
            destination=Msisdn("14155550123"),
            text=segment.text,
            alphabet=parts.alphabet,
            concatenation=concatenation,
        )
        read += read_submit(encode_submit(submit)).text or ""
    assert read == text


@given(st.integers(0, 63 * 7 * 86400))
def test_validity_is_never_shorter_than_asked(seconds: int) -> None:
    value = encode_validity(seconds)
    if value <= 143:
        granted = (value + 1) * 300
    elif value <= 167:
        granted = 12 * 3600 + (value - 143) * 1800
    else:
        granted = (value - 166) * 86400 if value <= 196 else (value - 192) * 604800
    assert granted >= seconds
