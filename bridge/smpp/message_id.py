"""Does a receipt's message id mean the one that submit_sm_resp gave?

SMSCs repeat their own ids in another case, with or without leading zeros, or in decimal what was hexadecimal
(and the reverse). The rules, best first: the same; the same but for case; the same but for leading zeros;
one is the hexadecimal form of the other's decimal. Ids with any other character, such as UUIDs, are never
converted. Two ids that fit equally well are no match: a guess would mark the wrong message.

With an index: store :func:`canonical_keys` of each submitted id, look up those of each receipt id. Every
pair that the rules can match shares a key, and pairs that share a key fit by some rule; :func:`match` then
decides.
"""

import re
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Final

_MAX_CONVERTED: Final = 65
"""Longest message_id of SMPP 3.4 (5.2.23); longer ones are compared as text only."""
_HEX: Final = re.compile(rf"[0-9A-Fa-f]{{1,{_MAX_CONVERTED}}}\Z")
_DECIMAL: Final = re.compile(rf"[0-9]{{1,{_MAX_CONVERTED}}}\Z")


class Likeness(IntEnum):
    """How well two ids fit, best first."""

    EXACT = 0
    CASE = 1
    ZEROS = 2
    CONVERTED = 3


def clean(message_id: str) -> str:
    """A message id without the NULs and blanks that some peers send round it."""
    return message_id.strip("\0 \t\r\n")


def canonical_keys(message_id: str) -> tuple[str, ...]:
    """Keys to store for a submitted id and to look up for a receipt's id: at most two, none for no id."""
    text = clean(message_id)
    if not text:
        return ()
    if not _HEX.match(text):
        return (f"t{_without_zeros(text.lower())}",)
    as_hex = f"n{int(text, 16):x}"
    if not _DECIMAL.match(text):
        return (as_hex,)
    as_decimal = f"n{int(text):x}"
    return (as_decimal,) if as_decimal == as_hex else (as_decimal, as_hex)


def likeness(submitted: str, receipted: str) -> Likeness | None:
    """By which rule two ids fit, if by any."""
    ours, theirs = clean(submitted), clean(receipted)
    if not ours or not theirs:
        return None
    if ours == theirs:
        return Likeness.EXACT
    if ours.lower() == theirs.lower():
        return Likeness.CASE
    if _without_zeros(ours.lower()) == _without_zeros(theirs.lower()):
        return Likeness.ZEROS
    if _converts(ours, theirs) or _converts(theirs, ours):
        return Likeness.CONVERTED
    return None


def match(receipt_ids: Sequence[str], outstanding: Iterable[str]) -> str | None:
    """The outstanding id that a receipt means, or None where none fits or several fit equally well.

    Args:
        receipt_ids: the ids that the receipt names, the most trusted first (TLV, then text).
        outstanding: submitted ids of the same line; give those that share a key.
    """
    candidates = set(outstanding)
    for rule in Likeness:
        for receipted in receipt_ids:
            fitting = [ours for ours in candidates if likeness(ours, receipted) is rule]
            if fitting:
                return fitting[0] if len(fitting) == 1 else None
    return None


def _without_zeros(text: str) -> str:
    return text.lstrip("0") or "0"


def _converts(decimal: str, hexadecimal: str) -> bool:
    return (
        _DECIMAL.match(decimal) is not None
        and _HEX.match(hexadecimal) is not None
        and int(decimal) == int(hexadecimal, 16)
    )
