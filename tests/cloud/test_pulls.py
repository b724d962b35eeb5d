"""What a bridge that asks for work is given."""

from gateway.usecases.record_report import ReportRecorder
from gateway_contract.frames import (
    Jobs,
    Pull,
    Report,
    ReportAck,
)
from gateway_contract.vocabulary import Answer
from tests.cloud.conftest import NOW
from tests.cloud.memory import (
    MemoryBridges,
    MemoryConfigured,
    MemoryMessages,
)
from tests.cloud.samples import RETURNED, SPOOLED, message
from tests.cloud.say import Say, hello, pulled


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
