"""Receipts, message ids and streams of tests/vectors/smpp_dlr.json."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bridge.smpp.codec import Decoder, PeerViolation
from bridge.smpp.delivery import interpret
from bridge.smpp.events import Delivery, Ended
from bridge.smpp.message_id import canonical_keys, match
from bridge.smpp.pdus import Bind, Pdu, ShortMessage
from bridge.smpp.receipt import MessageKind, message_kind, parse_receipt
from bridge.smpp.session import SmppSession
from bridge.smpp.settings import DefaultAlphabet, SmppSettings
from bridge.smpp.timings import SmppTimings
from bridge.smpp.user_data import decode_text, sar_concat

_VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "smpp_dlr.json").read_text(encoding="utf-8")
)
_STREAMS: dict[str, dict[str, Any]] = {stream["id"]: stream for stream in _VECTORS["streams"]}
_MESSAGES: list[dict[str, Any]] = _VECTORS["vectors"]
_OF_IDS = [item for item in _VECTORS["matching_scenarios"] if "repeat" not in item and "sequence" not in item]

_BIND_TRANSCEIVER_RESP = bytes.fromhex("0000001180000009000000000000000100")
"""SMPP 3.4, 4.1.6: ESME_ROK, sequence number 1, empty system_id."""


def _message(vector: dict[str, Any]) -> ShortMessage:
    (pdu,) = Decoder().receive(bytes.fromhex(vector["deliver_sm_hex"]))
    assert isinstance(pdu, Pdu)
    assert isinstance(pdu.body, ShortMessage)
    return pdu.body


def _named(expect: dict[str, Any], name: str) -> list[Any]:
    return [expect[name], *expect.get(f"{name}_also", [])]


def _bound() -> SmppSession:
    session = SmppSession(SmppTimings(), now=0.0)
    session.bind(Bind(system_id="office"), now=0.0)
    session.bytes_to_send()
    session.receive(_BIND_TRANSCEIVER_RESP, now=0.0)
    return session


@pytest.mark.parametrize("vector", _MESSAGES, ids=lambda vector: str(vector["id"]))
def test_kind_of_message_is_read_from_its_esm_class(vector: dict[str, Any]) -> None:
    assert message_kind(_message(vector)) == vector["expect"]["kind"]


@pytest.mark.parametrize(
    "vector", [item for item in _MESSAGES if "outcome" in item["expect"]], ids=lambda item: str(item["id"])
)
def test_receipt_is_read_as_the_vector_says(vector: dict[str, Any]) -> None:
    expect = vector["expect"]
    message = _message(vector)
    receipt = parse_receipt(message, kind=message_kind(message))
    accepted = expect.get("message_id_candidates", [expect["message_id"]])
    assert next(iter(receipt.message_ids), None) in accepted
    assert receipt.outcome in _named(expect, "outcome")
    assert (receipt.state is not None) is expect["final"]
    for name in ("stat", "message_state", "sub", "dlvrd"):
        if name in expect:
            assert getattr(receipt, name) == expect[name], name
    if "err" in expect:
        assert (receipt.err or "").lstrip("0") == (expect["err"] or "").lstrip("0")
    if "text" in expect and not expect.get("text_unjudged"):
        # A text of several alphabets is cut by the SMSC anyway; absent and empty say the same.
        assert (receipt.text or None) == (expect["text"] or None)


@pytest.mark.parametrize(
    "vector",
    [
        item
        for item in _MESSAGES
        if "done_date" in item["expect"] and not item["expect"].get("dates_unjudged")
    ],
    ids=lambda item: str(item["id"]),
)
def test_dates_of_a_receipt_are_local_times_or_absent(vector: dict[str, Any]) -> None:
    expect = vector["expect"]
    receipt = parse_receipt(_message(vector))
    optional = expect.get("date_optional", [None, None])
    for found, wanted, also in zip(
        (receipt.submit_date, receipt.done_date),
        (expect["submit_date"], expect["done_date"]),
        optional,
        strict=True,
    ):
        good = {None if date is None else datetime.fromisoformat(date) for date in (wanted, also or wanted)}
        assert found in good


@pytest.mark.parametrize(
    "vector", [item for item in _MESSAGES if item["expect"]["kind"] == "mo"], ids=lambda item: str(item["id"])
)
def test_message_from_a_handset_keeps_text_and_concatenation(vector: dict[str, Any]) -> None:
    expect = vector["expect"]
    message = _message(vector)
    assert decode_text(message.short_message, message.data_coding, DefaultAlphabet.GSM7) == expect["text"]
    concat = expect.get("concat")
    assert sar_concat(message.tlvs) == ((concat["ref"], concat["total"], concat["seq"]) if concat else None)


def test_receipt_that_names_no_message_is_no_report_and_no_message() -> None:
    settings = SmppSettings(host="127.0.0.1", system_id="office")
    nameless = [item for item in _MESSAGES if item["id"] in ("msgid-missing", "esm-04-not-parsable")]
    assert len(nameless) == 2
    for vector in nameless:
        assert interpret(_message(vector), b"", settings) is None


def test_forgotten_esm_class_is_made_up_for_only_where_the_line_says_so() -> None:
    (vector,) = (item for item in _MESSAGES if item["id"] == "esm-00-looks-like")
    message = _message(vector)
    assert message_kind(message) is MessageKind.MO
    assert message_kind(message, receipts_without_esm_class=True) is MessageKind.RECEIPT


@pytest.mark.parametrize("case", _VECTORS["id_matching"], ids=lambda case: str(case["id"]))
def test_ids_match_and_share_a_key_exactly_when_the_vector_says(case: dict[str, Any]) -> None:
    ours, theirs = case["submit_sm_resp_id"], case["receipt_id"]
    assert (match((theirs,), (ours,)) is not None) is case["match"]
    assert bool({*canonical_keys(ours)} & {*canonical_keys(theirs)}) is case["match"]


@pytest.mark.parametrize("case", _OF_IDS, ids=lambda case: str(case["id"]))
def test_best_of_the_outstanding_ids_is_chosen_and_none_by_guessing(case: dict[str, Any]) -> None:
    outstanding, theirs, wanted = case["outstanding"], case["receipt_id"], case["expect"]
    if "then_resp" in case:
        assert match((theirs,), outstanding) is None
        outstanding, wanted = [case["then_resp"]], case["then_resp"]
    if isinstance(theirs, list):
        line, theirs = theirs
        outstanding = [found for owner, found in outstanding if owner == line]
        wanted = wanted[1]
    assert match((theirs,), outstanding) in (wanted, *case.get("also", ()))


def test_stream_cut_at_any_octet_gives_the_same_pdus() -> None:
    stream = bytes.fromhex(_STREAMS["stream-3"]["stream_hex"])
    whole = Decoder().receive(stream)
    assert len(whole) == _STREAMS["stream-3"]["pdus"]
    for cut in range(len(stream) + 1):
        decoder = Decoder()
        assert decoder.receive(stream[:cut]) + decoder.receive(stream[cut:]) == whole
    decoder = Decoder()
    assert [pdu for octet in stream for pdu in decoder.receive(bytes((octet,)))] == whole


def test_receipts_of_one_read_are_delivered_in_order() -> None:
    events = _bound().receive(bytes.fromhex(_STREAMS["stream-3"]["stream_hex"]), now=1.0)
    for event, expect in zip(events, _STREAMS["stream-3"]["expect"], strict=True):
        assert isinstance(event, Delivery)
        receipt = parse_receipt(event.message)
        assert (receipt.message_ids[0], receipt.stat, receipt.dlvrd) == (
            expect["message_id"],
            expect["stat"],
            expect["dlvrd"],
        )
        assert receipt.state == expect["state"]


@pytest.mark.parametrize("name", ["stream-bad-length", "stream-huge-length"])
def test_impossible_length_ends_the_session(name: str) -> None:
    stream = bytes.fromhex(_STREAMS[name]["stream_hex"])
    assert [type(item) for item in Decoder().receive(stream)] == [PeerViolation]
    (ended,) = _bound().receive(stream, now=1.0)
    assert isinstance(ended, Ended)
    assert ended.reason == "violation"


@pytest.mark.parametrize(
    ("name", "answer", "reasons"),
    [
        ("unknown-command", "00000010 80000000 00000003 00000009", []),
        ("enquire-link", "00000010 80000015 00000000 0000002a", []),
        ("unbind", "00000010 80000006 00000000 0000002b", ["unbound_by_peer"]),
    ],
)
def test_request_of_the_smsc_is_answered(name: str, answer: str, reasons: list[str]) -> None:
    session = _bound()
    events = session.receive(bytes.fromhex(_STREAMS[name]["stream_hex"]), now=1.0)
    assert session.bytes_to_send() == bytes.fromhex(answer)
    assert [event.reason for event in events if isinstance(event, Ended)] == reasons
