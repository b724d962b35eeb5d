"""``smsbridge text split``, against vectors on which independent implementations agree."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bridge.cli import main

_VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "gsm7.json").read_text(encoding="utf-8")
)


def _run(*arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(main, ["text", "split", *arguments], input=stdin)


def _split(*arguments: str, stdin: bytes = b"") -> dict[str, Any]:
    result = _run("--json", *arguments, stdin=stdin)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def _texts(found: dict[str, Any]) -> list[str]:
    return [segment["text"] for segment in found["segments"]]


@pytest.mark.parametrize("vector", _VECTORS["split"], ids=lambda vector: vector["id"])
def test_texts_are_cut_as_in_the_vector(vector: dict[str, Any]) -> None:
    found = _split(stdin=vector["text"].encode())
    assert found["alphabet"] == vector["encoding"]
    assert "".join(_texts(found)) == vector["text"]
    assert found["units"] == sum(segment["units"] for segment in found["segments"])
    # A flag is kept whole here, where the vector's splitters cut between its two letters.
    if vector["id"] != "split-flag":
        assert _texts(found) == vector["parts"]
        assert [segment["units"] for segment in found["segments"]] == vector["part_units"]
    wide = _split("--ref-bits", "16", stdin=vector["text"].encode())
    assert len(wide["segments"]) == vector["parts_16bit_ref"]


@pytest.mark.parametrize("vector", _VECTORS["must_ucs2"], ids=lambda vector: vector["id"])
def test_what_forces_ucs2_is_named(vector: dict[str, Any]) -> None:
    found = _split(stdin=vector["text"].encode())
    assert (found["alphabet"], found["units"]) == ("ucs2", vector["units"])
    assert found["forced_ucs2"]
    for item in found["forced_ucs2"]:
        assert vector["text"][item["position"]] == item["char"]


def test_the_object_has_these_keys() -> None:
    assert _split("aő") == {
        "alphabet": "ucs2",
        "units": 2,
        "segments": [{"text": "aő", "units": 2}],
        "forced_ucs2": [{"char": "ő", "position": 1}],
    }
    assert _split("") == {
        "alphabet": "gsm7",
        "units": 0,
        "segments": [{"text": "", "units": 0}],
        "forced_ucs2": [],
    }


@pytest.mark.parametrize(
    ("octets", "raw", "text"),
    [
        (b"a\r\nb\n", False, "a\r\nb"),
        (b"a\n\n", False, "a\n"),
        (b"a\r\n", False, "a\r"),
        (b"a", False, "a"),
        (b"a\n", True, "a\n"),
    ],
)
def test_one_final_line_feed_is_dropped_unless_raw(octets: bytes, raw: bool, text: str) -> None:
    assert _texts(_split(*(["--raw"] if raw else []), stdin=octets)) == [text]


def test_an_argument_is_taken_as_it_is() -> None:
    assert _texts(_split("a\r\n", stdin=b"ignored")) == ["a\r\n"]


def test_an_alphabet_can_be_asked_for() -> None:
    assert _split("--encoding", "ucs2", "a")["alphabet"] == "ucs2"


@pytest.mark.parametrize(
    ("arguments", "stdin", "problem"),
    [([], b"\xff", "should be UTF-8"), (["--encoding", "gsm7"], "aő".encode(), "U+0151 at position 1")],
)
def test_a_text_that_cannot_go_says_why(arguments: list[str], stdin: bytes, problem: str) -> None:
    result = _run("--json", *arguments, stdin=stdin)
    assert problem in json.loads(result.stdout)["error"]
    assert result.exit_code == 1
    assert problem in _run(*arguments, stdin=stdin).stderr


def test_people_get_tables_with_line_ends_made_visible() -> None:
    result = _run("szőlő\nalma")
    assert r"szőlő\nalma" in result.stdout
    assert "forced_ucs2" in result.stdout
