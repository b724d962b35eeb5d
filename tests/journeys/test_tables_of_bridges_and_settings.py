"""The other ports in memory keep the same promises as the deployed tables and queue."""

from json import loads
from typing import TYPE_CHECKING

import pytest

from gateway.adapters.queue import NotificationsQueue
from gateway.adapters.tables import BridgesTable, CountersTable, SettingsTable
from gateway.domain.notification import Notification
from gateway.usecases.ports import (
    Bridges,
    ConflictError,
    Counters,
    Settings,
    ThrottledError,
)
from tests.cloud.memory import (
    MemoryBridges,
    MemoryCounters,
    MemoryNotifications,
    MemorySettings,
)
from tests.journeys.copies import Copy

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

NOW = 1_790_000_000.0


@pytest.fixture
def bridges(copy_or_none: Copy | None) -> Bridges:
    return BridgesTable(*copy_or_none("BridgesTableName")) if copy_or_none else MemoryBridges()


@pytest.fixture
def settings(copy_or_none: Copy | None) -> Settings:
    return SettingsTable(*copy_or_none("SettingsTableName")) if copy_or_none else MemorySettings()


@pytest.fixture
def counters(copy_or_none: Copy | None) -> Counters:
    return CountersTable(*copy_or_none("CountersTableName")) if copy_or_none else MemoryCounters()


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


def add_connected(bridges: Bridges, *, sequence: int) -> None:
    bridges.add("a", {"token_hash": "1"})
    connect(bridges, "one", sequence)


def connect(bridges: Bridges, connection_id: str, sequence: int) -> None:
    bridges.connect(
        "a", connection_id=connection_id, sequence=sequence, attributes={"connection_seq": sequence}
    )
