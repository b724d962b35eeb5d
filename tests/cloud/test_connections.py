"""The connections of a bridge: which one is served, and what is noted of it."""

import pytest

from gateway.usecases.serve_bridge import BridgeSocket
from gateway_contract.frames import (
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
from tests.cloud.conftest import NOW
from tests.cloud.memory import (
    Clock,
    MemoryBridges,
    MemoryMessages,
)
from tests.cloud.samples import SPOOLED, message
from tests.cloud.say import Say, hello, pulled, refused


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
