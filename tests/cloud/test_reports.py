"""A bridge's websocket and what its reports do, whatever their order."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.message import Item, due_hour, waiting_keys
from gateway.usecases.ports import OutcomeUnknownError, ThrottledError
from gateway.usecases.record_report import ReportRecorder
from gateway.usecases.serve_bridge import BridgeSocket
from gateway_contract.frames import (
    Error,
    Frame,
    Hello,
    Jobs,
    LineInfo,
    Lines,
    Pull,
    Report,
    ReportAck,
    ReportItem,
    Welcome,
)
from gateway_contract.lifecycle import State
from gateway_contract.vocabulary import Answer, ErrorReason, LineKind
from gateway_contract.wire import encode
from tests.cloud.conftest import NOW
from tests.cloud.memory import (
    Clock,
    MemoryBridges,
    MemoryConfigured,
    MemoryMessages,
    MemoryNotifications,
)

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


@pytest.fixture
def say(socket: BridgeSocket) -> Callable[..., Frame | None]:
    def say(frame: Frame, *, connection: str = "c1", bridge: str = "office") -> Frame | None:
        return socket.answer(bridge, connection, encode(frame))

    return say


Say = Callable[..., Frame | None]


def hello(sequence: int = 1, spool: str = "s1", **more: Any) -> Hello:
    return Hello(spool_id=spool, connection_seq=sequence, **more)


def pulled(answer: Frame | None) -> list[str]:
    assert isinstance(answer, Jobs)
    return [job.sms_id for job in answer.jobs]


def refused(answer: Frame | None) -> ErrorReason:
    assert isinstance(answer, Error)
    return answer.reason


# Reports


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


# Messages that a line hands back


def test_returned_message_goes_to_the_next_line_at_once(
    recorder: ReportRecorder, messages: MemoryMessages
) -> None:
    messages.put_new(message(lines=["gsm1", "smpp1"]))
    recorder.record("office", SPOOLED)
    assert recorder.record("office", RETURNED) is Answer.DONE
    item = messages.items["a"]
    assert (item["state"], item["line"], item["attempt"], item["returns"]) == ("queued", "smpp1", 2, 1)
    assert (item["error"], item["error_text"]) == ("bridge:line_down", "down")
    assert "spooled_at" not in item
    messages.catch_up()
    assert [waiting["sms_id"] for waiting in messages.waiting("smpp1", limit=9, now=NOW)] == ["a"]
    assert messages.waiting("gsm1", limit=9, now=NOW) == []


def returns(
    recorder: ReportRecorder, messages: MemoryMessages, lines: list[str], times: int
) -> Iterator[tuple[str, float]]:
    """Return a message again and again: the line it goes to and how long it waits."""
    messages.put_new(message(lines=lines, line=lines[0]))
    for attempt in range(1, times + 1):
        report = ReportItem(sms_id="a", attempt=attempt, state=None, error="bridge:line_down")
        assert recorder.record("office", report) is Answer.DONE
        item = messages.items["a"]
        yield item["line"], int(item["waiting_order"].split("#")[1]) / 1000 - NOW


def test_each_pass_over_the_lines_waits_twice_as_long(
    recorder: ReportRecorder, messages: MemoryMessages
) -> None:
    assert list(returns(recorder, messages, ["gsm1", "smpp1"], 6)) == [
        ("smpp1", 0),
        ("gsm1", 30),
        ("smpp1", 0),
        ("gsm1", 60),
        ("smpp1", 0),
        ("gsm1", 120),
    ]


def test_wait_has_an_upper_limit(recorder: ReportRecorder, messages: MemoryMessages) -> None:
    waits = [wait for _, wait in returns(recorder, messages, ["gsm1"], 8)]
    assert waits == [30, 60, 120, 240, 480, 600, 600, 600]


def test_returned_message_is_not_offered_before_its_time(
    recorder: ReportRecorder, messages: MemoryMessages, say: Say, clock: Clock
) -> None:
    messages.put_new(message())
    recorder.record("office", RETURNED)
    messages.catch_up()
    say(hello())
    clock.time = NOW + 29.9
    assert pulled(say(Pull(pull=1, room={"gsm1": 5}))) == []
    clock.time = NOW + 30
    assert pulled(say(Pull(pull=2, room={"gsm1": 5}))) == ["a"]


def test_message_that_was_sent_cannot_be_returned(recorder: ReportRecorder, messages: MemoryMessages) -> None:
    messages.put_new(message())
    recorder.record("office", SUBMITTED)
    assert recorder.record("office", RETURNED) is Answer.SUPERSEDED
    assert messages.items["a"]["state"] == "submitted"


def test_returned_message_goes_to_the_bridge_of_its_next_line(
    recorder: ReportRecorder, messages: MemoryMessages, configured: MemoryConfigured
) -> None:
    configured.content["line"][1]["bridge"] = "depot"
    messages.put_new(message(lines=["gsm1", "smpp1"]))
    recorder.record("office", RETURNED)
    assert messages.items["a"]["bridge"] == "depot"


# Connections


def test_welcome_names_the_lines_of_the_bridge(say: Say) -> None:
    assert say(hello()) == Welcome(
        bridge_id="office", server_time=NOW, lines=("gsm1", "smpp1"), report_window_s=48 * 3600
    )


def test_nothing_is_served_before_hello(say: Say) -> None:
    assert refused(say(Pull(pull=1))) is ErrorReason.HELLO_FIRST


def test_bad_frame_and_unknown_bridge_are_refused(socket: BridgeSocket, say: Say) -> None:
    assert refused(socket.answer("office", "c1", "{")) is ErrorReason.BAD_FRAME
    assert refused(say(hello(), bridge="nobody")) is ErrorReason.REVOKED


def test_revoked_bridge_is_refused(say: Say, bridges: MemoryBridges) -> None:
    say(hello())
    bridges.items["office"]["revoked"] = True
    assert refused(say(Pull(pull=1))) is ErrorReason.REVOKED


def test_old_version_is_refused(say: Say) -> None:
    assert refused(say(hello(version=0))) is ErrorReason.VERSION_TOO_OLD


def test_stale_connection_gets_no_work(say: Say, messages: MemoryMessages) -> None:
    messages.put_new(message())
    messages.catch_up()
    say(hello(1), connection="c1")
    say(hello(2), connection="c2")
    assert refused(say(Pull(pull=1, room={"gsm1": 1}), connection="c1")) is ErrorReason.STALE_CONNECTION
    assert pulled(say(Pull(pull=1, room={"gsm1": 1}), connection="c2")) == ["a"]


def test_replaced_connection_may_still_report(say: Say, messages: MemoryMessages) -> None:
    messages.put_new(message())
    for sequence in (1, 2):
        say(hello(sequence), connection=f"c{sequence}")
    assert say(Report(batch=1, items=(SPOOLED,)), connection="c1") == ReportAck(
        batch=1, answers=(Answer.DONE,)
    )
    say(hello(3), connection="c3")
    late = say(Report(batch=2, items=(SPOOLED,)), connection="c1")
    assert refused(late) is ErrorReason.STALE_CONNECTION


@pytest.mark.parametrize("sequence", [1, 2])
def test_hello_that_was_overtaken_is_refused(say: Say, bridges: MemoryBridges, sequence: int) -> None:
    say(hello(2), connection="c2")
    assert refused(say(hello(sequence), connection="c1")) is ErrorReason.STALE_CONNECTION
    assert bridges.items["office"]["connection_id"] == "c2"


def test_second_spool_must_wait_until_the_first_is_silent(say: Say, clock: Clock) -> None:
    say(hello(7))
    clock.time = NOW + 59
    assert refused(say(hello(1, "s2"), connection="c2")) is ErrorReason.SPOOL_IN_USE
    clock.time = NOW + 60
    assert isinstance(say(hello(1, "s2"), connection="c2"), Welcome)


def test_pulls_keep_a_spool_in_use(say: Say, clock: Clock) -> None:
    say(hello())
    clock.time = NOW + 50
    say(Pull(pull=1))
    clock.time = NOW + 100
    assert refused(say(hello(1, "s2"), connection="c2")) is ErrorReason.SPOOL_IN_USE


def test_every_item_of_a_report_is_answered_in_order(say: Say, messages: MemoryMessages) -> None:
    messages.put_new(message("a"))
    messages.put_new(message("b", bridge="other"))
    say(hello())
    items = (
        ReportItem(sms_id="missing", attempt=1, state=State.SPOOLED),
        ReportItem(sms_id="b", attempt=1, state=State.SPOOLED),
        SPOOLED,
        ReportItem(sms_id="a", attempt=0, state=State.SPOOLED),
    )
    assert say(Report(batch=4, items=items)) == ReportAck(
        batch=4, answers=(Answer.UNKNOWN, Answer.NOT_YOURS, Answer.DONE, Answer.SUPERSEDED)
    )


def test_line_states_are_noted(say: Say, bridges: MemoryBridges) -> None:
    say(hello(lines=(LineInfo(name="gsm1", kind=LineKind.MODEM, state="starting"),)))
    assert say(Lines(lines=(LineInfo(name="smpp1", kind=LineKind.SMPP, state="up"),))) is None
    assert say(Lines(lines=(LineInfo(name="gsm1", kind=LineKind.MODEM, state="up"),))) is None
    noted = bridges.items["office"]["lines"]
    assert noted.count('"state": "up"') == 2
    assert "starting" not in noted


# Pulls


def test_pull_gives_only_lines_of_that_bridge(
    say: Say, messages: MemoryMessages, configured: MemoryConfigured
) -> None:
    configured.content["line"][1]["bridge"] = "depot"
    messages.put_new(message("a"))
    messages.put_new(message("b", line="smpp1", bridge="depot"))
    messages.put_new(message("c", bridge="depot"))
    messages.catch_up()
    say(hello())
    assert pulled(say(Pull(pull=1, room={"gsm1": 5, "smpp1": 5}))) == ["a"]


def test_best_priority_first_then_the_oldest(say: Say, messages: MemoryMessages) -> None:
    for sms_id, priority, age in (("low", 0, 9), ("new", 2, 1), ("old", 2, 5), ("high", 3, 0)):
        messages.put_new(message(sms_id, priority=priority, created=NOW - age))
    messages.catch_up()
    say(hello())
    assert pulled(say(Pull(pull=1, room={"gsm1": 9}))) == ["high", "old", "new", "low"]


def test_room_bounds_the_answer_which_says_that_there_is_more(say: Say, messages: MemoryMessages) -> None:
    for number in range(5):
        messages.put_new(message(f"m{number}", created=NOW - 9 + number))
    messages.catch_up()
    say(hello())
    answer = say(Pull(pull=7, room={"gsm1": 3}))
    assert isinstance(answer, Jobs)
    assert (pulled(answer), answer.more, answer.pull) == (["m0", "m1", "m2"], True, 7)
    answer = say(Pull(pull=8, room={"gsm1": 5}))
    assert isinstance(answer, Jobs)
    assert (len(answer.jobs), answer.more) == (5, False)


def test_paused_line_gets_nothing_and_is_noted(
    say: Say, messages: MemoryMessages, bridges: MemoryBridges
) -> None:
    messages.put_new(message())
    messages.catch_up()
    say(hello())
    assert pulled(say(Pull(pull=1, room={"gsm1": 0, "smpp1": 1}))) == []
    assert bridges.items["office"]["paused"] == ["gsm1"]


def test_lagging_index_may_offer_again_and_the_second_hand_over_is_harmless(
    say: Say, messages: MemoryMessages
) -> None:
    messages.put_new(message())
    messages.catch_up()
    say(hello())
    assert pulled(say(Pull(pull=1, room={"gsm1": 5}))) == ["a"]
    say(Report(batch=1, items=(SPOOLED,)))
    assert pulled(say(Pull(pull=2, room={"gsm1": 5}))) == ["a"]  # as it stood
    assert say(Report(batch=2, items=(SPOOLED,))) == ReportAck(batch=2, answers=(Answer.DONE,))
    messages.catch_up()
    assert pulled(say(Pull(pull=3, room={"gsm1": 5}))) == []


def test_lagging_index_offering_an_old_attempt_is_superseded(
    say: Say, messages: MemoryMessages, recorder: ReportRecorder
) -> None:
    messages.put_new(message(lines=["gsm1", "smpp1"]))
    messages.catch_up()
    recorder.record("office", RETURNED)
    say(hello())
    assert pulled(say(Pull(pull=1, room={"gsm1": 5}))) == ["a"]  # attempt 1, no longer on this line
    assert say(Report(batch=1, items=(SPOOLED,))) == ReportAck(batch=1, answers=(Answer.SUPERSEDED,))
    assert messages.items["a"]["line"] == "smpp1"
