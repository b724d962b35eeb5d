"""What the reports of a bridge do to a message, whatever their order."""

from functools import partial
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.message import Item
from gateway.usecases.ports import OutcomeUnknownError, ThrottledError
from gateway.usecases.record_report import ReportRecorder
from gateway_contract.frames import (
    ReportItem,
)
from gateway_contract.lifecycle import State
from gateway_contract.vocabulary import Answer
from tests.cloud.conftest import NOW
from tests.cloud.memory import (
    MemoryConfigured,
    MemoryMessages,
    MemoryNotifications,
)
from tests.cloud.samples import DELIVERED, RETURNED, SPOOLED, SUBMITTED, message


def test_hand_over_takes_the_message_out_of_the_queue(
    recorder: ReportRecorder, messages: MemoryMessages, notifications: MemoryNotifications
) -> None:
    messages.put_new(message())
    assert recorder.record("office", SPOOLED) is Answer.DONE
    item = messages.items["a"]
    assert (item["state"], item["spooled_at"]) == ("spooled", NOW + 1)
    assert not {"waiting_line", "waiting_order"} & set(item)
    assert not notifications.queued


@pytest.mark.parametrize("state", [State.REJECTED, State.UNDELIVERABLE, State.SENT, State.EXPIRED])
def test_final_report_keeps_the_cause_and_notifies(
    recorder: ReportRecorder, messages: MemoryMessages, notifications: MemoryNotifications, state: State
) -> None:
    messages.put_new(message())
    report = ReportItem(
        sms_id="a",
        attempt=1,
        state=state,
        spooled_at=NOW + 1,
        done_at=NOW + 2,
        error="cms:38",
        error_text="Network out of order",
        possible_duplicate=True,
    )
    assert recorder.record("office", report) is Answer.DONE
    item = messages.items["a"]
    assert (item["state"], item["error"], item["done_at"]) == (state, "cms:38", NOW + 2)
    assert "due_hour" not in item
    (notification,) = notifications.queued
    assert notification.fields["State"] == state
    assert notification.fields["ErrorCode"] == "cms:38"
    assert notification.fields["PossibleDuplicate"] == "true"


def test_without_report_url_nothing_is_queued(
    recorder: ReportRecorder, messages: MemoryMessages, notifications: MemoryNotifications
) -> None:
    messages.put_new(message(report_url=""))
    assert recorder.record("office", DELIVERED) is Answer.DONE
    assert not notifications.queued


def in_order(configured: MemoryConfigured) -> tuple[Item, set[str]]:
    return play(configured, [SPOOLED, SUBMITTED, DELIVERED], nested=0)


def play(configured: MemoryConfigured, reports: list[ReportItem], *, nested: int) -> tuple[Item, set[str]]:
    """Record the reports; the last ``nested`` ones happen inside the writes of the first."""
    messages, notifications = MemoryMessages(), MemoryNotifications()
    messages.put_new(message())
    recorder = ReportRecorder(
        messages=messages, notifications=notifications, configured=configured, now=lambda: NOW
    )
    outer, inner = reports[: len(reports) - nested], reports[len(reports) - nested :]
    answers: list[Answer] = []

    def record(report: ReportItem) -> None:
        answers.append(recorder.record("office", report))

    messages.meanwhile += [partial(record, report) for report in inner]
    for report in outer:
        record(report)
    while messages.meanwhile:
        messages.meanwhile.pop(0)()
    assert set(answers) == {Answer.DONE}
    return messages.items["a"], {notification.event_id for notification in notifications.queued}


@pytest.mark.parametrize("order", list(permutations([SPOOLED, SUBMITTED, DELIVERED])))
def test_any_order_ends_in_the_same_item(configured: MemoryConfigured, order: tuple[ReportItem, ...]) -> None:
    assert play(configured, list(order), nested=0) == in_order(configured)


SETTINGS_OF_PLAY = MemoryConfigured({"numbering": {"country_code": "36"}})


@given(
    extra=st.lists(st.sampled_from([SPOOLED, SUBMITTED, DELIVERED]), max_size=3),
    data=st.data(),
)
def test_repeats_and_interleavings_end_in_the_same_item(extra: list[ReportItem], data: st.DataObject) -> None:
    reports = data.draw(st.permutations([SPOOLED, SUBMITTED, DELIVERED, *extra]))
    nested = data.draw(st.integers(0, len(reports) - 1))
    assert play(SETTINGS_OF_PLAY, reports, nested=nested) == in_order(SETTINGS_OF_PLAY)


