"""Messages that a line hands back: where they go next, and when."""

from collections.abc import Iterator

from gateway.usecases.record_report import ReportRecorder
from gateway_contract.frames import (
    Pull,
    ReportItem,
)
from gateway_contract.vocabulary import Answer
from tests.cloud.conftest import NOW
from tests.cloud.memory import (
    Clock,
    MemoryConfigured,
    MemoryMessages,
)
from tests.cloud.samples import RETURNED, SPOOLED, SUBMITTED, message
from tests.cloud.say import Say, hello, pulled


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
