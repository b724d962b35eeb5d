"""Delivery receipts: what deliver_sm and data_sm say of a message sent before.

SMPP 3.4 (Appendix B) leaves the text to the vendor; this reads all forms known from the wild. The optional
parameters receipted_message_id and message_state are believed before the text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bridge.smpp.message_id import clean
from bridge.smpp.pdus import DataSm, ShortMessage, Tag, find_tlv
from bridge.smpp.smpp_time import parse_receipt_date
from bridge.smpp.user_data import split_header
from gateway_contract.lifecycle import State

_TYPE_MASK: Final = 0x3C
_UDHI: Final = 0x40


class MessageKind(StrEnum):
    """What a message from the SMSC is, by its esm_class (5.2.12)."""

    MO = "mo"
    RECEIPT = "receipt"
    SME_ACK = "sme_ack"
    MANUAL_ACK = "manual_ack"
    CONVERSATION_ABORT = "conversation_abort"
    INTERMEDIATE = "intermediate"


_KINDS: Final[Mapping[int, MessageKind]] = {
    0x00: MessageKind.MO,
    0x04: MessageKind.RECEIPT,
    0x08: MessageKind.SME_ACK,
    0x10: MessageKind.MANUAL_ACK,
    0x18: MessageKind.CONVERSATION_ABORT,
    0x20: MessageKind.INTERMEDIATE,
}


class Outcome(StrEnum):
    """What a receipt says, in one word."""

    DELIVERED = "delivered"
    FAILED = "failed"
    PENDING = "pending"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A receipt or an intermediate notification; a field that it lacks is None."""

    kind: MessageKind
    message_ids: tuple[str, ...]
    """As received, the parameter's before the text's, without repeats."""
    stat: str | None
    """The word in the text."""
    message_state: int | None
    """The optional parameter (5.2.28)."""
    outcome: Outcome
    state: State | None
    """The message's final state; None while there may be another."""
    sub: int | None
    dlvrd: int | None
    submit_date: datetime | None
    done_date: datetime | None
    err: str | None
    text: str | None
    """Begin of the message that was sent."""

    @property
    def word(self) -> str:
        """The standard's word for the state, or the vendor's own; ``UNKNOWN`` where there is none."""
        if self.message_state in _WORDS:
            return _WORDS[self.message_state]
        return self.stat or "UNKNOWN"


_WORDS: Final[Mapping[int | None, str]] = {
    0: "SCHEDULED",
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
    9: "SKIPPED",
}
_MEANINGS: Final[Mapping[str, tuple[Outcome, State | None]]] = {
    "DELIVRD": (Outcome.DELIVERED, State.DELIVERED),
    "DELIVERED": (Outcome.DELIVERED, State.DELIVERED),
    "EXPIRED": (Outcome.FAILED, State.EXPIRED),
    "DELETED": (Outcome.FAILED, State.UNDELIVERABLE),
    "UNDELIV": (Outcome.FAILED, State.UNDELIVERABLE),
    "UNDELIVERABLE": (Outcome.FAILED, State.UNDELIVERABLE),
    "UNDELIVERED": (Outcome.FAILED, State.UNDELIVERABLE),
    "FAILED": (Outcome.FAILED, State.UNDELIVERABLE),
    "REJECTD": (Outcome.FAILED, State.REJECTED),
    "REJECTED": (Outcome.FAILED, State.REJECTED),
    "ACCEPTD": (Outcome.ACCEPTED, None),
    "ACCEPTED": (Outcome.ACCEPTED, None),
    "SCHEDULED": (Outcome.PENDING, None),
    "ENROUTE": (Outcome.PENDING, None),
    "BUFFERED": (Outcome.PENDING, None),
    "SKIPPED": (Outcome.PENDING, None),
    "UNKNOWN": (Outcome.UNKNOWN, None),
}
_REJECTED_SUFFIXES: Final = ("REJECTED", "REJECTD")

_KEY: Final = re.compile(
    r"(?:^|(?<=[\s,;\0]))(id|sub|dlvrd|submit[ _]?date|done[ _]?date|stat|err|text)[ ]?:", re.IGNORECASE
)
_BARE_STAT: Final = re.compile(
    rf"(?:^|\s)({'|'.join(sorted(_MEANINGS, key=len, reverse=True))})(?=\s|$)", re.IGNORECASE
)
_NO_VALUE: Final = ("", "null", "NULL", "...")
_ESSENTIAL: Final = frozenset(("id", "stat"))


