"""``smsbridge pdu``: the PDUs between the bridge and a GSM modem."""

import click

from bridge.cli.lines_in import Object, each_line, octets, show_table
from bridge.cli.pdu_request import encode_request
from bridge.gsm.deliver import CodingScheme, Deliver, MessageType, decode_deliver, message_type
from bridge.gsm.errors import PduError
from bridge.gsm.status_report import Outcome as ReportOutcome
from bridge.gsm.status_report import StatusReport, classify, decode_status_report, detail_of
from bridge.gsm.submit_reading import SubmitRead, decode_submit
from bridge.gsm.udh import UserDataHeader

_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each line.")


@click.group()
def pdu() -> None:
    """PDUs as they stand in AT+CMGS, +CMT, +CMGR, +CMGL and +CDS."""


@pdu.command()
@click.argument("hex_digits", metavar="[HEX]...", nargs=-1)
@_json
def decode(hex_digits: tuple[str, ...], as_json: bool) -> None:
    """Say what is in each PDU: a message to us, a message from us, or a status report.

    A PDU is in hexadecimal and starts with its SMSC part, as modems show it (00 where there is none). Without
    HEX, each line of standard input is one. A bad one gives {"error": ...}, and the exit code is 1.

    \b
    smsbridge pdu decode 07912160130320F5040B914151550521F300004220923295850005C8329BFD06
    grep -A1 +CMT: modem.log | grep ^0 | smsbridge pdu decode --json
    """
    each_line(hex_digits, lambda line: _read(octets(line)), as_json=as_json, show=show_table)


@pdu.command()
@click.argument("request", metavar="[JSON]...", nargs=-1)
@_json
def encode(request: tuple[str, ...], as_json: bool) -> None:
    """Make the PDUs that send a text, ready for AT+CMGS.

    Each JSON object has recipient, text and perhaps options; without an argument, each line of standard input
    is one. An option that is not given is not in the PDU:

    \b
    encoding           auto (default), gsm7 or ucs2
    validity_minutes   rounded up to what the field can say
    status_report, reject_duplicates, flash   true or false
    message_reference  TP-MR of the first segment, 0 to 255; most modems put their own
    smsc               digits, with + when international
    concat_ref, concat_ref_bits   reference of a text in several segments (0), its size 8 (default) or 16
    udh_hex            header elements without their length octet; the text must fit one segment

    \b
    smsbridge pdu encode '{"recipient": "+36201234567", "text": "Szia", "options": {"status_report": true}}'
    """
    each_line(request, encode_request, as_json=as_json, show=_show_commands)


def _show_commands(found: Object) -> None:
    """What to type to a modem; never wrapped, so that it can be copied."""
    for segment in found["segments"]:
        click.echo(f"AT+CMGS={segment['cmgs_length']}")
        click.echo(segment["at_pdu_hex"])


def _read(data: bytes) -> Object:
    match message_type(data):
        case MessageType.DELIVER:
            return _deliver(decode_deliver(data))
        case MessageType.SUBMIT_REPORT:  # what the network calls so is an SMS-SUBMIT in our direction
            return _submit(decode_submit(data))
        case MessageType.STATUS_REPORT:
            return _status_report(decode_status_report(data))
        case MessageType.RESERVED:
            raise PduError("message type 3 is reserved: does the PDU start with its SMSC part?")


def _deliver(message: Deliver) -> Object:
    return {
        "type": "deliver",
        "smsc": message.smsc and str(message.smsc),
        "sender": str(message.sender),
        "sender_type": message.sender.ton.name.lower(),
        **_content(message),
        "timestamp": message.sent_at and message.sent_at.isoformat(),
        **_coding(message),
    }


def _submit(message: SubmitRead) -> Object:
    return {
        "type": "submit",
        "smsc": message.smsc and str(message.smsc),
        "recipient": str(message.destination),
        "recipient_type": message.destination.ton.name.lower(),
        **_content(message),
        "message_reference": message.reference,
        "validity_minutes": message.validity_minutes,
        "valid_until": message.valid_until and message.valid_until.isoformat(),
        "status_report": message.status_report,
        "reject_duplicates": message.reject_duplicates,
        **_coding(message),
    }


def _content(message: Deliver | SubmitRead) -> Object:
    scheme = message.scheme
    return {
        "text": message.text,
        "data_hex": message.data.hex() if message.text is None else None,
        "alphabet": scheme.coding.value,
        "class": scheme.message_class,
        "flash": scheme.message_class == 0,
        "mwi": _waiting(scheme),
    }


def _waiting(scheme: CodingScheme) -> Object | None:
    waiting = scheme.waiting
    if waiting is None:
        return None
    return {
        "group": "store" if waiting.store else "discard",
        "active": waiting.active,
        "type": waiting.kind,
    }


def _coding(message: Deliver | SubmitRead) -> Object:
    return {"udh": _header(message.header), "pid": message.pid, "dcs": f"{message.dcs:02X}"}


def _header(header: UserDataHeader | None) -> Object | None:
    if header is None:
        return None
    found: Object = {"hex": header.raw.hex()}
    concat, ports = header.concatenation, header.ports
    if concat is not None:
        found["concat"] = {
            "ref": concat.reference,
            "total": concat.total,
            "seq": concat.sequence,
            "bits": concat.bits,
        }
    if ports is not None:
        found["ports"] = {"dest": ports.destination, "src": ports.source, "bits": ports.bits}
    return found


def _status_report(report: StatusReport) -> Object:
    outcome = classify(report.status)
    return {
        "type": "status_report",
        "smsc": report.smsc and str(report.smsc),
        "reference": report.reference,
        "recipient": str(report.recipient),
        "sc_timestamp": report.sc_timestamp and report.sc_timestamp.isoformat(),
        "discharge_time": report.discharged_at and report.discharged_at.isoformat(),
        "st": f"{report.status:02X}",
        "outcome": outcome.value,
        "detail": detail_of(report.status) or None,
        "final": None if outcome is ReportOutcome.RESERVED else outcome is not ReportOutcome.PENDING,
        "srq_command": report.for_command,
        "more_messages": report.more_messages,
    }
