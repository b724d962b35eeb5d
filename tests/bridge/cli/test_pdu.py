"""``smsbridge pdu`` gives what the vector files say, line by line."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bridge.cli import main

_VECTORS = Path(__file__).parents[2] / "vectors"


def _load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((_VECTORS / name).read_text(encoding="utf-8"))
    return loaded


_DELIVER = _load("deliver_pdu.json")
_REPORT = _load("status_report_pdu.json")
_SUBMIT = _load("submit_pdu.json")
_HELLO = _DELIVER["vectors"][0]["pdu_hex"]


def _by_id(vectors: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(vector, id=vector["id"]) for vector in vectors]


def _run(*arguments: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(main, ["pdu", *arguments], input=stdin)


def _objects(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def _decoded(pdu_hex: str) -> dict[str, Any]:
    result = _run("decode", "--json", pdu_hex)
    assert result.exit_code == 0, result.output
    (found,) = _objects(result)
    return found


def _encoded(request: dict[str, Any]) -> list[dict[str, Any]]:
    result = _run("encode", "--json", stdin=json.dumps(request) + "\n")
    assert result.exit_code == 0, result.output
    (found,) = _objects(result)
    assert found.keys() == {"segments"}
    segments: list[dict[str, Any]] = found["segments"]
    return segments


@pytest.mark.parametrize("vector", _by_id(_DELIVER["vectors"]))
def test_deliver_is_shown_as_in_the_vector(vector: dict[str, Any]) -> None:
    expect = dict(vector["expect"])
    if expect["alphabet"] == "8bit":
        expect["text"] = None
    if expect["udh"] is not None:
        expect["udh"] = {key: value for key, value in expect["udh"].items() if key != "national_single_shift"}
        if expect.pop("concat_valid", True) is False:
            del expect["udh"]["concat"]
    assert _decoded(vector["pdu_hex"]) == {"type": "deliver", **expect}


@pytest.mark.parametrize("vector", _by_id(_REPORT["vectors"]))
def test_status_report_is_shown_as_in_the_vector(vector: dict[str, Any]) -> None:
    expect = {key: value for key, value in vector["expect"].items() if not key.endswith("_also")}
    assert _decoded(vector["pdu_hex"]) == {"type": "status_report", "detail": None, **expect}


@pytest.mark.parametrize("row", _REPORT["tp_st_table"], ids=lambda row: str(row["st"]))
def test_every_status_has_its_outcome(row: dict[str, Any]) -> None:
    pdu_hex = _REPORT["vectors"][0]["pdu_hex"]
    found = _decoded(f"{pdu_hex[:-2]}{row['st']}")
    assert (found["st"], found["outcome"], found["final"]) == (row["st"], row["outcome"], row["final"])


@pytest.mark.parametrize(("st", "detail"), [("00", None), ("01", "unconfirmed"), ("02", "replaced")])
def test_a_status_that_says_less_than_delivered_has_a_detail(st: str, detail: str | None) -> None:
    assert _decoded(_REPORT["vectors"][0]["pdu_hex"][:-2] + st)["detail"] == detail


@pytest.mark.parametrize("vector", _by_id([*_DELIVER["broken"], *_REPORT["broken"]]))
def test_a_broken_pdu_gives_an_object_or_an_error(vector: dict[str, Any]) -> None:
    result = _run("decode", "--json", stdin=vector["pdu_hex"].strip() + "\n")
    (found,) = _objects(result)
    assert result.exit_code == ("error" in found)
    if vector["verdict"] != "either":
        assert ("error" in found) is (vector["verdict"] == "reject")


@pytest.mark.parametrize("vector", _by_id([v for v in _SUBMIT["vectors"] if v["id"] != "star-hash"]))
def test_submit_is_encoded_as_in_the_vector(vector: dict[str, Any]) -> None:
    keys = ("tpdu_hex", "at_pdu_hex", "cmgs_length")
    assert _encoded(vector) == [{key: vector[key] for key in keys}]


@pytest.mark.parametrize("vector", _by_id(_SUBMIT["vectors"]))
def test_a_submit_is_read_back(vector: dict[str, Any]) -> None:
    options, found = vector["options"], _decoded(vector["at_pdu_hex"])
    assert (found["type"], found["recipient"], found["text"]) == (
        "submit",
        vector["recipient"],
        vector["text"],
    )
    assert (found["alphabet"], found["dcs"]) == (options["encoding"], options["dcs"])
    for name in ("validity_minutes", "status_report", "reject_duplicates", "message_reference", "flash"):
        assert found[name] == options[name]
    assert (found["udh"] and found["udh"]["hex"].upper()) == options["udh_hex"]


@pytest.mark.parametrize(("minutes", "_value"), _SUBMIT["validity_table"])
def test_a_validity_on_the_grid_is_read_back(minutes: int, _value: int) -> None:
    request = {"recipient": "+14155550123", "text": "x", "options": {"validity_minutes": minutes}}
    (segment,) = _encoded(request)
    assert _decoded(segment["at_pdu_hex"])["validity_minutes"] == minutes


@pytest.mark.parametrize(("bits", "lengths"), [(8, [153, 47]), (16, [152, 48])])
def test_a_long_text_becomes_segments_with_the_given_reference(bits: int, lengths: list[int]) -> None:
    options = {"concat_ref": 0x5A, "concat_ref_bits": bits, "message_reference": 255}
    segments = _encoded({"recipient": "+14155550123", "text": "a" * 200, "options": options})
    found = [_decoded(segment["at_pdu_hex"]) for segment in segments]
    assert [len(item["text"]) for item in found] == lengths
    assert [item["message_reference"] for item in found] == [255, 0]
    assert [item["udh"]["concat"] for item in found] == [
        {"ref": 0x5A, "total": 2, "seq": number, "bits": bits} for number in (1, 2)
    ]


def test_an_smsc_and_any_header_are_put_in() -> None:
    options = {"smsc": "+12063130025", "udh_hex": "050415B30000"}
    (segment,) = _encoded({"recipient": "+14155550123", "text": "port text", "options": options})
    found = _decoded(segment["at_pdu_hex"])
    assert (found["smsc"], found["text"]) == ("+12063130025", "port text")
    assert found["udh"] == {"hex": "050415b30000", "ports": {"dest": 5555, "src": 0, "bits": 16}}
    assert segment["cmgs_length"] == len(segment["tpdu_hex"]) // 2


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("", "should be a JSON object"),
        ("[1]", "should be a JSON object"),
        ("[" * 100_000, "should be a JSON object"),
        ('{"text": "x"}', "recipient: should be a string"),
        ('{"recipient": "???", "text": "x"}', "recipient: should be a phone number"),
        ('{"recipient": "12345", "text": "\\ud83d"}', "U+D83D"),
        ('{"recipient": "12345", "text": "x", "options": []}', "options: should be an object"),
        (
            '{"recipient": "12345", "text": "x", "options": {"flush": true}}',
            "options.flush: there is no such",
        ),
        ('{"recipient": "12345", "text": "x", "options": {"flash": 1}}', "options.flash: should be true"),
        ('{"recipient": "12345", "text": "ő", "options": {"encoding": "gsm7"}}', "U+0151 at position 0"),
        ('{"recipient": "12345", "text": "x", "options": {"encoding": "utf8"}}', "options.encoding"),
        ('{"recipient": "12345", "text": "x", "options": {"message_reference": 256}}', "from 0 to 255"),
        ('{"recipient": "12345", "text": "x", "options": {"validity_minutes": -5}}', "validity_minutes"),
        ('{"recipient": "12345", "text": "x", "options": {"concat_ref_bits": 12}}', "should be 8 or 16"),
        ('{"recipient": "12345", "text": "x", "options": {"udh_hex": "0003"}}', "options.udh_hex: header"),
        ('{"recipient": "12345", "text": "x", "options": {"smsc": "a"}}', "SMSC should be"),
    ],
)
def test_a_request_that_makes_no_pdu_says_why(line: str, problem: str) -> None:
    result = _run("encode", "--json", stdin=line + "\n")
    (found,) = _objects(result)
    assert problem in found["error"]
    assert result.exit_code == 1


def test_a_bad_line_does_not_stop_the_rest() -> None:
    lines = [_HELLO.encode(), b"xyz", b"\xff\xfe", b"0003", _HELLO.lower().encode() + b"\r"]
    result = _run("decode", "--json", stdin=b"\n".join(lines))
    assert [found.get("text", "-") for found in _objects(result)] == ["Hello", "-", "-", "-", "Hello"]
    assert ["error" in found for found in _objects(result)] == [False, True, True, True, False]
    assert result.exit_code == 1


def test_no_line_gives_nothing() -> None:
    result = _run("decode", "--json")
    assert (result.exit_code, result.output) == (0, "")


def test_people_get_a_table_and_problems_on_standard_error() -> None:
    result = _run("decode", _HELLO, "07")
    assert "sender" in result.stdout
    assert "+14155550123" in result.stdout
    assert "PDU ends within" in result.stderr
    assert result.exit_code == 1


def test_people_get_what_to_type_to_a_modem() -> None:
    result = _run("encode", '{"recipient": "+14155550123", "text": "Hello"}')
    assert result.stdout == "AT+CMGS=18\n0001000B914151550521F3000005C8329BFD06\n"


def test_a_strangers_text_does_not_steer_the_terminal() -> None:
    (segment,) = _encoded({"recipient": "12345", "text": "\x1b[31m[bold]", "options": {"encoding": "ucs2"}})
    result = _run("decode", segment["at_pdu_hex"])
    assert r"\x1b[31m[bold]" in result.stdout
