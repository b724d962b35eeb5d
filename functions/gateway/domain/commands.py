"""The commands of the HTTP API as typed values."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from gateway.domain.replies import Code, Refusal
from gateway.domain.request import Request
from gateway_contract.addresses import Address, AddressError, Recipient, parse_recipient, parse_sender
from gateway_contract.text import NotEncodableError, split
from gateway_contract.vocabulary import MAX_PRIORITY, Encoding

SEND_SMS: Final = "SendSms"
GET_SMS_STATUS: Final = "GetSmsStatus"
_COMMANDS: Final = {name.lower(): name for name in (SEND_SMS, GET_SMS_STATUS)}
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_LONGEST_URL: Final = 2000
_LONGEST_REQUEST_ID: Final = 128
_VALIDITY_MINUTES: Final = (5, 10_080)
_DEFAULT_VALIDITY_MINUTES: Final = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSms:
    """A message to send."""

    sender: Address | None
    recipient: Recipient
    text: str
    segments: int
    report_url: str
    request_id: str
    priority: int
    validity_minutes: int
    flash: bool
    encoding: Encoding


def require_command(request: Request) -> None:
    """Refuse a call that names no command at all.

    Raises:
        Refusal: PARSE_ERROR.
    """
    if not request.parameters.get("command"):
        raise Refusal(Code.PARSE_ERROR, "no command")


def command_name(request: Request) -> str:
    """The command in its usual spelling.

    Raises:
        Refusal: UNKNOWN_COMMAND for what is not offered here.
    """
    value = request.get("command", request.parameters["command"]) or ""
    name = _COMMANDS.get(value.lower())
    if name is None:
        raise Refusal(Code.UNKNOWN_COMMAND, value)
    return name


def extension_number(request: Request, command: str) -> int:
    """The mandatory ApiExtension.

    Raises:
        Refusal: BAD_PARAMETER.
    """
    value = request.get("ApiExtension", command)
    if value is None or not re.fullmatch(r"[0-9]{1,9}", value, re.ASCII):
        raise Refusal(Code.BAD_PARAMETER, "ApiExtension", command)
    return int(value)


def send_sms(request: Request, *, max_segments: int) -> SendSms:
    """The parameters of SendSms, checked in the order of the contract.

    Raises:
        Refusal: BAD_PARAMETER with the name of the first bad one.
    """
    sender = _sender(request)
    recipient = _recipient(request)
    text = _message(request)
    report_url = _report_url(request)
    request_id = request.get("RequestId", SEND_SMS)
    if request_id is not None and not 1 <= len(request_id) <= _LONGEST_REQUEST_ID:
        raise _bad("RequestId")
    priority = _integer(request, "Priority", 0, MAX_PRIORITY, default=0)
    validity = _integer(request, "ValidityMinutes", *_VALIDITY_MINUTES, default=_DEFAULT_VALIDITY_MINUTES)
    flash = _integer(request, "Flash", 0, 1, default=0)
    encoding = _encoding(request)
    return SendSms(
        sender=sender,
        recipient=recipient,
        text=text,
        segments=_segments(text, encoding, max_segments),
        report_url=report_url,
        request_id=request_id or "",
        priority=priority,
        validity_minutes=validity,
        flash=bool(flash),
        encoding=encoding,
    )


def sms_id(request: Request) -> str:
    """The SmsId of GetSmsStatus.

    Raises:
        Refusal: BAD_PARAMETER.
    """
    value = (request.get("SmsId", GET_SMS_STATUS) or "").strip().lower()
    if not _UUID.match(value):
        raise Refusal(Code.BAD_PARAMETER, "SmsId", GET_SMS_STATUS)
    return value


def _bad(name: str) -> Refusal:
    return Refusal(Code.BAD_PARAMETER, name, SEND_SMS)


def _sender(request: Request) -> Address | None:
    value = request.get("Sender", SEND_SMS)
    try:
        return parse_sender(value) if value else None
    except AddressError:
        raise _bad("Sender") from None


def _recipient(request: Request) -> Recipient:
    try:
        return parse_recipient(request.get("Recipient", SEND_SMS) or "")
    except AddressError:
        raise _bad("Recipient") from None


def _message(request: Request) -> str:
    value = request.get("Message", SEND_SMS)
    if not value or "\0" in value:
        raise _bad("Message")
    return value


def _report_url(request: Request) -> str:
    """The caller's URL; ``DelivaryReportURL`` is how some programs spell it."""
    value = request.get("DeliveryReportURL", SEND_SMS)
    misspelt = request.get("DelivaryReportURL", SEND_SMS)
    if value is not None and misspelt is not None:
        raise _bad("DeliveryReportURL")
    value = misspelt if value is None else value
    if not value:
        return ""
    if len(value) > _LONGEST_URL or not all("!" <= char <= "~" for char in value):
        raise _bad("DeliveryReportURL")
    try:
        parts = urlsplit(value)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine:
        raise _bad("DeliveryReportURL")
    return value


def _integer(request: Request, name: str, least: int, most: int, *, default: int) -> int:
    value = request.get(name, SEND_SMS)
    if value is None:
        return default
    if not re.fullmatch(r"[0-9]{1,6}", value, re.ASCII) or not least <= int(value) <= most:
        raise _bad(name)
    return int(value)


def _encoding(request: Request) -> Encoding:
    value = request.get("Encoding", SEND_SMS)
    try:
        return Encoding.AUTO if value is None else Encoding(value.lower())
    except ValueError:
        raise _bad("Encoding") from None


def _segments(text: str, encoding: Encoding, most: int) -> int:
    try:
        count = len(split(text, encoding=encoding).segments)
    except NotEncodableError:
        raise _bad("Encoding") from None
    if count > most:
        raise _bad("Message")
    return count
