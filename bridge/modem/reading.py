"""From PDUs of a modem to what the rest of the bridge takes."""

from datetime import UTC, datetime

from bridge.gsm.deliver import DataCoding, MessageType, decode_deliver, message_type
from bridge.gsm.errors import PduError
from bridge.gsm.status_report import (
    Outcome,
    StatusReport,
    classify,
    decode_status_report,
    detail_of,
    state_of,
)
from bridge.line import NetworkReport, ReceivedSegment


def read_pdu(pdu: bytes, *, own_number: str) -> NetworkReport | ReceivedSegment:
    """Decode a report or a message; a message that cannot be decoded keeps its octets in ``raw``.

    Raises:
        PduError: it is a report that cannot be decoded, or neither kind.
    """
    kind = message_type(pdu)
    if kind is MessageType.STATUS_REPORT:
        return _report(decode_status_report(pdu))
    if kind is not MessageType.DELIVER:
        raise PduError(f"{kind} is neither a message nor a report")
    try:
        message = decode_deliver(pdu)
    except PduError:
        return ReceivedSegment(
            sender="", recipient=own_number, text=None, data=b"", concat=None, sent_at=None, raw=pdu
        )
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
    delivered = classify(report.status) is Outcome.DELIVERED
    return NetworkReport(
        references=(str(report.reference),),
        recipient=report.recipient.text,
        state=state_of(report.status),
        detail=detail_of(report.status),
        code="" if delivered else f"tpst:0x{report.status:02X}",
        done_at=_utc(report.discharged_at),
    )


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