def message_kind(message: ShortMessage | DataSm, *, receipts_without_esm_class: bool = False) -> MessageKind:
    """What a message from the SMSC is.

    A message without a type is from a handset, also when its text looks like a receipt, because people can
    type that; unless both receipt parameters are there, or the provider is known to forget the type.
    """
    kind = _KINDS.get(message.esm_class & _TYPE_MASK, MessageKind.MO)
    if kind is not MessageKind.MO:
        return kind
    parameters = (Tag.RECEIPTED_MESSAGE_ID, Tag.MESSAGE_STATE)
    if all(find_tlv(message.tlvs, tag) for tag in parameters) or (
        receipts_without_esm_class and _fields(_receipt_text(message)).keys() >= _ESSENTIAL
    ):
        return MessageKind.RECEIPT
    return kind


def user_data(message: ShortMessage | DataSm) -> bytes:
    """The octets of a message, from short_message or message_payload, with a header if it has one."""
    short = message.short_message if isinstance(message, ShortMessage) else b""
    return short or find_tlv(message.tlvs, Tag.MESSAGE_PAYLOAD) or b""


def parse_receipt(message: ShortMessage | DataSm, *, kind: MessageKind = MessageKind.RECEIPT) -> Receipt:
    """Read a receipt; never fails: what cannot be read is absent."""
    found = _fields(_receipt_text(message))
    stat = _word(found.get("stat"))
    message_state = _message_state(message)
    outcome, state = _meaning(message_state, stat)
    if kind is MessageKind.INTERMEDIATE:
        state = None
        outcome = outcome if outcome is Outcome.UNKNOWN else Outcome.PENDING
    return Receipt(
        kind=kind,
        message_ids=_message_ids(message, found),
        stat=stat,
        message_state=message_state,
        outcome=outcome,
        state=state,
        sub=_number(found.get("sub")),
        dlvrd=_number(found.get("dlvrd")),
        submit_date=parse_receipt_date(found.get("submitdate", "")),
        done_date=parse_receipt_date(found.get("donedate", "")),
        err=_word(found.get("err")) or _network_error(message),
        text=found.get("text"),
    )


def _receipt_text(message: ShortMessage | DataSm) -> str:
    data = user_data(message)
    if message.esm_class & _UDHI:
        _, data = split_header(data)
    # data_coding is often a copy of the message's own, so only the octets tell what the text is.
    if len(data) >= 2 and len(data) % 2 == 0 and data[0] == 0 and data[1] != 0:
        return data.decode("utf-16-be", errors="replace").rstrip("\0")
    return data.decode("latin-1").rstrip("\0")


def _fields(text: str) -> dict[str, str]:
    """The values by key. The first of a key counts; ``text`` runs to the end once id and stat were seen."""
    found: dict[str, str] = {}
    keys = list(_KEY.finditer(text))
    ends = [key.start() for key in keys[1:]] + [len(text)]
    for key, end in zip(keys, ends, strict=False):
        name = key[1].lower().replace(" ", "").replace("_", "")
        if name == "text" and found.keys() >= _ESSENTIAL:
            found.setdefault(name, text[key.end() :])
            break
        value = text[key.end() : end]
        found.setdefault(name, value if name == "text" else value.strip(" \t\r\n\0,;"))
    if keys and "stat" not in found:
        bare = _BARE_STAT.search(text.removesuffix(found.get("text", "")))
        if bare:
            found["stat"] = bare[1]
    return found


def _message_ids(message: ShortMessage | DataSm, found: Mapping[str, str]) -> tuple[str, ...]:
    parameter = find_tlv(message.tlvs, Tag.RECEIPTED_MESSAGE_ID) or b""
    ids = (clean(parameter.decode("latin-1")), _word(found.get("id")))
    return tuple(dict.fromkeys(message_id for message_id in ids if message_id))


def _message_state(message: ShortMessage | DataSm) -> int | None:
    value = find_tlv(message.tlvs, Tag.MESSAGE_STATE)
    return value[0] if value else None


def _meaning(message_state: int | None, stat: str | None) -> tuple[Outcome, State | None]:
    word = _WORDS.get(message_state, stat or "").upper()
    if word.endswith(_REJECTED_SUFFIXES):
        return Outcome.FAILED, State.REJECTED
    return _MEANINGS.get(word, (Outcome.UNKNOWN, None))


def _network_error(message: ShortMessage | DataSm) -> str | None:
    """network_error_code (5.3.2.31): the network's type, then its code in two octets."""
    value = find_tlv(message.tlvs, Tag.NETWORK_ERROR_CODE)
    return f"{int.from_bytes(value[1:3]):03}" if value and len(value) >= 3 else None


def _word(value: str | None) -> str | None:
    if value is None:
        return None
    words = clean(value).split()
    return words[0] if words and words[0] not in _NO_VALUE else None


def _number(value: str | None) -> int | None:
    good = value is not None and value.isascii() and value.isdigit() and len(value) <= 9
    return int(value) if good and value is not None else None
