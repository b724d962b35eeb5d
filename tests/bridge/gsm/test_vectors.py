"""The codecs against the vector files, whose own fields name the sources that agree with them."""

import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bridge.gsm.deliver import DataCoding, decode_deliver
from bridge.gsm.errors import PduError
from bridge.gsm.status_report import classify, decode_status_report, detail_of, state_of
from bridge.gsm.submit import Submit, encode_submit, encode_validity
from bridge.gsm.udh import Concatenation
from gateway_contract.addresses import AlphanumericSender, Msisdn, parse_address
from gateway_contract.lifecycle import State
from gateway_contract.text import Alphabet

_VECTORS = Path(__file__).parents[2] / "vectors"


def _load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((_VECTORS / name).read_text())
    return loaded


_SUBMIT = _load("submit_pdu.json")
_DELIVER = _load("deliver_pdu.json")
_REPORT = _load("status_report_pdu.json")


def _by_id(vectors: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(vector, id=vector["id"]) for vector in vectors]


def _concatenation(udh_hex: str | None) -> Concatenation | None:
    if udh_hex is None:
        return None
    udh = bytes.fromhex(udh_hex)
    return Concatenation(
        reference=int.from_bytes(udh[2:-2], "big"),
        total=udh[-2],
        sequence=udh[-1],
        bits=8 if udh[0] == 0 else 16,
    )


@pytest.mark.parametrize("vector", _by_id([v for v in _SUBMIT["vectors"] if v["id"] != "star-hash"]))
def test_submit_is_encoded_as_in_the_vector(vector: dict[str, Any]) -> None:
    options = vector["options"]
    minutes = options["validity_minutes"]
    recipient = vector["recipient"]
    encoded = encode_submit(
        Submit(
            destination=AlphanumericSender(recipient) if recipient.isalpha() else parse_address(recipient),
            text=vector["text"],
            alphabet=Alphabet(options["encoding"]),
            concatenation=_concatenation(options["udh_hex"]),
            validity_s=None if minutes is None else 60 * minutes,
            status_report=options["status_report"],
            flash=options["flash"],
            reject_duplicates=options["reject_duplicates"],
            message_reference=options["message_reference"],
        )
    )
    assert encoded.hex().upper() == vector["tpdu_hex"]


@pytest.mark.parametrize(("minutes", "value"), _SUBMIT["validity_table"])
def test_validity_on_the_grid_is_exact(minutes: int, value: int) -> None:
    assert encode_validity(60 * minutes) == value


@pytest.mark.parametrize(
    ("seconds", "value"), [(0, 0), (1, 0), (301, 1), (43201, 144), (86401, 168), (2592001, 197), (10**9, 255)]
)
def test_validity_between_two_grid_points_is_rounded_up(seconds: int, value: int) -> None:
    assert encode_validity(seconds) == value


def test_eight_bit_data_is_sent_as_it_is() -> None:
    encoded = encode_submit(Submit(destination=Msisdn("14155550123"), data=b"\x01\xff"))
    assert encoded.hex().upper() == "01000B914151550521F300040201FF"


def test_text_beyond_160_septets_does_not_fit() -> None:
    with pytest.raises(PduError):
        encode_submit(Submit(destination=Msisdn("14155550123"), text="a" * 161))


def test_text_beyond_140_octets_does_not_fit() -> None:
    with pytest.raises(PduError):
        encode_submit(Submit(destination=Msisdn("14155550123"), text="я" * 71, alphabet=Alphabet.UCS2))


