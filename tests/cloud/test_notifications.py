"""A notification: its fields, and its signature as the specification says."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from standardwebhooks import Webhook

from gateway.adapters.webhooks import Webhooks
from gateway.domain.message import Item
from gateway.domain.notification import Notification, make_secret, of_item, signature_headers
from gateway.usecases.notify import Notifier
from gateway_contract.lifecycle import State
from tests.cloud.memory import MemorySettings
from tests.cloud.receivers import LOOPBACK, receiver
from tests.cloud.samples import message

SECRET = make_secret(bytes(range(32)))


def final_item(**more: Any) -> Item:
    return message(
        **{
            "state": State.UNDELIVERABLE,
            "sender": "Office",
            "error": "tpst:0x41",
            "error_text": "é & =",
            "segments": 2,
            "segments_sent": 1,
            "submitted_at": 1_790_000_001.9,
            "done_at": 1_790_000_002.0,
            **more,
        }
    )


def notification(url: str = "http://127.0.0.1/", **more: Any) -> Notification:
    made = of_item(final_item(report_url=url, **more))
    assert made is not None
    return made


def test_form_has_the_documented_fields_in_their_order() -> None:
    body = notification().body()
    assert body.startswith(b"NotificationName=SMSDeliveryReport&SmsId=a&")
    assert parse_qsl(body.decode(), keep_blank_values=True) == [
        ("NotificationName", "SMSDeliveryReport"),
        ("SmsId", "a"),
        ("ApiExtension", "9994"),
        ("Sender", "Office"),
        ("Recipient", "+36201234567"),
        ("State", "undeliverable"),
        ("ErrorCode", "tpst:0x41"),
        ("ErrorMessage", "é & ="),
        ("Segments", "2"),
        ("SegmentsSent", "1"),
        ("PossibleDuplicate", "false"),
        ("SubmitTime", "2026-09-21T14:13:21Z"),
        ("DoneTime", "2026-09-21T14:13:22Z"),
    ]


def test_notification_survives_the_queue() -> None:
    assert Notification.from_json(notification().to_json()) == notification()


def test_event_id_is_of_the_message_and_its_state() -> None:
    assert notification().event_id == notification(error="other").event_id
    others = {notification(state=State.UNKNOWN).event_id, notification(sms_id="b").event_id}
    assert len(others | {notification().event_id}) == 3


def test_signature_is_verified_by_the_reference_library() -> None:
    body = b'{"the library": "wants JSON"}'
    now = int(datetime.now(UTC).timestamp())
    headers = signature_headers(SECRET, event_id="e1", timestamp=now, body=body)
    assert Webhook(SECRET).verify(body, headers)
    expected = Webhook(SECRET).sign("e1", datetime.fromtimestamp(now, UTC), body.decode())
    assert headers["webhook-signature"] == expected


def test_form_is_signed_as_the_reference_library_signs_it() -> None:
    body, when = notification().body(), datetime(2026, 9, 21, tzinfo=UTC)
    headers = signature_headers(SECRET, event_id="e1", timestamp=int(when.timestamp()), body=body)
    assert headers["webhook-signature"] == Webhook(SECRET).sign("e1", when, body.decode())


def test_notifier_signs_what_it_posts() -> None:
    now = datetime.now(UTC).timestamp()
    notifier = Notifier(
        settings=MemorySettings(secrets={9994: SECRET}),
        configured=LOOPBACK,
        webhooks=Webhooks(),
        now=lambda: now,
    )
    with receiver() as server:
        sent = notification(server.url())
        assert notifier.post(sent) == ""
        assert notifier.post(sent) == ""
    (_, headers, body), (_, again, _) = server.posts
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert body == sent.body()
    assert headers["webhook-id"] == again["webhook-id"] == sent.event_id
    when = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    assert headers["webhook-signature"] == Webhook(SECRET).sign(sent.event_id, when, body.decode())
