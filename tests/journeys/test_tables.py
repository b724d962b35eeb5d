"""The ports in memory keep the same promises as those on the deployed tables and queue.

The second kind runs on empty copies of what the template made, so that the stack's own work is left alone.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import count
from json import loads
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import boto3
import pytest

from gateway.adapters.messages_table import MessagesTable
from gateway.adapters.queue import NotificationsQueue
from gateway.adapters.tables import BridgesTable, CountersTable, SettingsTable
from gateway.domain.message import SHARDS, Item, due_hour, hour_of, shard_of, waiting_keys
from gateway.domain.notification import Notification
from gateway.usecases.ports import (
    Bridges,
    Change,
    ConflictError,
    Counters,
    Messages,
    Settings,
    ThrottledError,
)
from gateway_contract.lifecycle import State
from gateway_contract.vocabulary import MAX_PRIORITY
from infra.local.paths import REGION
from infra.local.stack import LocalStack
from tests.cloud.memory import (
    MemoryBridges,
    MemoryCounters,
    MemoryMessages,
    MemoryNotifications,
    MemorySettings,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

NOW = 1_790_000_000.0
LINE = "line"

Copy = Callable[[str], tuple["DynamoDBClient", str]]


class PromptMessages(MemoryMessages):
    """Its indexes do not lag, as those of the emulator do not."""

    def waiting(self, line: str, *, limit: int, now: float) -> list[Item]:
        self.catch_up()
        return super().waiting(line, limit=limit, now=now)

    def due(self, hour: int, *, before: float) -> list[str]:
        self.catch_up()
        return super().due(hour, before=before)


@pytest.fixture
def copy_of(stack: LocalStack) -> Iterator[Copy]:
    """Makes an empty table like the one that an output of the template names."""
    client = boto3.client("dynamodb", **access(stack))
    with closing(client), ExitStack() as made:

        def copy(output: str) -> tuple["DynamoDBClient", str]:
            table = client.describe_table(TableName=stack.endpoints.outputs[output])["Table"]
            name = f"copy-{uuid4()}"
            wanted: dict[str, Any] = {
                "AttributeDefinitions": table["AttributeDefinitions"],
                "KeySchema": table["KeySchema"],
            }
            if "GlobalSecondaryIndexes" in table:
                wanted["GlobalSecondaryIndexes"] = [
                    {key: index[key] for key in ("IndexName", "KeySchema", "Projection")}
                    for index in cast(list[dict[str, Any]], table["GlobalSecondaryIndexes"])
                ]
            client.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **wanted)
            made.callback(client.delete_table, TableName=name)
            return client, name

        yield copy


@pytest.fixture
def empty_queue(stack: LocalStack) -> Iterator[tuple["SQSClient", str]]:
    client = boto3.client("sqs", **access(stack))
    with closing(client):
        url = client.create_queue(QueueName=f"copy-{uuid4()}")["QueueUrl"]
        yield client, url
        client.delete_queue(QueueUrl=url)


def access(stack: LocalStack) -> dict[str, Any]:
    environment = stack.environment()
    return {
        "endpoint_url": stack.endpoints.aws_endpoint,
        "region_name": REGION,
        "aws_access_key_id": environment["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": environment["AWS_SECRET_ACCESS_KEY"],
    }


@pytest.fixture(params=["memory", "deployed"])
def copy_or_none(request: pytest.FixtureRequest) -> Copy | None:
    return cast(Copy, request.getfixturevalue("copy_of")) if request.param == "deployed" else None


@pytest.fixture
def messages(copy_or_none: Copy | None) -> Messages:
    return MessagesTable(*copy_or_none("MessagesTableName")) if copy_or_none else PromptMessages()


@pytest.fixture
def bridges(copy_or_none: Copy | None) -> Bridges:
    return BridgesTable(*copy_or_none("BridgesTableName")) if copy_or_none else MemoryBridges()


@pytest.fixture
def settings(copy_or_none: Copy | None) -> Settings:
    return SettingsTable(*copy_or_none("SettingsTableName")) if copy_or_none else MemorySettings()


@pytest.fixture
def counters(copy_or_none: Copy | None) -> Counters:
    return CountersTable(*copy_or_none("CountersTableName")) if copy_or_none else MemoryCounters()


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


class TestBridges:
    def test_each_is_added_once(self, bridges: Bridges) -> None:
        bridges.add("a", {"token_hash": "1", "created": NOW})
        bridges.add("b", {"token_hash": "2", "created": NOW})
        with pytest.raises(ConflictError):
            bridges.add("a", {"token_hash": "3"})
        first = {"bridge_id": "a", "token_hash": "1", "created": NOW}
        assert bridges.get("a") == first
        assert bridges.get("c") is None
        assert sorted(bridges.all(), key=lambda bridge: str(bridge["bridge_id"])) == [
            first,
            {"bridge_id": "b", "token_hash": "2", "created": NOW},
        ]

    @pytest.mark.parametrize("sequence", [8, 0], ids=["greater", "first of a new spool"])
    def test_a_later_connection_takes_over(self, bridges: Bridges, sequence: int) -> None:
        add_connected(bridges, sequence=7)
        connect(bridges, "two", sequence)
        assert bridges.get("a") == {
            "bridge_id": "a",
            "token_hash": "1",
            "connection_id": "two",
            "connection_seq": sequence,
        }

    @pytest.mark.parametrize("sequence", [7, 6, 1])
    def test_a_connection_that_is_not_later_is_refused(self, bridges: Bridges, sequence: int) -> None:
        add_connected(bridges, sequence=7)
        before = bridges.get("a")
        with pytest.raises(ConflictError):
            connect(bridges, "two", sequence)
        assert bridges.get("a") == before

    @pytest.mark.parametrize("sequence", [0, 1])
    def test_a_bridge_that_is_not_there_cannot_connect(self, bridges: Bridges, sequence: int) -> None:
        with pytest.raises(ConflictError):
            connect(bridges, "one", sequence)
        assert bridges.get("a") is None

    def test_the_live_connection_is_noted_and_cleared(self, bridges: Bridges) -> None:
        add_connected(bridges, sequence=1)
        bridges.touch("a", "one", {"paused": ["line"], "last_seen": NOW})
        touched = bridges.get("a")
        assert touched is not None
        assert (touched["paused"], touched["last_seen"]) == (["line"], NOW)
        bridges.disconnect("a", "one")
        assert bridges.get("a") == {**touched, "connection_id": ""}

    def test_a_connection_that_is_not_live_changes_nothing(self, bridges: Bridges) -> None:
        add_connected(bridges, sequence=1)
        before = bridges.get("a")
        bridges.touch("a", "two", {"paused": ["line"]})
        bridges.disconnect("a", "two")
        assert bridges.get("a") == before
        bridges.touch("nobody", "one", {"paused": ["line"]})
        bridges.disconnect("nobody", "one")
        assert bridges.get("nobody") is None


class TestSettings:
    def test_there_are_none_before_the_first(self, settings: Settings) -> None:
        assert settings.current() == ("", {})

    def test_each_generation_replaces_the_one_that_was_expected(self, settings: Settings) -> None:
        content = {"api": {"tries": 3, "names": ["á", "b"]}, "on": True, "share": 0.5}
        settings.replace(expected="", generation="one", content={"number": 1})
        settings.replace(expected="one", generation="two", content=content)
        assert settings.current() == ("two", content)

    @pytest.mark.parametrize("expected", ["", "one", "three"])
    def test_another_generation_than_the_expected_stays(self, settings: Settings, expected: str) -> None:
        settings.replace(expected="", generation="one", content={"number": 1})
        settings.replace(expected="one", generation="two", content={"number": 2})
        with pytest.raises(ConflictError):
            settings.replace(expected=expected, generation="three", content={"number": 3})
        assert settings.current() == ("two", {"number": 2})

    def test_nothing_can_be_expected_before_the_first(self, settings: Settings) -> None:
        with pytest.raises(ConflictError):
            settings.replace(expected="one", generation="two", content={})
        assert settings.current() == ("", {})

    def test_each_extension_keeps_its_newest_secret(self, settings: Settings) -> None:
        assert settings.secret(9994) is None
        for extension, secret in ((9994, "old"), (9995, "other"), (9994, "new")):
            settings.keep_secret(extension, secret)
        assert (settings.secret(9994), settings.secret(9995)) == ("new", "other")


class TestCounters:
    def test_a_counter_is_0_until_it_is_set(self, counters: Counters) -> None:
        assert counters.read("a") == 0
        for value in (497_222, 0, 497_223):
            counters.write("a", value)
            assert counters.read("a") == value
        assert counters.read("b") == 0


class TestNotifications:
    notification = Notification(
        event_id="1", url="http://example.test/", extension=9994, fields={"Text": "á"}
    )

    def test_what_is_put_is_queued(self, empty_queue: tuple["SQSClient", str]) -> None:
        memory, (client, url) = MemoryNotifications(), empty_queue
        memory.put(self.notification)
        NotificationsQueue(client, url).put(self.notification)
        queued = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        assert [Notification.from_json(loads(message["Body"])) for message in queued] == memory.queued

    def test_what_cannot_be_put_is_refused(self, empty_queue: tuple["SQSClient", str]) -> None:
        client, url = empty_queue
        with pytest.raises(ThrottledError):
            NotificationsQueue(client, f"{url}-missing").put(self.notification)


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


def add_connected(bridges: Bridges, *, sequence: int) -> None:
    bridges.add("a", {"token_hash": "1"})
    connect(bridges, "one", sequence)


def connect(bridges: Bridges, connection_id: str, sequence: int) -> None:
    bridges.connect(
        "a", connection_id=connection_id, sequence=sequence, attributes={"connection_seq": sequence}
    )
