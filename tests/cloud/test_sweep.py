"""What time alone does: deadlines, and bridges that are gone."""

import pytest

from gateway.domain.message import hour_of
from gateway.usecases.ports import ThrottledError
from gateway.usecases.record_report import ReportRecorder
from gateway.usecases.sweep import Sweeper
from gateway_contract.frames import ReportItem
from gateway_contract.lifecycle import State
from gateway_contract.vocabulary import Answer
from tests.cloud.conftest import NOW
from tests.cloud.memory import (
    Clock,
    MemoryBridges,
    MemoryConfigured,
    MemoryCounters,
    MemoryMessages,
    MemoryNotifications,
)
from tests.cloud.samples import DELIVERED, RETURNED, SPOOLED, message

HOUR = 3600
DEADLINE = NOW + HOUR
WINDOW = 48 * HOUR


@pytest.fixture
def counters() -> MemoryCounters:
    return MemoryCounters()


@pytest.fixture
def sweeper(
    messages: MemoryMessages,
    bridges: MemoryBridges,
    counters: MemoryCounters,
    notifications: MemoryNotifications,
    configured: MemoryConfigured,
    clock: Clock,
) -> Sweeper:
    return Sweeper(
        messages=messages,
        bridges=bridges,
        counters=counters,
        notifications=notifications,
        configured=configured,
        now=clock,
    )


def sweep(sweeper: Sweeper, messages: MemoryMessages, clock: Clock, *, at: float) -> int:
    clock.time = at
    messages.catch_up()
    return sweeper.sweep_due()


# Deadlines


def test_message_that_was_never_handed_over_expires(
    sweeper: Sweeper, messages: MemoryMessages, notifications: MemoryNotifications, clock: Clock
) -> None:
    messages.put_new(message())
    assert sweep(sweeper, messages, clock, at=DEADLINE - 1) == 0
    assert messages.items["a"]["state"] == "queued"
    assert sweep(sweeper, messages, clock, at=DEADLINE) == 1
    item = messages.items["a"]
    assert (item["state"], item["error"], item["done_at"]) == ("expired", "bridge:expired", DEADLINE)
    assert not {"waiting_line", "waiting_order", "due_hour"} & set(item)
    assert [queued.fields["State"] for queued in notifications.queued] == ["expired"]


def test_each_minute_what_was_never_handed_over_expires(
    sweeper: Sweeper,
    messages: MemoryMessages,
    notifications: MemoryNotifications,
    counters: MemoryCounters,
    clock: Clock,
) -> None:
    messages.put_new(message())
    messages.catch_up()
    clock.time = DEADLINE
    assert (sweeper.sweep_expired(), sweeper.sweep_expired()) == (1, 0)
    assert messages.items["a"]["state"] == "expired"
    assert len(notifications.queued) == 1
    assert counters.values == {}


def test_message_that_no_line_took_fails_with_the_last_cause(
    sweeper: Sweeper,
    messages: MemoryMessages,
    recorder: ReportRecorder,
    notifications: MemoryNotifications,
    clock: Clock,
) -> None:
    messages.put_new(message())
    recorder.record("office", RETURNED)
    assert sweep(sweeper, messages, clock, at=DEADLINE) == 1
    assert (messages.items["a"]["state"], messages.items["a"]["error"]) == ("failed", "bridge:line_down")
    assert [queued.fields["ErrorCode"] for queued in notifications.queued] == ["bridge:line_down"]


@pytest.mark.parametrize("state", [State.SPOOLED, State.SUBMITTED])
def test_message_of_a_lost_bridge_becomes_unknown_after_twice_the_window(
    sweeper: Sweeper,
    messages: MemoryMessages,
    notifications: MemoryNotifications,
    clock: Clock,
    state: State,
) -> None:
    messages.put_new(message(state=state, spooled_at=NOW))
    assert sweep(sweeper, messages, clock, at=DEADLINE) == 0
    assert sweep(sweeper, messages, clock, at=DEADLINE + 2 * WINDOW - 1) == 0
    assert sweep(sweeper, messages, clock, at=DEADLINE + 2 * WINDOW) == 1
    assert (messages.items["a"]["state"], messages.items["a"]["error"]) == ("unknown", "bridge:no_report")
    assert len(notifications.queued) == 1


