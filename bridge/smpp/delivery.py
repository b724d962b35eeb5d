"""What a deliver_sm or data_sm means to the bridge."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from bridge.line import NetworkReport, ReceivedSegment
from bridge.smpp.pdus import DataSm, ShortMessage
from bridge.smpp.receipt import MessageKind, Receipt, message_kind, parse_receipt, user_data
from bridge.smpp.settings import SmppSettings
from bridge.smpp.user_data import decode_text, sar_concat, split_header
from gateway_contract.lifecycle import State

_UDHI: Final = 0x40
_NOT_IN_CODE: Final = re.compile(r"[^0-9A-Za-z_.-]")
_MAX_CODE_WORD: Final = 20


def interpret(
    message: ShortMessage | DataSm, raw: bytes, settings: SmppSettings
) -> NetworkReport | ReceivedSegment | None:
    """A report, a message from a handset, or None for what the bridge has no use for."""
    kind = message_kind(message, receipts_without_esm_class=settings.receipts_without_esm_class)
    match kind:
        case MessageKind.MO:
            return _received(message, raw, settings)
        case MessageKind.RECEIPT | MessageKind.INTERMEDIATE:
            receipt = parse_receipt(message, kind=kind)
            return _report(message, receipt, settings) if receipt.message_ids else None
        case MessageKind.SME_ACK | MessageKind.MANUAL_ACK | MessageKind.CONVERSATION_ABORT:
            return None


def _report(message: ShortMessage | DataSm, receipt: Receipt, settings: SmppSettings) -> NetworkReport:
    return NetworkReport(
        references=receipt.message_ids,
        # A receipt runs from the handset that got the message to its sender.
        recipient="".join(char for char in message.source_addr if char in "0123456789"),
        state=receipt.state,
        detail="",
        code="" if receipt.state is State.DELIVERED else _code(receipt),
        done_at=_in_utc(receipt.done_date, settings.smsc_utc_offset_min),
    )


def _code(receipt: Receipt) -> str:
    parts = (receipt.word, receipt.err or "")
    words = [_NOT_IN_CODE.sub("", part)[:_MAX_CODE_WORD] for part in parts]
    return ":".join(["receipt", *(word for word in words if word)])


def _in_utc(date: datetime | None, offset_min: int | None) -> datetime | None:
    if date is None:
        return None
    if date.tzinfo is None:
        if offset_min is None:
            return None
        date = date.replace(tzinfo=timezone(timedelta(minutes=offset_min)))
    try:
        return date.astimezone(UTC)
    except OverflowError:
        return None


def _received(message: ShortMessage | DataSm, raw: bytes, settings: SmppSettings) -> ReceivedSegment:
    concat, data = None, user_data(message)
    if message.esm_class & _UDHI:
        concat, data = split_header(data)
    return ReceivedSegment(
        sender=message.source_addr,
        recipient=message.destination_addr,
        text=decode_text(data, message.data_coding, settings.alphabet),
        data=data,
        concat=concat or sar_concat(message.tlvs),
        sent_at=None,
        raw=raw,
    )
