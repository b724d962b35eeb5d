"""The HTTP API: from a request to its reply, in the order of checks that the contract fixes."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID, uuid5

from gateway.domain import commands, dial_plan
from gateway.domain.commands import GET_SMS_STATUS, SEND_SMS, SendSms
from gateway.domain.configuration import Configuration
from gateway.domain.message import Item, Retention, due_hour, waiting_keys
from gateway.domain.notification import time_text
from gateway.domain.replies import Code, Refusal, Reply
from gateway.domain.request import Request
from gateway.usecases.access import (
    Caller,
    PasswordMemory,
    authenticate,
    check_address,
    open_extension,
)
from gateway.usecases.ports import Configured, Messages, OutcomeUnknownError, ThrottledError
from gateway_contract.lifecycle import State

_SMS_ID_NAMESPACE = UUID("d7d2a3b8-6a49-4a53-8a1d-0d6a3c7f5b21")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpApi:
    """The commands SendSms and GetSmsStatus."""

    messages: Messages
    configured: Configured
    passwords: PasswordMemory
    retention: Retention
    now: Callable[[], float]
    new_id: Callable[[], UUID]

    def answer(self, request: Request) -> Reply:
        """The reply to a request; never raises for what the caller sent."""
        try:
            return self._answer(request)
        except Refusal as refusal:
            return refusal.reply
        except ThrottledError:
            return Reply(Code.TOO_MANY_REQUESTS)
        except OutcomeUnknownError:
            return Reply(Code.TRY_AGAIN)

    def _answer(self, request: Request) -> Reply:
        commands.require_command(request)
        configuration = self.configured.configuration()
        check_address(request.source_ip, configuration.api.allow, configuration.api.deny)
        command = commands.command_name(request)
        number = commands.extension_number(request, command)
        extension = open_extension(configuration, number, request.source_ip)
        caller = authenticate(configuration, extension, request, command, self.passwords)
        if command == GET_SMS_STATUS:
            return self._status(caller, request)
        if not extension.may_send:
            raise Refusal(Code.COMMAND_NOT_HERE, command)
        message = commands.send_sms(request, max_segments=configuration.api.max_segments)
        return self._send(configuration, caller, message)

    def _send(self, configuration: Configuration, caller: Caller, message: SendSms) -> Reply:
        route = dial_plan.route(
            configuration,
            message.recipient,
            sender=message.sender,
            user=caller.user,
            extension=caller.extension.number,
        )
        if route is None:
            raise Refusal(Code.NO_DESTINATION)
        item = self._item(configuration, caller, message, route)
        existing = self.messages.put_new(item)
        if existing is not None and not _is_same(existing, item):
            raise Refusal(Code.BAD_PARAMETER, "RequestId", SEND_SMS)
        return Reply(Code.OK, fields={"SmsId": str(item["sms_id"])})

    def _item(
        self, configuration: Configuration, caller: Caller, message: SendSms, route: dial_plan.Route
    ) -> Item:
        now = self.now()
        sms_id = str(_sms_id(caller, message.request_id) if message.request_id else self.new_id())
        deadline = now + message.validity_minutes * 60
        line = route.lines[0]
        item: dict[str, object] = {
            "sms_id": sms_id,
            "state": State.QUEUED,
            "attempt": 1,
            "line": line,
            "bridge": configuration.lines[line].bridge,
            "sender": str(message.sender or ""),
            "recipient": str(route.recipient),
            "text": message.text,
            "priority": message.priority,
            "encoding": message.encoding,
            "segments": message.segments,
            "extension": caller.extension.number,
            "user": caller.user,
            "report_url": message.report_url,
            "created": round(now, 3),
            "deadline": round(deadline, 3),
            "due_hour": due_hour(deadline, sms_id),
            "expires_at": self.retention.expires_at(deadline),
            "fingerprint": _fingerprint(message),
            "put_token": self.new_id().hex,
            **waiting_keys(sms_id, line, priority=message.priority, not_before=now, created=now),
        }
        if len(route.lines) > 1:
            item["lines"] = list(route.lines)
        if message.flash:
            item["flash"] = True
        return item

    def _status(self, caller: Caller, request: Request) -> Reply:
        item = self.messages.get(commands.sms_id(request))
        if (
            item is None
            or item["extension"] != caller.extension.number
            or item.get("user", "") != caller.user
        ):
            raise Refusal(Code.BAD_PARAMETER, "SmsId", GET_SMS_STATUS)
        fields = {
            "SmsId": str(item["sms_id"]),
            "State": str(item["state"]),
            "Sender": str(item["sender"]),
            "Recipient": str(item["recipient"]),
            "Segments": str(item["segments"]),
            "SegmentsSent": str(item.get("segments_sent", 0)),
            "CreateTime": time_text(item["created"]),
            "SubmitTime": time_text(item.get("submitted_at")),
            "DoneTime": time_text(item.get("done_at")),
            "ErrorCode": str(item.get("error", "")),
            "ErrorMessage": str(item.get("error_text", "")),
        }
        return Reply(Code.OK, fields=fields)


def _sms_id(caller: Caller, request_id: str) -> UUID:
    """The same for the same request of the same caller. Lengths keep the parts from running together."""
    parts = (str(caller.extension.number), caller.user, request_id)
    return uuid5(_SMS_ID_NAMESPACE, "".join(f"{len(part)}:{part}" for part in parts))


def _fingerprint(message: SendSms) -> str:
    """Tells whether a repeated request says the same."""
    parts = (
        str(message.sender or ""),
        str(message.recipient),
        message.text,
        message.report_url,
        message.priority,
        message.validity_minutes,
        message.flash,
        message.encoding,
    )
    return sha256(repr(parts).encode()).hexdigest()[:16]


def _is_same(existing: Item, item: Item) -> bool:
    """Whether the item that is there came from this request: an equal one before, or this very put repeated
    by the SDK after its answer was lost."""
    same_content = existing.get("fingerprint") == item["fingerprint"]
    return bool(same_content or existing.get("put_token") == item["put_token"])