def test_unknown_by_the_sweep_is_corrected_by_a_late_receipt(
    sweeper: Sweeper, messages: MemoryMessages, recorder: ReportRecorder, clock: Clock
) -> None:
    messages.put_new(message(state=State.SUBMITTED, spooled_at=NOW))
    sweep(sweeper, messages, clock, at=DEADLINE + 2 * WINDOW)
    assert recorder.record("office", DELIVERED) is Answer.DONE
    assert messages.items["a"]["state"] == "delivered"


def test_hand_over_that_comes_after_the_deadline_is_superseded(
    sweeper: Sweeper, messages: MemoryMessages, recorder: ReportRecorder, clock: Clock
) -> None:
    messages.put_new(message())
    sweep(sweeper, messages, clock, at=DEADLINE)
    assert recorder.record("office", SPOOLED) is Answer.SUPERSEDED


def test_hand_over_that_overtakes_the_sweep_wins(
    sweeper: Sweeper,
    messages: MemoryMessages,
    recorder: ReportRecorder,
    notifications: MemoryNotifications,
    clock: Clock,
) -> None:
    messages.put_new(message())
    messages.meanwhile.append(lambda: recorder.record("office", SPOOLED))
    assert sweep(sweeper, messages, clock, at=DEADLINE) == 0
    assert messages.items["a"]["state"] == "spooled"
    assert not notifications.queued


def test_lagging_index_closes_nothing_twice(
    sweeper: Sweeper, messages: MemoryMessages, notifications: MemoryNotifications, clock: Clock
) -> None:
    messages.put_new(message())
    assert sweep(sweeper, messages, clock, at=DEADLINE) == 1
    assert sweeper.sweep_due() == 0
    assert len(notifications.queued) == 1


def test_notification_that_could_not_be_queued_is_queued_by_the_next_sweep(
    sweeper: Sweeper, messages: MemoryMessages, notifications: MemoryNotifications, clock: Clock
) -> None:
    messages.put_new(message())
    notifications.refusals.append(ThrottledError())
    with pytest.raises(ThrottledError):
        sweep(sweeper, messages, clock, at=DEADLINE)
    sweep(sweeper, messages, clock, at=DEADLINE + 60)
    assert [queued.fields["State"] for queued in notifications.queued] == ["expired"]
    sweep(sweeper, messages, clock, at=DEADLINE + 120)
    assert len(notifications.queued) == 1


def test_what_a_bridge_closed_is_not_notified_again(
    sweeper: Sweeper,
    messages: MemoryMessages,
    recorder: ReportRecorder,
    notifications: MemoryNotifications,
    clock: Clock,
) -> None:
    messages.put_new(message())
    unknown = ReportItem(sms_id="a", attempt=1, state=State.UNKNOWN, spooled_at=NOW, done_at=NOW + 1)
    recorder.record("office", unknown)
    assert sweep(sweeper, messages, clock, at=DEADLINE) == 0
    assert len(notifications.queued) == 1


def test_cursor_moves_past_hours_that_are_done(
    sweeper: Sweeper, messages: MemoryMessages, counters: MemoryCounters, clock: Clock
) -> None:
    messages.put_new(message())
    sweep(sweeper, messages, clock, at=DEADLINE + 5 * HOUR)
    assert set(counters.values.values()) == {hour_of(DEADLINE + 5 * HOUR)}


def test_cursor_stays_at_the_first_hour_with_something_open(
    sweeper: Sweeper, messages: MemoryMessages, counters: MemoryCounters, clock: Clock
) -> None:
    messages.put_new(message("a", state=State.SUBMITTED, spooled_at=NOW))
    messages.put_new(message("b", deadline=DEADLINE + 2 * HOUR))
    assert sweep(sweeper, messages, clock, at=DEADLINE + 5 * HOUR) == 1
    assert set(counters.values.values()) == {hour_of(DEADLINE)}


