"""Receipts as they are in the wild: every sample, and streams of them cut anywhere."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.line import NetworkReport, ReceivedSegment
from bridge.smpp.codec import Decoder, PeerViolation
from bridge.smpp.delivery import interpret
from bridge.smpp.pdus import DataSm, Pdu, ShortMessage, Tag
from bridge.smpp.receipt import MessageKind, Outcome, message_kind, parse_receipt
from bridge.smpp.settings import SmppSettings
from bridge.smpp.smpp_time import parse_receipt_date, relative_period
from gateway_contract.lifecycle import State

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "smpp_dlr.json").read_text(encoding="utf-8")
)
SETTINGS = SmppSettings(host="smsc.example", system_id="esme")
DELIVERED = b"id:7 sub:001 dlvrd:001 submit date:2311142213 done date:2311142215 stat:DELIVRD err:000 text:x"


def message_of(vector: dict[str, Any]) -> ShortMessage:
    (pdu,) = Decoder().receive(bytes.fromhex(vector["deliver_sm_hex"]))
    assert isinstance(pdu, Pdu)
    assert isinstance(pdu.body, ShortMessage)
    return pdu.body


def receipt_of(text: bytes, **fields: Any) -> Any:
    return parse_receipt(ShortMessage(esm_class=4, short_message=text, **fields))


def report_of(text: bytes, settings: SmppSettings = SETTINGS, **fields: Any) -> Any:
    return interpret(ShortMessage(esm_class=4, short_message=text, **fields), b"", settings)


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["id"])
def test_every_sample_is_read(vector: dict[str, Any]) -> None:
    message, expected = message_of(vector), vector["expect"]
    kind = message_kind(message)
    assert kind == expected["kind"]
    if kind is MessageKind.MO:
        segment = interpret(message, b"", SETTINGS)
        assert isinstance(segment, ReceivedSegment)
        assert segment.text == expected["text"]
        concat = expected.get("concat")
        assert segment.concat == (concat and (concat["ref"], concat["total"], concat["seq"]))
        return
    if "outcome" not in expected:
        assert interpret(message, b"", SETTINGS) is None
        return
    receipt = parse_receipt(message, kind=kind)
    assert receipt.outcome in (expected["outcome"], *expected.get("outcome_also", ()))
    assert (receipt.message_ids[0] if receipt.message_ids else None) == expected["message_id"]
    assert set(expected.get("message_id_candidates", ())) >= set(receipt.message_ids[1:])
    if "stat" in expected and vector["id"] != "tlv-state-wins":
        assert receipt.stat == expected["stat"]
    for field in ("sub", "dlvrd"):
        if field in expected:
            assert getattr(receipt, field) == expected[field]
    if "err" in expected:
        assert (receipt.err or "").lstrip("0") == (expected["err"] or "").lstrip("0")
    if "text" in expected and not expected.get("text_unjudged") and expected["text"] is not None:
        assert receipt.text == expected["text"]
    if not expected.get("dates_unjudged") and "date_optional" not in expected:
        for field in ("submit_date", "done_date"):
            if field in expected:
                date = expected[field]
                assert getattr(receipt, field) == (date and datetime.fromisoformat(date))


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS["vectors"] if "final" in v["expect"]], ids=lambda vector: vector["id"]
)
def test_only_final_states_reach_the_line(vector: dict[str, Any]) -> None:
    receipt = parse_receipt(message_of(vector), kind=message_kind(message_of(vector)))
    if receipt.outcome == vector["expect"]["outcome"]:
        assert (receipt.state is not None) is vector["expect"]["final"]


@pytest.mark.parametrize("stream", VECTORS["streams"], ids=lambda stream: stream["id"])
def test_streams_cut_at_any_octet_give_the_same(stream: dict[str, Any]) -> None:
    data = bytes.fromhex(stream["stream_hex"])
    whole = Decoder().receive(data)
    for cut in range(len(data) + 1):
        decoder = Decoder()
        assert decoder.receive(data[:cut]) + decoder.receive(data[cut:]) == whole
    single = Decoder()
    assert [item for octet in data for item in single.receive(bytes((octet,)))] == whole
    if stream["expect"] == "protocol error":
        assert isinstance(whole[-1], PeerViolation)
    elif isinstance(stream["expect"], list):
        found = [parse_receipt(item.body) for item in whole if isinstance(item, Pdu)]  # type: ignore[arg-type]
        assert [receipt.message_ids[0] for receipt in found] == [
            expected["message_id"] for expected in stream["expect"]
        ]
        assert {receipt.outcome for receipt in found} == {Outcome.DELIVERED}


@pytest.mark.parametrize(
    ("text", "stat", "ids"),
    [
        (b"stat:DELIVRD err:000 id:9", "DELIVRD", ("9",)),
        (b"text:hello id:9 stat:UNDELIV", "UNDELIV", ("9",)),
        (b"id:9 stat:DELIVRD text:id:1 stat:UNDELIV", "DELIVRD", ("9",)),
        (b"id:9 done date:2311142215 DELIVRD err:000 text:EXPIRED", "DELIVRD", ("9",)),
        (b"id:null stat:DELIVRD", "DELIVRD", ()),
        (b"id:9, stat:DELIVRD, err:0", "DELIVRD", ("9",)),
        (b"valid:1 id:9 stat:...", None, ("9",)),
    ],
    ids=["any order", "text first", "text quotes a receipt", "no keyword", "null", "commas", "no value"],
)
def test_shapes_of_the_text(text: bytes, stat: str | None, ids: tuple[str, ...]) -> None:
    receipt = receipt_of(text)
    assert (receipt.stat, receipt.message_ids) == (stat, ids)


@given(st.binary(max_size=254), st.binary(max_size=70), st.binary(max_size=3), st.integers(0, 255))
def test_no_receipt_fails(text: bytes, message_id: bytes, state: bytes, esm_class: int) -> None:
    tlvs = ((Tag.RECEIPTED_MESSAGE_ID, message_id), (Tag.MESSAGE_STATE, state))
    for body in (ShortMessage(esm_class=esm_class, short_message=text, tlvs=tlvs), DataSm(tlvs=tlvs)):
        interpret(body, b"", SETTINGS)
        parse_receipt(body)


@given(st.text(alphabet="0123456789+-R ", max_size=18))
def test_no_date_fails(text: str) -> None:
    parse_receipt_date(text)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2311142213", datetime(2023, 11, 14, 22, 13)),  # noqa: DTZ001 - no zone is the point
        ("141023215253", datetime(2014, 10, 23, 21, 52, 53)),  # noqa: DTZ001
        ("201506201641", datetime(2015, 6, 20, 16, 41)),  # noqa: DTZ001
        ("20110314181534", datetime(2011, 3, 14, 18, 15, 34)),  # noqa: DTZ001
        ("261125063000004+", datetime(2026, 11, 25, 6, 30, tzinfo=timezone(timedelta(hours=1)))),
        ("0000000000", None),
        ("2313452599", None),
        ("", None),
    ],
)
def test_dates(text: str, date: datetime | None) -> None:
    assert parse_receipt_date(text) == date


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1, "000000000001000R"),
        (3600, "000000010000000R"),
        (7 * 86400 + 61, "000007000101000R"),
        (10**9, "000099000000000R"),
        (-5, "000000000001000R"),
    ],
)
def test_relative_periods(seconds: int, text: str) -> None:
    assert relative_period(seconds) == text
    assert len(text) == 16


def test_a_plain_success_has_no_code() -> None:
    assert report_of(DELIVERED, source_addr="+3620555") == NetworkReport(
        references=("7",), recipient="3620555", state=State.DELIVERED, detail="", code="", done_at=None
    )


@pytest.mark.parametrize(
    ("text", "tlvs", "state", "code"),
    [
        (b"id:7 stat:UNDELIV err:011", (), State.UNDELIVERABLE, "receipt:UNDELIV:011"),
        (b"id:7 stat:EXPIRED", (), State.EXPIRED, "receipt:EXPIRED"),
        (b"id:7 stat:ENROUTE err:000", (), None, "receipt:ENROUTE:000"),
        (b"id:7 stat:DND_REJECTED err:x", (), State.REJECTED, "receipt:DND_REJECTED:x"),
        (
            b"",
            (
                (Tag.RECEIPTED_MESSAGE_ID, b"7\0"),
                (Tag.MESSAGE_STATE, b"\5"),
                (Tag.NETWORK_ERROR_CODE, b"\3\0\x0b"),
            ),
            State.UNDELIVERABLE,
            "receipt:UNDELIV:011",
        ),
    ],
)
def test_codes_name_word_and_error(text: bytes, tlvs: Any, state: State | None, code: str) -> None:
    report = report_of(text, tlvs=tlvs)
    assert (report.state, report.code, report.references) == (state, code, ("7",))


def test_a_date_without_zone_counts_only_where_the_zone_is_known() -> None:
    in_budapest = SmppSettings(host="smsc.example", system_id="esme", smsc_utc_offset_min=60)
    assert report_of(DELIVERED).done_at is None
    assert report_of(DELIVERED, in_budapest).done_at == datetime(2023, 11, 14, 21, 15, tzinfo=UTC)


def test_both_parameters_make_a_receipt_without_esm_class() -> None:
    tlvs = ((Tag.RECEIPTED_MESSAGE_ID, b"7\0"), (Tag.MESSAGE_STATE, b"\2"))
    assert message_kind(ShortMessage(tlvs=tlvs)) is MessageKind.RECEIPT
    assert message_kind(DataSm(tlvs=tlvs)) is MessageKind.RECEIPT
    assert message_kind(ShortMessage(tlvs=tlvs[:1])) is MessageKind.MO


def test_a_text_that_looks_like_a_receipt_is_one_only_behind_the_switch() -> None:
    message = ShortMessage(short_message=DELIVERED)
    assert message_kind(message) is MessageKind.MO
    assert message_kind(message, receipts_without_esm_class=True) is MessageKind.RECEIPT
    chat = ShortMessage(short_message=b"hello")
    assert message_kind(chat, receipts_without_esm_class=True) is MessageKind.MO


def test_a_received_segment_keeps_header_text_and_raw_octets() -> None:
    message = ShortMessage(
        source_addr="36301",
        destination_addr="36302",
        esm_class=0x40,
        data_coding=8,
        short_message=bytes.fromhex("050003070201") + "Ő".encode("utf-16-be"),
    )
    assert interpret(message, b"raw", SETTINGS) == ReceivedSegment(
        sender="36301",
        recipient="36302",
        text="Ő",
        data="Ő".encode("utf-16-be"),
        concat=(7, 2, 1),
        sent_at=None,
        raw=b"raw",
    )


@pytest.mark.parametrize(
    ("data_coding", "data", "text"),
    [(0, b"a\x00\x1b\x65", "a@€"), (3, b"caf\xe9", "café"), (4, b"\1\2", None), (0xF5, b"\1", None)],
)
def test_received_texts_follow_data_coding(data_coding: int, data: bytes, text: str | None) -> None:
    segment = interpret(ShortMessage(data_coding=data_coding, short_message=data), b"", SETTINGS)
    assert isinstance(segment, ReceivedSegment)
    assert segment.text == text
