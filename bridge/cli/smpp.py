"""``smsbridge smpp``: the PDUs of an SMPP connection."""

from dataclasses import fields
from datetime import datetime
from typing import Final

import click

from bridge.cli.lines_in import Object, each_line, octets, show_table
from bridge.smpp.codec import Decoder, PeerViolation
from bridge.smpp.pdus import (
    STATUS_DESCRIPTIONS,
    Bind,
    BindResp,
    Command,
    DataSm,
    Malformed,
    MessageIdResp,
    Opaque,
    Pdu,
    ShortMessage,
)
from bridge.smpp.receipt import MessageKind, message_kind, parse_receipt, user_data
from bridge.smpp.settings import DefaultAlphabet
from bridge.smpp.user_data import Concat, decode_text, sar_concat, split_header

_UDHI: Final = 0x40
_FROM_SMSC: Final = (Command.DELIVER_SM, Command.DATA_SM)
_RECEIPTS: Final = (MessageKind.RECEIPT, MessageKind.INTERMEDIATE)


@click.group()
def smpp() -> None:
    """PDUs of SMPP 3.4."""


@smpp.command()
@click.argument("hex_digits", metavar="[HEX]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each line.")
@click.option(
    "--alphabet",
    type=click.Choice([item.value for item in DefaultAlphabet]),
    default=DefaultAlphabet.GSM7.value,
    show_default=True,
    help="What data_coding 0 stands for, as in the line's settings.",
)
@click.option(
    "--receipts-without-esm-class",
    is_flag=True,
    help="Take what looks like a receipt for one, as the line's setting of that name does.",
)
def decode(
    hex_digits: tuple[str, ...], as_json: bool, alphabet: str, receipts_without_esm_class: bool
) -> None:
    """Say what is in each PDU, and what the bridge makes of a receipt.

    A PDU is in hexadecimal, whole, with its header. Without HEX, each line of standard input is one; a line
    may hold several, which then stand in "pdus". A bad one gives {"error": ...}, and the exit code is 1.

    "stat" is the word in the text, null when there is none; "outcome" and "final" are what counts, from the
    optional parameters first. "message_id_candidates" are all ids that the receipt names. Passwords are not
    shown.

    \b
    smsbridge smpp decode 00000010000000150000000000000001
    smsbridge smpp decode --json < deliver_sm.hex | jq -r '[.message_id, .outcome] | @tsv'
    """

    def read(line: str) -> Object:
        found = [
            _describe(pdu, DefaultAlphabet(alphabet), receipts_without_esm_class)
            for pdu in _pdus(octets(line))
        ]
        return found[0] if len(found) == 1 else {"pdus": found}

    each_line(hex_digits, read, as_json=as_json, show=_show)


def _show(found: Object) -> None:
    for item in found.get("pdus", [found]):
        show_table(item)


def _pdus(data: bytes) -> list[Pdu]:
    """The PDUs of a line; raises ValueError unless they are whole and nothing else is there."""
    found: list[Pdu] = []
    for item in Decoder().receive(data):
        if isinstance(item, PeerViolation):
            raise ValueError(f"{item.reason} is impossible")
        if isinstance(item.body, Malformed):
            raise ValueError(f"the body does not fit {_command(item)}")
        found.append(item)
    rest = len(data) - sum(len(pdu.raw) for pdu in found)
    if rest:
        raise ValueError(f"ends within a PDU, of which there are {rest} octets")
    return found


def _describe(pdu: Pdu, alphabet: DefaultAlphabet, receipts_without_esm_class: bool) -> Object:
    body = pdu.body
    if not isinstance(body, ShortMessage | DataSm):
        return {"kind": None, "pdu": _fields(pdu)}
    if pdu.command_id not in _FROM_SMSC:
        return {"kind": None, **_content(body, alphabet), "pdu": _fields(pdu)}
    kind = message_kind(body, receipts_without_esm_class=receipts_without_esm_class)
    found = _receipt(body, kind) if kind in _RECEIPTS else _content(body, alphabet)
    return {"kind": kind.value, **_NO_RECEIPT, **found, "pdu": _fields(pdu)}


_NO_RECEIPT: Final = dict.fromkeys(
    ("message_id", "stat", "outcome", "final", "sub", "dlvrd", "submit_date", "done_date", "err", "text")
)


def _receipt(body: ShortMessage | DataSm, kind: MessageKind) -> Object:
    receipt = parse_receipt(body, kind=kind)
    return {
        "message_id": next(iter(receipt.message_ids), None),
        "message_id_candidates": list(receipt.message_ids),
        "stat": receipt.stat,
        "message_state": receipt.message_state,
        "outcome": receipt.outcome.value,
        "final": receipt.state is not None,
        "sub": receipt.sub,
        "dlvrd": receipt.dlvrd,
        "submit_date": _date(receipt.submit_date),
        "done_date": _date(receipt.done_date),
        "err": receipt.err,
        "text": receipt.text,
    }


def _content(body: ShortMessage | DataSm, alphabet: DefaultAlphabet) -> Object:
    """What a handset wrote, or shall read; the text is null for 8-bit data."""
    concat, data = None, user_data(body)
    if body.esm_class & _UDHI:
        concat, data = split_header(data)
    return {
        "text": decode_text(data, body.data_coding, alphabet),
        "data_hex": data.hex(),
        "concat": _concat(concat or sar_concat(body.tlvs)),
    }


def _concat(concat: Concat | None) -> Object | None:
    return concat and dict(zip(("ref", "total", "seq"), concat, strict=True))


def _date(date: datetime | None) -> str | None:
    """To the minute where there are no seconds, as most receipts write it."""
    if date is None:
        return None
    return date.isoformat(timespec="seconds" if date.second else "minutes")


def _fields(pdu: Pdu) -> Object:
    return {
        "command": _command(pdu),
        "command_id": f"{pdu.command_id:08x}",
        "status": f"{pdu.status:08x}",
        "status_text": STATUS_DESCRIPTIONS.get(pdu.status),
        "sequence": pdu.sequence,
        **_body(pdu),
    }


def _command(pdu: Pdu) -> str:
    try:
        return Command(pdu.command_id).name.lower()
    except ValueError:
        return "unknown"


def _body(pdu: Pdu) -> Object:
    body = pdu.body
    match body:
        case Opaque():
            return {"data": body.data.hex()}
        case Bind() | BindResp() | MessageIdResp() | ShortMessage() | DataSm():
            return {field.name: _plain(field.name, getattr(body, field.name)) for field in fields(body)}
        case _:
            return {}


def _plain(name: str, value: object) -> object:
    match value:
        case bytes():
            return value.hex()
        case tuple():
            return [[f"{tag:04x}", content.hex()] for tag, content in value]
        case _:
            return "(hidden)" if name == "password" and value else value
