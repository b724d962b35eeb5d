"""The SMSDeliveryReport: what is posted to the caller's URL when a message is over."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID, uuid5

from gateway.domain.message import Item

NOTIFICATION_NAME: Final = "SMSDeliveryReport"
_NAMESPACE: Final = UUID("2f3a60a4-1c5c-4d5b-9e36-6f0b5a1c7a10")
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - the prefix of the specification, not a secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One report on its way; goes through the queue as JSON, without text or secrets."""

    event_id: str
    """One for each message and final state, however often it is queued or posted."""
    url: str
    extension: int
    fields: Mapping[str, str]

    def body(self) -> bytes:
        """The form that is posted."""
        return urlencode(dict(self.fields)).encode()

    def to_json(self) -> dict[str, Any]:
        """As it goes into the queue."""
        return {
            "event_id": self.event_id,
            "url": self.url,
            "extension": self.extension,
            "fields": dict(self.fields),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Notification":
        """As it comes from the queue."""
        return cls(
            event_id=value["event_id"],
            url=value["url"],
            extension=value["extension"],
            fields=value["fields"],
        )


def of_item(item: Item) -> Notification | None:
    """The report of a message in its final state; None where the caller asked for none."""
    if not item.get("report_url"):
        return None
    fields = {
        "NotificationName": NOTIFICATION_NAME,
        "SmsId": item["sms_id"],
        "ApiExtension": str(item["extension"]),
        "Sender": item["sender"],
        "Recipient": item["recipient"],
        "State": item["state"],
        "ErrorCode": item.get("error", ""),
        "ErrorMessage": item.get("error_text", ""),
        "Segments": str(item["segments"]),
        "SegmentsSent": str(item.get("segments_sent", 0)),
        "PossibleDuplicate": "true" if item.get("duplicate") else "false",
        "SubmitTime": time_text(item.get("submitted_at")),
        "DoneTime": time_text(item.get("done_at")),
    }
    return Notification(
        event_id=str(uuid5(_NAMESPACE, f"{item['sms_id']}:{item['state']}")),
        url=item["report_url"],
        extension=item["extension"],
        fields=fields,
    )


def time_text(seconds: float | None) -> str:
    """UTC in ISO 8601, to the second; empty for none."""
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def signature_headers(secret: str, *, event_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of the Standard Webhooks specification (HMAC-SHA256 of ``id.timestamp.body``)."""
    key = b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{event_id}.{timestamp}.".encode() + body
    signature = b64encode(hmac.digest(key, signed, sha256)).decode()
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }


def make_secret(random: bytes) -> str:
    """A signing secret from 24 to 64 random bytes."""
    return SECRET_PREFIX + b64encode(random).decode()
