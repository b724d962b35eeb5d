"""The webhook receiver writes down what came, as it came."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.local.webhook_receiver import Receiver

NOW = datetime(2026, 1, 2, 3, 4, 5, 6000, tzinfo=UTC)
Start = Callable[..., Receiver]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as cleanup:

        def start_receiver(*, fail_first: int = 0, fail_status: int = 503) -> Receiver:
            log = tmp_path / "notifications.jsonl"
            receiver = Receiver(log, fail_first=fail_first, fail_status=fail_status, now=lambda: NOW)
            thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            cleanup.callback(thread.join)
            cleanup.callback(receiver.server_close)
            cleanup.callback(receiver.shutdown)
            return receiver

        yield start_receiver


def post(receiver: Receiver, body: bytes, content_type: str = "application/x-www-form-urlencoded") -> int:
    request = urllib.request.Request(
        f"{receiver.url}report?x=1", body, {"Content-Type": content_type, "Webhook-Id": "msg_1"}
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_it_listens_on_loopback_only(start: Start) -> None:
    assert start().server_address[0] == "127.0.0.1"


def test_a_form_is_written_with_its_fields_in_order(start: Start, tmp_path: Path) -> None:
    assert post(start(), b"NotificationName=SMSDeliveryReport&SmsId=1&ErrorCode=") == 200
    entry = json.loads((tmp_path / "notifications.jsonl").read_text())
    assert entry["time"] == "2026-01-02T03:04:05.006+00:00"
    assert (entry["method"], entry["path"], entry["status"]) == ("POST", "/report?x=1", 200)
    assert entry["headers"]["webhook-id"] == "msg_1"
    assert entry["body"] == "NotificationName=SMSDeliveryReport&SmsId=1&ErrorCode="
    assert entry["form"] == [["NotificationName", "SMSDeliveryReport"], ["SmsId", "1"], ["ErrorCode", ""]]


def test_another_body_has_no_form(start: Start, tmp_path: Path) -> None:
    post(start(), b'{"a": 1}', "application/json")
    entry = json.loads((tmp_path / "notifications.jsonl").read_text())
    assert (entry["body"], entry["form"]) == ('{"a": 1}', [])


def test_the_first_requests_fail_when_asked_to(start: Start, tmp_path: Path) -> None:
    receiver = start(fail_first=2, fail_status=500)
    assert [post(receiver, b"a=1") for _ in range(3)] == [500, 500, 200]
    log = (tmp_path / "notifications.jsonl").read_text()
    assert [json.loads(line)["status"] for line in log.splitlines()] == [500, 500, 200]