def test_hour_that_is_not_over_is_looked_at_again(
    sweeper: Sweeper, messages: MemoryMessages, clock: Clock
) -> None:
    start = hour_of(NOW) * HOUR + 2.0 * HOUR
    messages.put_new(message("early", deadline=start + 60))
    messages.put_new(message("late", deadline=start + 120))
    assert sweep(sweeper, messages, clock, at=start + 61) == 1
    assert sweep(sweeper, messages, clock, at=start + HOUR + 1) == 1


def test_sweep_that_was_away_for_days_catches_up(
    sweeper: Sweeper, messages: MemoryMessages, clock: Clock
) -> None:
    sweep(sweeper, messages, clock, at=NOW)
    messages.put_new(message())
    assert sweep(sweeper, messages, clock, at=NOW + 20 * 24 * HOUR) == 1


# Bridges that are gone


@pytest.fixture
def depot(configured: MemoryConfigured, bridges: MemoryBridges) -> MemoryBridges:
    """``smpp1`` is held by a second bridge, which is alive."""
    configured.content["line"][1]["bridge"] = "depot"
    bridges.add("depot", {"last_seen": NOW})
    bridges.items["office"]["last_seen"] = NOW - 600
    return bridges


@pytest.mark.usefixtures("depot")
def test_waiting_message_of_a_gone_bridge_moves_to_the_next_line(
    sweeper: Sweeper, messages: MemoryMessages, recorder: ReportRecorder
) -> None:
    messages.put_new(message(lines=["gsm1", "smpp1"]))
    messages.catch_up()
    assert sweeper.sweep_waiting() == 1
    item = messages.items["a"]
    assert (item["line"], item["bridge"], item["attempt"], item["state"]) == ("smpp1", "depot", 2, "queued")
    assert recorder.record("office", SPOOLED) is Answer.SUPERSEDED
    assert sweeper.sweep_waiting() == 0


def test_bridge_seen_lately_keeps_its_messages(
    sweeper: Sweeper, messages: MemoryMessages, depot: MemoryBridges
) -> None:
    depot.items["office"]["last_seen"] = NOW - 599
    messages.put_new(message(lines=["gsm1", "smpp1"]))
    messages.catch_up()
    assert sweeper.sweep_waiting() == 0


@pytest.mark.usefixtures("depot")
def test_handed_over_message_stays_with_its_bridge(
    sweeper: Sweeper, messages: MemoryMessages, recorder: ReportRecorder
) -> None:
    messages.put_new(message(lines=["gsm1", "smpp1"]))
    messages.catch_up()
    recorder.record("office", SPOOLED)
    assert sweeper.sweep_waiting() == 0
    assert messages.items["a"]["bridge"] == "office"


@pytest.mark.usefixtures("depot")
def test_message_without_another_line_waits(sweeper: Sweeper, messages: MemoryMessages) -> None:
    messages.put_new(message())
    messages.catch_up()
    assert sweeper.sweep_waiting() == 0
    assert messages.items["a"]["attempt"] == 1


@pytest.mark.usefixtures("depot")
def test_lines_of_gone_bridges_are_passed_over(
    sweeper: Sweeper, messages: MemoryMessages, configured: MemoryConfigured
) -> None:
    configured.content["line"].append({"name": "gsm2", "bridge": "office"})
    messages.put_new(message(lines=["gsm1", "gsm2", "smpp1"]))
    messages.catch_up()
    assert sweeper.sweep_waiting() == 1
    assert messages.items["a"]["line"] == "smpp1"


def test_message_follows_a_line_that_was_given_to_another_bridge(
    sweeper: Sweeper, messages: MemoryMessages, depot: MemoryBridges
) -> None:
    depot.items["office"]["last_seen"] = NOW
    messages.put_new(message(line="smpp1", bridge="office"))
    messages.catch_up()
    assert sweeper.sweep_waiting() == 1
    assert (messages.items["a"]["line"], messages.items["a"]["bridge"]) == ("smpp1", "depot")
