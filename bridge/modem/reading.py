"""From PDUs of a modem to what the rest of the bridge takes."""

from datetime import UTC, datetime

from bridge.gsm.deliver import DataCoding, Deliver, MessageType, decode_deliver, message_type
from bridge.gsm.errors import PduError
from bridge.gsm.status_report import (
    StatusReport,
    decode_status_report,
    detail_of,
    state_of,
)
from bridge.line import NetworkReport, ReceivedSegment
from gateway_contract.lifecycle import State


def read_pdu(pdu: bytes, *, own_number: str) -> NetworkReport | ReceivedSegment:
    """Decode a report or a message; what cannot be decoded is kept with its octets in ``raw``."""
    try:
        if message_type(pdu) is MessageType.STATUS_REPORT:
            return _report(decode_status_report(pdu))
        return _message(decode_deliver(pdu), pdu, own_number)
    except PduError:
        return ReceivedSegment(
            sender="", recipient=own_number, text=None, data=b"", concat=None, sent_at=None, raw=pdu
        )


def _message(message: Deliver, pdu: bytes, own_number: str) -> ReceivedSegment:
    concatenation = message.header.concatenation if message.header is not None else None
    return ReceivedSegment(
        sender=str(message.sender),
        recipient=own_number,
        text=message.text if message.scheme.coding is not DataCoding.EIGHT_BIT else None,
        data=message.data,
        concat=None
        if concatenation is None
        else (concatenation.reference, concatenation.total, concatenation.sequence),
        sent_at=_utc(message.sent_at),
        raw=pdu,
    )


def _report(report: StatusReport) -> NetworkReport:
    state = state_of(report.status)
    return NetworkReport(
        references=(str(report.reference),),
        recipient=report.recipient.text,
        state=state,
        detail=detail_of(report.status),
        code="" if state is State.DELIVERED else f"tpst:0x{report.status:02X}",
        done_at=_utc(report.discharged_at),
    )


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
