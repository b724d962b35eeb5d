"""``smsbridge smpp decode`` on every sample."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bridge.cli import main
from bridge.smpp.codec import encode
from bridge.smpp.pdus import Bind, Command, Pdu, ShortMessage

_VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "smpp_dlr.json").read_text(encoding="utf-8")
)
_SAMPLES: dict[str, dict[str, Any]] = {vector["id"]: vector for vector in _VECTORS["vectors"]}
_STREAMS: dict[str, str] = {stream["id"]: stream["stream_hex"] for stream in _VECTORS["streams"]}
_KEYS = ("kind", "message_id", "stat", "outcome", "final", "sub", "dlvrd", "submit_date", "done_date", "err")


def _run(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(main, ["smpp", "decode", *arguments], input=stdin)


def _decoded(*arguments: str) -> dict[str, Any]:
    result = _run("--json", *arguments)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("vector", _SAMPLES.values(), ids=_SAMPLES)
def test_every_sample_is_shown(vector: dict[str, Any]) -> None:
    expect, found = vector["expect"], _decoded(vector["deliver_sm_hex"])
    assert found.keys() >= {*_KEYS, "text", "pdu"}
    assert found["outcome"] in (expect.get("outcome"), *expect.get("outcome_also", ()))
    for tlv in vector["fields"].get("tlvs", []):
        assert tlv in found["pdu"]["tlvs"]
    assert found["pdu"]["esm_class"] == vector["fields"]["esm_class"]
    for key in expect.keys() & {*_KEYS, "message_state", "concat"} - _unjudged(vector["id"], expect, found):
        assert found[key] == expect[key], key
    if expect.get("text") is not None and not expect.get("text_unjudged"):
        assert found["text"] == expect["text"]
    assert set(expect.get("message_id_candidates", [found["message_id"]])) >= set(
        found.get("message_id_candidates", [])
    )


def _unjudged(sample: str, expect: dict[str, Any], found: dict[str, Any]) -> set[str]:
    unjudged = {"outcome"}
    if found["outcome"] != expect.get("outcome"):
        unjudged.add("final")
    if expect.get("dates_unjudged") or "date_optional" in expect:
        unjudged.update(("submit_date", "done_date"))
    if sample == "tlv-state-wins":  # it names the parameter's state, where stat is the word in the text
        unjudged.add("stat")
    return unjudged


def test_one_line_may_hold_several_pdus() -> None:
    found = _decoded(_STREAMS["stream-3"])
    (expect,) = (stream["expect"] for stream in _VECTORS["streams"] if stream["id"] == "stream-3")
    assert [(pdu["message_id"], pdu["stat"], pdu["dlvrd"]) for pdu in found["pdus"]] == [
        (item["message_id"], item["stat"], item["dlvrd"]) for item in expect
    ]


@pytest.mark.parametrize(
    ("stream", "command"),
    [("unknown-command", "unknown"), ("enquire-link", "enquire_link"), ("unbind", "unbind")],
)
def test_pdus_without_a_message_have_no_kind(stream: str, command: str) -> None:
    found = _decoded(_STREAMS[stream])
    assert (found["kind"], found["pdu"]["command"]) == (None, command)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("", "there are none"),
        ("zz", "should be hexadecimal digits"),
        (_STREAMS["stream-bad-length"], "command_length 15"),
        (_STREAMS["stream-huge-length"], "is impossible"),
        (_STREAMS["enquire-link"][:-2], "ends within a PDU, of which there are 15 octets"),
        ("0000001100000005000000000000000141", "does not fit deliver_sm"),
    ],
)
def test_a_bad_line_says_why_and_does_not_stop_the_rest(line: str, problem: str) -> None:
    result = _run("--json", stdin=f"{line}\n{_STREAMS['unbind']}\n")
    bad, good = (json.loads(text) for text in result.stdout.splitlines())
    assert problem in bad["error"]
    assert good["pdu"]["command"] == "unbind"
    assert result.exit_code == 1


def test_the_settings_of_a_line_can_be_given() -> None:
    fake = _SAMPLES["esm-00-looks-like"]["deliver_sm_hex"]
    assert _decoded("--receipts-without-esm-class", fake)["kind"] == "receipt"
    submit = encode(Pdu(command_id=Command.SUBMIT_SM, sequence=1, body=ShortMessage(short_message=b"@")))
    assert _decoded(submit.hex())["text"] == "¡"
    assert _decoded("--alphabet", "latin1", submit.hex())["text"] == "@"


def test_a_password_is_not_shown() -> None:
    bind = encode(
        Pdu(command_id=Command.BIND_TRANSCEIVER, sequence=1, body=Bind(system_id="esme", password="s3cret"))
    )
    found = _decoded(bind.hex())
    assert (found["pdu"]["system_id"], found["pdu"]["password"]) == ("esme", "(hidden)")


def test_people_get_a_table_for_each_pdu() -> None:
    result = _run(_STREAMS["stream-3"])
    assert result.exit_code == 0
    assert result.stdout.count("message_id ") == 3
    assert "pdu.command" in result.stdout
