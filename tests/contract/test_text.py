"""Alphabets and segments, against vectors on which independent implementations agree (see the file)."""

import json
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_contract.text import (
    Alphabet,
    NotEncodableError,
    gsm7_decode,
    gsm7_encode,
    split,
    units_of,
)
from gateway_contract.vocabulary import Encoding

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "gsm7.json").read_text(encoding="utf-8")
)
_ROOM = {(Alphabet.GSM7, 8): 153, (Alphabet.GSM7, 16): 152, (Alphabet.UCS2, 8): 67, (Alphabet.UCS2, 16): 66}
_GSM7_TEXT = st.text("".join(char for _, char in VECTORS["table_basic"] + VECTORS["table_extension"]))
_ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def test_every_character_of_the_tables_has_its_septets() -> None:
    for code, char in VECTORS["table_basic"]:
        assert gsm7_encode(char) == bytes((code,))
    for code, char in VECTORS["table_extension"]:
        assert gsm7_encode(char) == bytes((0x1B, code))


@pytest.mark.parametrize("vector", VECTORS["encode"], ids=lambda vector: vector["id"])
def test_septets_are_those_of_the_standard(vector: dict[str, Any]) -> None:
    assert gsm7_encode(vector["text"]).hex() == vector["septets_hex"].lower()
    if vector["roundtrip"]:
        assert gsm7_decode(bytes.fromhex(vector["septets_hex"])) == vector["text"]


@pytest.mark.parametrize("vector", VECTORS["decode_oddities"], ids=lambda vector: vector["id"])
def test_odd_septets_decode_as_the_standard_says(vector: dict[str, Any]) -> None:
    text = gsm7_decode(bytes.fromhex(vector["septets_hex"]))
    assert text in (vector["expect"], *vector.get("alt", []))


@pytest.mark.parametrize("vector", VECTORS["must_ucs2"], ids=lambda vector: vector["id"])
def test_what_gsm7_lacks_goes_as_ucs2(vector: dict[str, Any]) -> None:
    parts = split(vector["text"])
    assert parts.alphabet is Alphabet.UCS2
    assert parts.units == vector["units"]
    assert parts.forced_ucs2


@pytest.mark.parametrize("vector", VECTORS["split"], ids=lambda vector: vector["id"])
def test_texts_are_cut_where_independent_splitters_cut(vector: dict[str, Any]) -> None:
    encoding = Encoding(vector["encoding"])
    parts = split(vector["text"], encoding=encoding)
    assert len(parts.segments) in (vector["parts_8bit_ref"], vector["parts_8bit_ref"] + 1)
    _assert_sound(vector["text"], encoding, 8)
    if "parts_16bit_ref" in vector:
        assert len(split(vector["text"], encoding=encoding, ref_bits=16).segments) <= (
            vector["parts_16bit_ref"] + 1
        )


@given(_GSM7_TEXT.filter(lambda text: "\x1b" not in text))
def test_gsm7_round_trips(text: str) -> None:
    assert gsm7_decode(gsm7_encode(text)) == text


@given(_ANY_TEXT | _GSM7_TEXT.map(lambda text: text * 40), st.sampled_from([8, 16]))
def test_segments_join_to_the_text_and_fit(text: str, ref_bits: Literal[8, 16]) -> None:
    _assert_sound(text, Encoding.AUTO, ref_bits)


def _assert_sound(text: str, encoding: Encoding, ref_bits: Literal[8, 16]) -> None:
    parts = split(text, encoding=encoding, ref_bits=ref_bits)
    assert "".join(segment.text for segment in parts.segments) == text
    assert sum(segment.units for segment in parts.segments) == parts.units
    for segment in parts.segments:
        assert segment.units == units_of(segment.text, parts.alphabet)
        assert segment.text or len(parts.segments) == 1
        if len(parts.segments) > 1:
            assert segment.units <= _ROOM[parts.alphabet, ref_bits]


@pytest.mark.parametrize(
    "cluster",
    ["👨‍👩‍👧‍👦", "👍🏽", "🇭🇺", "e\u0301", "❤️", "\r\n"],
    ids=["family", "tone", "flag", "accent", "vs16", "crlf"],
)
@pytest.mark.parametrize("before", range(60, 71))
def test_a_grapheme_is_not_cut_where_it_fits(cluster: str, before: int) -> None:
    text = "ő" * before + cluster + "ő" * 40
    assert any(cluster in segment.text for segment in split(text).segments)


def test_flags_in_a_row_are_cut_between_flags() -> None:
    for segment in split("🇭🇺🇬🇧" * 20).segments:
        assert segment.units % 4 == 0


def test_an_alphabet_that_cannot_hold_the_text_names_the_character() -> None:
    with pytest.raises(NotEncodableError) as error:
        split("naïve ő", encoding=Encoding.GSM7)
    assert (error.value.char, error.value.position) == ("ï", 2)


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(NotEncodableError):
        split("a\ud83d")
