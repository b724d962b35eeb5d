"""The messages in memory keep the same promises as those in the deployed table."""

from itertools import count
from typing import Any

import pytest

from gateway.adapters.messages_table import MessagesTable
from gateway.domain.message import SHARDS, Item, due_hour, hour_of, shard_of, waiting_keys
from gateway.usecases.ports import (
    Change,
    Messages,
)
from gateway_contract.lifecycle import State
from gateway_contract.vocabulary import MAX_PRIORITY
from tests.cloud.memory import (
    MemoryMessages,
)
from tests.journeys.copies import Copy

NOW = 1_790_000_000.0

LINE = "line"


class PromptMessages(MemoryMessages):
    """Its indexes do not lag, as those of the emulator do not."""

    def waiting(self, line: str, *, limit: int, now: float) -> list[Item]:
        self.catch_up()
        return super().waiting(line, limit=limit, now=now)

    def due(self, hour: int, *, before: float) -> list[str]:
        self.catch_up()
        return super().due(hour, before=before)


@pytest.fixture
def messages(copy_or_none: Copy | None) -> Messages:
    return MessagesTable(*copy_or_none("MessagesTableName")) if copy_or_none else PromptMessages()


class TestMessages:
    def test_a_message_reads_as_it_was_written(self, messages: Messages) -> None:
        item = a_message("a", flash=True, lines=["line", "other"], sender="", done_at=NOW + 0.125)
        assert messages.put_new(item) is None
        assert messages.get("a") == item
        assert messages.get("b") is None

    @pytest.mark.parametrize("second", [{}, {"text": "Other"}], ids=["same", "other"])
    def test_the_second_with_an_id_changes_nothing_and_gives_the_first(
        self, messages: Messages, second: dict[str, Any]
    ) -> None:
        item = a_message("a")
        messages.put_new(item)
        assert messages.put_new({**item, **second}) == item
        assert messages.get("a") == item

    @pytest.mark.parametrize(
        "condition",
        [
            {},
            {"bridge": "nobody"},
            {"states": (State.QUEUED,)},
            {"states": (State.SPOOLED, State.QUEUED)},
            {"bridge": "nobody", "states": (State.QUEUED,)},
        ],
        ids=str,
    )
    def test_a_change_is_done_where_its_condition_holds(
        self, messages: Messages, condition: dict[str, Any]
    ) -> None:
        item = a_message("a")
        messages.put_new(item)
        new = {"state": State.SUBMITTED, "attempt": 2, "submitted_at": NOW + 0.5}
        changed = messages.change("a", Change(attempt=1, put=new, **condition))
        assert changed.done
        assert changed.item == messages.get("a") == {**item, **new}

    @pytest.mark.parametrize(
        "condition",
        [
            {"attempt": 2},
            {"attempt": 0, "bridge": "nobody"},
            {"attempt": 1, "bridge": "other"},
            {"attempt": 1, "states": (State.SPOOLED, State.SUBMITTED)},
            {"attempt": 1, "bridge": "other", "states": (State.QUEUED,)},
            {"attempt": 1, "bridge": "nobody", "states": (State.SUBMITTED,)},
        ],
        ids=str,
    )
    def test_a_change_is_refused_with_what_stood_in_its_way(
        self, messages: Messages, condition: dict[str, Any]
    ) -> None:
        item = a_message("a")
        messages.put_new(item)
        refused = Change(put={"text": "New"}, put_if_absent={"more": 1}, remove=("priority",), **condition)
        changed = messages.change("a", refused)
        assert not changed.done
        assert changed.item == messages.get("a") == item

    def test_what_is_not_there_is_not_changed(self, messages: Messages) -> None:
        changed = messages.change("a", Change(attempt=1, put={"text": "New"}))
        assert not changed.done
        assert changed.item is None
        assert messages.get("a") is None

    def test_put_if_absent_keeps_what_is_there(self, messages: Messages) -> None:
        item = a_message("a", submitted_at=NOW)
        messages.put_new(item)
        change = Change(attempt=1, put_if_absent={"submitted_at": NOW + 1, "done_at": NOW + 2})
        assert messages.change("a", change).item == {**item, "done_at": NOW + 2}

    def test_removed_attributes_are_gone_and_those_that_never_were_do_no_harm(
        self, messages: Messages
    ) -> None:
        item = dict(a_message("a"))
        messages.put_new(item)
        changed = messages.change("a", Change(attempt=1, remove=("waiting_line", "waiting_order", "error")))
        assert changed.done
        del item["waiting_line"], item["waiting_order"]
        assert changed.item == messages.get("a") == item
        assert messages.waiting(LINE, limit=9, now=NOW) == []

    def test_the_highest_priority_waits_first_then_the_oldest_whatever_the_shard(
        self, messages: Messages
    ) -> None:
        ages = range(2 * SHARDS)
        for priority in (1, MAX_PRIORITY, 0):
            for age in ages:
                sms_id = an_id_in(age % SHARDS, f"{priority}-{age}")
                messages.put_new(a_message(sms_id, priority=priority, created=NOW - age))
        messages.put_new(a_message("elsewhere", line="other"))
        expected = [(priority, NOW - age) for priority in (MAX_PRIORITY, 1, 0) for age in reversed(ages)]
        for limit in (1, 5, 100):
            waiting = messages.waiting(LINE, limit=limit, now=NOW)
            assert [(item["priority"], item["created"]) for item in waiting] == expected[:limit]

    def test_the_postponed_wait_until_their_time_and_hide_no_others(self, messages: Messages) -> None:
        limit, later = 3, NOW + 60
        postponed, ready = set(), set()
        for shard in range(SHARDS):
            for number in range(2 * limit):
                postponed.add(sms_id := an_id_in(shard, f"postponed-{number}"))
                messages.put_new(a_message(sms_id, priority=MAX_PRIORITY, not_before=later))
            ready.add(sms_id := an_id_in(shard, "ready"))
            messages.put_new(a_message(sms_id, priority=0))
        assert {item["sms_id"] for item in messages.waiting(LINE, limit=SHARDS, now=NOW)} == ready
        found = {item["sms_id"] for item in messages.waiting(LINE, limit=limit, now=NOW)}
        assert len(found) == limit
        assert found < ready
        assert {item["sms_id"] for item in messages.waiting(LINE, limit=limit, now=later)} < postponed
        everything = messages.waiting(LINE, limit=100, now=later)
        assert {item["sms_id"] for item in everything} == postponed | ready
        assert everything[-1]["priority"] == 0

    def test_due_are_those_of_the_hour_up_to_the_time(self, messages: Messages) -> None:
        hour = hour_of(NOW)
        start = hour * 3600.0
        in_time: set[str] = set()
        too_late: set[str] = set()
        other_hour: set[str] = set()
        for shard in range(SHARDS):
            for found, deadline in (
                (in_time, start),
                (in_time, start + 900.5),
                (too_late, start + 901),
                (other_hour, start - 1),
            ):
                found.add(sms_id := an_id_in(shard, f"{deadline}"))
                messages.put_new(a_message(sms_id, deadline=deadline))
        assert set(messages.due(hour, before=start + 900.5)) == in_time
        assert set(messages.due(hour, before=start + 3600)) == in_time | too_late
        assert set(messages.due(hour - 1, before=start + 3600)) == other_hour
        assert messages.due(hour + 1, before=start + 7200) == []
        told = in_time.pop()
        messages.change(told, Change(attempt=1, remove=("due_hour",)))
        assert set(messages.due(hour, before=start + 3600)) == in_time | too_late


def a_message(
    sms_id: str,
    *,
    line: str = LINE,
    priority: int = 1,
    created: float = NOW,
    not_before: float = NOW,
    deadline: float = NOW + 3600,
    **more: object,
) -> Item:
    keys = waiting_keys(sms_id, line, priority=priority, not_before=not_before, created=created)
    return {
        "sms_id": sms_id,
        "state": State.QUEUED,
        "attempt": 1,
        "line": line,
        "bridge": "nobody",
        "text": "Hi",
        "priority": priority,
        "created": created,
        "deadline": deadline,
        "due_hour": due_hour(deadline, sms_id),
        **keys,
        **more,
    }


def an_id_in(shard: int, name: str) -> str:
    """An id that begins with a name and belongs to a shard."""
    return next(sms_id for sms_id in (f"{name}-{n}" for n in count()) if shard_of(sms_id) == shard)