def test_delivered_corrects_unknown_but_not_the_other_way(
    recorder: ReportRecorder, messages: MemoryMessages, notifications: MemoryNotifications
) -> None:
    messages.put_new(message())
    unknown = ReportItem(sms_id="a", attempt=1, state=State.UNKNOWN, spooled_at=NOW + 1, done_at=NOW + 2)
    for report in (unknown, DELIVERED, unknown):
        assert recorder.record("office", report) is Answer.DONE
    assert messages.items["a"]["state"] == "delivered"
    assert [queued.fields["State"] for queued in notifications.queued] == ["unknown", "delivered"]
    assert len({queued.event_id for queued in notifications.queued}) == 2


def test_repeated_final_item_queues_the_same_notification_again(
    recorder: ReportRecorder, messages: MemoryMessages, notifications: MemoryNotifications
) -> None:
    messages.put_new(message())
    assert [recorder.record("office", DELIVERED) for _ in range(2)] == [Answer.DONE, Answer.DONE]
    first, second = notifications.queued
    assert first == second


def test_done_is_not_answered_before_the_notification_is_durable(
    recorder: ReportRecorder, messages: MemoryMessages, notifications: MemoryNotifications
) -> None:
    messages.put_new(message())
    notifications.refusals.append(ThrottledError())
    assert recorder.record("office", DELIVERED) is Answer.RETRY
    assert recorder.record("office", DELIVERED) is Answer.DONE
    assert len(notifications.queued) == 1


@pytest.mark.parametrize("report", [SPOOLED, SUBMITTED, DELIVERED, RETURNED])
@pytest.mark.parametrize("error", [ThrottledError(), OutcomeUnknownError()])
def test_write_that_fails_is_retried(
    recorder: ReportRecorder, messages: MemoryMessages, report: ReportItem, error: Exception
) -> None:
    messages.put_new(message())
    messages.refusals.append(error)
    assert recorder.record("office", report) is Answer.RETRY
    assert messages.items["a"]["state"] == "queued"
    assert recorder.record("office", report) is Answer.DONE


@pytest.mark.parametrize("report", [SPOOLED, SUBMITTED, DELIVERED])
def test_lost_answer_of_a_write_changes_nothing(
    recorder: ReportRecorder, messages: MemoryMessages, report: ReportItem
) -> None:
    messages.put_new(message())
    messages.lost_answers.append(OutcomeUnknownError())
    assert recorder.record("office", report) is Answer.RETRY
    assert recorder.record("office", report) is Answer.DONE
    assert messages.items["a"]["state"] == report.state


def test_lost_answer_of_a_return_moves_the_message_once(
    recorder: ReportRecorder, messages: MemoryMessages
) -> None:
    messages.put_new(message())
    messages.lost_answers.append(OutcomeUnknownError())
    assert recorder.record("office", RETURNED) is Answer.RETRY
    assert recorder.record("office", RETURNED) is Answer.SUPERSEDED
    assert messages.items["a"]["attempt"] == 2


@pytest.mark.parametrize("report", [SPOOLED, SUBMITTED, DELIVERED, RETURNED])
def test_unknown_message(recorder: ReportRecorder, report: ReportItem) -> None:
    assert recorder.record("office", report) is Answer.UNKNOWN


@pytest.mark.parametrize("report", [SPOOLED, SUBMITTED, DELIVERED, RETURNED])
@pytest.mark.parametrize(
    ("stored", "answer"),
    [
        (message(bridge="other"), Answer.NOT_YOURS),
        (message(attempt=2), Answer.SUPERSEDED),
        (message(attempt=2, bridge="other"), Answer.SUPERSEDED),
        (message(state=State.EXPIRED), Answer.SUPERSEDED),
        (message(state=State.CANCELLED), Answer.SUPERSEDED),
        (message(state=State.FAILED), Answer.SUPERSEDED),
    ],
)
def test_report_that_does_not_concern_the_message_changes_nothing(
    recorder: ReportRecorder,
    messages: MemoryMessages,
    notifications: MemoryNotifications,
    report: ReportItem,
    stored: Item,
    answer: Answer,
) -> None:
    messages.put_new(stored)
    assert recorder.record("office", report) is answer
    assert messages.items["a"] == stored
    assert not notifications.queued
