"""A message as it is stored, and what a bridge may report of it."""

from typing import Any

from gateway.domain.message import Item, due_hour, waiting_keys
from gateway_contract.frames import (
    ReportItem,
)
from gateway_contract.lifecycle import State
from tests.cloud.conftest import NOW

SPOOLED = ReportItem(sms_id="a", attempt=1, state=State.SPOOLED, spooled_at=NOW + 1)

SUBMITTED = ReportItem(
    sms_id="a",
    attempt=1,
    state=State.SUBMITTED,
    spooled_at=NOW + 1,
    submitted_at=NOW + 2,
    segments=2,
    segments_sent=2,
    sender="+36200000001",
)

DELIVERED = ReportItem(
    sms_id="a",
    attempt=1,
    state=State.DELIVERED,
    spooled_at=NOW + 1,
    submitted_at=NOW + 2,
    done_at=NOW + 3,
    segments=2,
    segments_sent=2,
    sender="+36200000001",
)

RETURNED = ReportItem(
    sms_id="a", attempt=1, state=None, spooled_at=NOW + 1, error="bridge:line_down", error_text="down"
)


def message(sms_id: str = "a", **more: Any) -> Item:
    line, created = more.get("line", "gsm1"), more.pop("created", NOW)
    not_before = more.pop("not_before", created)
    priority = more.get("priority", 0)
    deadline = more.get("deadline", NOW + 3600)
    return {
        "sms_id": sms_id,
        "state": State.QUEUED,
        "attempt": 1,
        "line": line,
        "bridge": "office",
        "sender": "",
        "recipient": "+36201234567",
        "text": "Hello",
        "priority": priority,
        "encoding": "auto",
        "segments": 1,
        "extension": 9994,
        "user": "",
        "report_url": "http://127.0.0.1:9/report",
        "created": created,
        "deadline": deadline,
        "due_hour": due_hour(deadline, sms_id),
        **waiting_keys(sms_id, line, priority=priority, not_before=not_before, created=created),
        **more,
    }
