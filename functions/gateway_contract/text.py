"""Texts as the radio network carries them: alphabets, their units, and splitting into segments.

GSM 7-bit is the default alphabet of 3GPP TS 23.038 (6.2.1) with its extension table (6.2.1.1); what it cannot
hold goes as UCS-2, in practice UTF-16BE. A unit is a septet (GSM 7-bit) or a 16-bit code unit (UCS-2).
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from gateway_contract.vocabulary import Encoding

ESCAPE: Final = 0x1B
_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
_SEPTETS: Final[dict[str, bytes]] = {
    **{char: bytes((code,)) for code, char in enumerate(_BASIC) if code != ESCAPE},
    **{char: bytes((ESCAPE, code)) for code, char in _EXTENSION.items()},
}


class Alphabet(StrEnum):
    """How a text travels."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


_WHOLE: Final = {Alphabet.GSM7: 160, Alphabet.UCS2: 70}
_CONCATENATED: Final = {
    (Alphabet.GSM7, 8): 153,
    (Alphabet.GSM7, 16): 152,
    (Alphabet.UCS2, 8): 67,
    (Alphabet.UCS2, 16): 66,
}
"""Units of one segment beside the concatenation header (3GPP TS 23.040, 9.2.3.24.1 and 9.2.3.24.8)."""


class NotEncodableError(ValueError):
    """A character that the wanted alphabet does not have."""

    def __init__(self, char: str, position: int) -> None:
        super().__init__(f"character U+{ord(char):04X} at position {position} is not in the alphabet")
        self.char = char
        self.position = position


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One short message of a text."""

    text: str
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ForcedUcs2:
    """A character that GSM 7-bit does not have."""

    char: str
    position: int
    """Index into the text, 0 for the first character."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A text cut into segments; their texts join to the whole."""

    alphabet: Alphabet
    units: int
    segments: tuple[Segment, ...]
    """At least one, also for the empty text."""
    forced_ucs2: tuple[ForcedUcs2, ...]


def gsm7_encode(text: str) -> bytes:
    """The septets of a text, one in each octet, escape pairs written out.

    Raises:
        NotEncodableError: at the first character outside the alphabet.
    """
    try:
        return b"".join([_SEPTETS[char] for char in text])
    except KeyError:
        position = next(index for index, char in enumerate(text) if char not in _SEPTETS)
        raise NotEncodableError(text[position], position) from None


def gsm7_decode(septets: bytes) -> str:
    """The text of septets that stand one in each octet (0x00..0x7F); never fails on such input.

    An escape before a code that the extension table lacks shows the main table's character, a double escape
    a blank (3GPP TS 23.038, 6.2.1.1), and a trailing escape nothing.
    """
    chars: list[str] = []
    codes = iter(septets)
    for code in codes:
        if code != ESCAPE:
            chars.append(_BASIC[code])
            continue
        extended = next(codes, None)
        if extended == ESCAPE:
            chars.append(" ")
        elif extended is not None:
            chars.append(_EXTENSION.get(extended, _BASIC[extended]))
    return "".join(chars)


def units_of(text: str, alphabet: Alphabet) -> int:
    """How many units a text takes; for GSM 7-bit it must be encodable."""
    if alphabet is Alphabet.GSM7:
        return sum(len(_SEPTETS[char]) for char in text)
    return len(text) + sum(1 for char in text if ord(char) > 0xFFFF)


def split(text: str, *, encoding: Encoding = Encoding.AUTO, ref_bits: Literal[8, 16] = 8) -> Split:
    """Choose the alphabet and cut a text into as few segments as its characters allow.

    An escape pair and a surrogate pair are never cut, a grapheme cluster (an emoji with its modifiers, a
    letter with its accents, CR LF) only where it alone is longer than a segment.

    Args:
        text: what the handset shall show; must be encodable as UTF-16 (no lone surrogates).
        encoding: AUTO takes GSM 7-bit where it can hold the text.
        ref_bits: size of the concatenation reference, which costs room in each segment.

    Raises:
        NotEncodableError: ``encoding`` is GSM7 and the text has another character, or a lone surrogate.
    """
    forced = tuple(
        ForcedUcs2(char=char, position=index) for index, char in enumerate(text) if char not in _SEPTETS
    )
    for item in forced:
        if encoding is Encoding.GSM7 or 0xD800 <= ord(item.char) <= 0xDFFF:
            raise NotEncodableError(item.char, item.position)
    alphabet = Alphabet.UCS2 if forced or encoding is Encoding.UCS2 else Alphabet.GSM7
    units = units_of(text, alphabet)
    if units <= _WHOLE[alphabet]:
        segments: tuple[Segment, ...] = (Segment(text=text, units=units),)
    else:
        segments = tuple(_fill(text, alphabet, _CONCATENATED[alphabet, ref_bits]))
    return Split(alphabet=alphabet, units=units, segments=segments, forced_ucs2=forced)


def _fill(text: str, alphabet: Alphabet, room: int) -> Iterator[Segment]:
    start, used, position = 0, 0, 0
    for cluster in _graphemes(text):
        for piece in (cluster,) if units_of(cluster, alphabet) <= room else cluster:
            size = units_of(piece, alphabet)
            if used + size > room:
                yield Segment(text=text[start:position], units=used)
                start, used = position, 0
            position += len(piece)
            used += size
    yield Segment(text=text[start:position], units=used)


_ZWJ: Final = "\u200d"


def _graphemes(text: str) -> Iterator[str]:
    """Cut a text into user-perceived characters, by the rules of Unicode UAX #29 that matter for SMS:
    CR LF, combining marks, variation selectors, skin tones, joined emoji and pairs of regional indicators."""
    start = 0
    indicators = 0
    for index in range(1, len(text)):
        before, char = text[index - 1], text[index]
        indicators = indicators + 1 if _is_regional_indicator(before) else 0
        joined = (
            (before == "\r" and char == "\n")
            or _extends(char)
            or before == _ZWJ
            or (_is_regional_indicator(char) and indicators % 2 == 1)
        )
        if not joined:
            yield text[start:index]
            start = index
    if text:
        yield text[start:]


def _extends(char: str) -> bool:
    if char < "\u0300":
        return False
    code = ord(char)
    return (
        unicodedata.category(char) in ("Mn", "Me", "Mc")
        or char == _ZWJ
        or 0x1F3FB <= code <= 0x1F3FF  # skin tones
        or 0xE0020 <= code <= 0xE007F  # tags of flag sequences
    )


def _is_regional_indicator(char: str) -> bool:
    return 0x1F1E6 <= ord(char) <= 0x1F1FF