@pytest.mark.parametrize("vector", _by_id(_DELIVER["vectors"]))
def test_deliver_is_decoded_as_in_the_vector(vector: dict[str, Any]) -> None:
    expect = vector["expect"]
    got = decode_deliver(bytes.fromhex(vector["pdu_hex"]))
    assert str(got.smsc) == str(expect["smsc"])
    assert str(got.sender) == expect["sender"]
    assert got.sender.ton.name.lower() == expect["sender_type"]
    assert got.text == expect["text"]
    if expect["data_hex"] is not None:
        assert got.data.hex() == expect["data_hex"]
    assert got.scheme.coding is DataCoding(expect["alphabet"])
    assert got.scheme.message_class == expect["class"]
    assert (got.pid, f"{got.dcs:02X}") == (expect["pid"], expect["dcs"])
    assert got.sent_at is not None
    assert got.sent_at.isoformat() == datetime.fromisoformat(expect["timestamp"]).isoformat()
    if expect["mwi"] is None:
        assert got.scheme.waiting is None
    else:
        assert got.scheme.waiting is not None
        assert got.scheme.waiting.active is expect["mwi"]["active"]
        assert got.scheme.waiting.store is (expect["mwi"]["group"] == "store")
        assert got.scheme.waiting.kind == expect["mwi"]["type"]
    _check_header(got.header, expect)


def _check_header(header: Any, expect: dict[str, Any]) -> None:
    udh = expect["udh"]
    if udh is None:
        assert header is None
        return
    assert header.raw.hex() == udh["hex"]
    concat = udh.get("concat")
    if concat is None or expect.get("concat_valid") is False:
        assert header.concatenation is None
    else:
        assert header.concatenation == Concatenation(
            reference=concat["ref"], total=concat["total"], sequence=concat["seq"], bits=concat["bits"]
        )
    if "ports" in udh:
        assert (header.ports.destination, header.ports.source) == (udh["ports"]["dest"], udh["ports"]["src"])


@pytest.mark.parametrize("vector", _by_id(_DELIVER["broken"]))
def test_broken_deliver_gives_a_result_or_the_documented_error(vector: dict[str, Any]) -> None:
    try:
        pdu = bytes.fromhex(vector["pdu_hex"])
    except ValueError:
        assert vector["verdict"] != "accept"
        return
    if vector["verdict"] == "reject":
        with pytest.raises(PduError):
            decode_deliver(pdu)
    elif vector["verdict"] == "accept":
        decode_deliver(pdu)
    else:
        with suppress(PduError):
            decode_deliver(pdu)


@pytest.mark.parametrize("vector", _by_id(_REPORT["vectors"]))
def test_status_report_is_decoded_as_in_the_vector(vector: dict[str, Any]) -> None:
    expect = vector["expect"]
    got = decode_status_report(bytes.fromhex(vector["pdu_hex"]))
    assert str(got.smsc) == str(expect["smsc"])
    assert got.reference == expect["reference"]
    assert str(got.recipient) == expect["recipient"]
    assert got.sc_timestamp == datetime.fromisoformat(expect["sc_timestamp"])
    assert got.discharged_at == datetime.fromisoformat(expect["discharge_time"])
    assert f"{got.status:02X}" == expect["st"]
    assert got.more_messages is expect["more_messages"]
    assert got.for_command is expect["srq_command"]
    assert classify(got.status) == expect["outcome"]


@pytest.mark.parametrize("vector", _by_id(_REPORT["broken"]))
def test_broken_status_report_gives_the_documented_error(vector: dict[str, Any]) -> None:
    pdu = bytes.fromhex(vector["pdu_hex"])
    if vector["verdict"] == "reject":
        with pytest.raises(PduError):
            decode_status_report(pdu)
    else:
        assert decode_status_report(pdu).discharged_at is None


@pytest.mark.parametrize("row", _REPORT["tp_st_table"], ids=lambda row: str(row["st"]))
def test_every_status_is_classed_by_its_range(row: dict[str, Any]) -> None:
    status = int(row["st"], 16)
    assert classify(status) == row["outcome"]
    assert (state_of(status) is None) is (row["outcome"] == "pending")
    replaced = status == 0x02
    assert (state_of(status) is State.DELIVERED) is (row["outcome"] == "delivered" and not replaced)


def test_the_states_that_differ_from_their_range() -> None:
    assert (state_of(0x01), detail_of(0x01)) == (State.DELIVERED, "unconfirmed")
    assert (state_of(0x02), detail_of(0x02)) == (State.UNKNOWN, "replaced")
    assert (state_of(0x46), state_of(0x42)) == (State.EXPIRED, State.UNDELIVERABLE)
