"""Two messages from an HTTP call to the delivery report, watched from outside."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

from infra.local import client
from infra.local.progress import say
from infra.local.view import StateView

EXTENSION = "9994"
SENDER = "+3612345678"
SHORT_TEXT = "Hello from SMS Bridge, by modem."
LONG_TEXT = (
    "Every office has something to say 🎉 and it rarely fits into seventy characters. " * 2 + "Köszönjük! 👋"
)
TIMEOUT = 40.0  # seconds for both messages to be delivered and reported
POLL = 0.2  # seconds between two questions
FINAL = {"delivered", "sent", "undeliverable", "rejected", "expired", "unknown", "failed", "cancelled"}


@dataclass(slots=True, kw_only=True)
class Watched:
    """One message of the demonstration. `states` holds what was seen, with seconds since it was sent."""

    title: str
    sms_id: str
    sent_at: float
    states: list[tuple[str, float]] = field(default_factory=list)
    report: str | None = None

    @property
    def delivered(self) -> bool:
        return bool(self.states) and self.states[-1][0] == "delivered"

    @property
    def done(self) -> bool:
        return self.report is not None and bool(self.states) and self.states[-1][0] in FINAL


def run(api_url: str, webhook_url: str, notifications: Path) -> bool:
    """Sends one message over each line; true when both were delivered and reported in time."""
    common = {"ApiExtension": EXTENSION, "Sender": SENDER, "DeliveryReportURL": webhook_url}
    by_modem = common | {"Recipient": "+36201234567", "Message": SHORT_TEXT}
    by_smpp = common | {"Recipient": "+447700900123", "Message": LONG_TEXT}
    say("\nGET, a short text for the modem:")
    watched = [_sent("modem", client.get(api_url, {"command": "SendSms"} | by_modem))]
    say("\nPOST, a long text with emoji for the SMPP account:")
    watched.append(_sent("SMPP", client.post(api_url, {"command": "SendSms"} | by_smpp)))
    say("")
    accepted = [message for message in watched if message.sms_id]
    with StateView([message.title for message in accepted]) as view:
        for message, state, seconds in _changes(api_url, notifications, accepted):
            view.show(message.title, state, seconds)
    for message in accepted:
        say(f"\nSMSDeliveryReport for the message by {message.title}:")
        say(f"  {message.report or 'none arrived'}")
    arrived = len(accepted) == len(watched) and all(m.done and m.delivered for m in accepted)
    say("\nBoth were delivered and reported." if arrived else "\nNot both were delivered and reported.")
    return arrived


def _sent(title: str, reply: client.Reply) -> Watched:
    say(f"  {reply.body}")
    return Watched(title=title, sms_id=reply.fields.get("SmsId", ""), sent_at=time.monotonic())


def _changes(
    api_url: str, notifications: Path, messages: list[Watched]
) -> Iterator[tuple[Watched, str, float]]:
    """Each new state of each message, and "reported" when its delivery report arrived; until all are done."""
    deadline = time.monotonic() + TIMEOUT
    while not all(message.done for message in messages) and time.monotonic() < deadline:
        bodies = _report_bodies(notifications)
        for message in messages:
            seconds = time.monotonic() - message.sent_at
            state = _state(api_url, message.sms_id)
            if not message.states or message.states[-1][0] != state:
                message.states.append((state, seconds))
                yield message, state, seconds
            if message.report is None and message.sms_id in bodies:
                message.report = bodies[message.sms_id]
                yield message, "reported", seconds
        time.sleep(POLL)


def _state(api_url: str, sms_id: str) -> str:
    question = {"command": "GetSmsStatus", "ApiExtension": EXTENSION, "SmsId": sms_id}
    return client.get(api_url, question).fields.get("State", "")


def _report_bodies(notifications: Path) -> dict[str, str]:
    """The bodies of the delivery reports that arrived, by SmsId."""
    entries = [json.loads(line) for line in notifications.read_text().splitlines()]
    found = {}
    for entry in entries:
        for sms_id in parse_qs(entry["body"]).get("SmsId", []):
            found[sms_id] = str(entry["body"])
    return found
