"""The session by a virtual clock: timers, answers, and what is settled at its end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.smpp.codec import frame
from bridge.smpp.events import Answered, BindRefused, Bound, Delivery, Ended, SessionEvent, Unanswered, Unsent
from bridge.smpp.pdus import Bind, Command, Status
from bridge.smpp.session import Phase, SmppSession
from bridge.smpp.timings import SmppTimings

# Golden octets after SMPP 3.4, sections 4.1.6, 4.3.1, 4.4.2, 4.6.1 and 4.11.
_BIND_RESP = bytes.fromhex("00000011 80000009 00000000 00000001 00")
_BIND_RESP_BAD_PASSWORD = bytes.fromhex("00000010 80000009 0000000e 00000001")
_SUBMIT_RESP_2 = bytes.fromhex("00000015 80000004 00000000 00000002 61626331 00")
_SUBMIT_RESP_2_NO_NUL = bytes.fromhex("00000014 80000004 00000000 00000002 61626331")
_SUBMIT_RESP_3_THROTTLED = bytes.fromhex("00000010 80000004 00000058 00000003")
_NACK_2 = bytes.fromhex("00000010 80000000 00000002 00000002")
_ENQUIRE_LINK_2 = bytes.fromhex("00000010 00000015 00000000 00000002")
_ENQUIRE_LINK_RESP_2 = bytes.fromhex("00000010 80000015 00000000 00000002")
_DELIVER_9 = bytes.fromhex(
    "00000025 00000005 00000000 00000009 00 01013100 01013200 000000 00 00 00000000 02 6869"
)

_TIMINGS = SmppTimings()


def _bound() -> SmppSession:
    session = SmppSession(_TIMINGS, now=0.0)
    session.bind(Bind(system_id="office"), now=0.0)
    assert session.bytes_to_send()[4:16] == bytes.fromhex("00000009 00000000 00000001")
    assert session.receive(_BIND_RESP, now=0.0) == [Bound(system_id="")]
    return session


def _submit(session: SmppSession, *, now: float) -> int:
    sequence = session.submit(b"", now=now)
    session.bytes_to_send()
    return sequence


def test_answers_find_their_requests_in_any_order() -> None:
    session = _bound()
    assert [_submit(session, now=at) for at in (1.0, 2.0)] == [2, 3]
    assert session.receive(_SUBMIT_RESP_3_THROTTLED + _SUBMIT_RESP_2, now=3.0) == [
        Answered(sequence=3, status=0x58, message_id="", sent_at=2.0),
        Answered(sequence=2, status=0, message_id="abc1", sent_at=1.0),
    ]
    assert session.outstanding == 0


def test_message_id_without_its_nul_is_read() -> None:
    session = _bound()
    _submit(session, now=1.0)
    (answer,) = session.receive(_SUBMIT_RESP_2_NO_NUL, now=1.0)
    assert isinstance(answer, Answered)
    assert answer.message_id == "abc1"


def test_generic_nack_refuses_the_request_of_its_number() -> None:
    session = _bound()
    _submit(session, now=1.0)
    assert session.receive(_NACK_2, now=1.0) == [Answered(sequence=2, status=2, message_id="", sent_at=1.0)]


def test_answer_that_never_comes_is_unanswered_and_a_late_one_changes_nothing() -> None:
    session = _bound()
    _submit(session, now=1.0)
    due = 1.0 + _TIMINGS.response_timeout_s
    # Traffic keeps enquire_link away, so that the response timer is the one that is due.
    session.receive(_DELIVER_9, now=due - 1.0)
    assert session.next_deadline() == due
    assert session.tick(now=due - 0.001) == []
    (event,) = session.tick(now=due)
    assert isinstance(event, Unanswered)
    assert event.sequence == 2
    assert session.receive(_SUBMIT_RESP_2, now=due) == []


def test_end_tells_what_left_from_what_did_not() -> None:
    session = _bound()
    _submit(session, now=1.0)
    session.submit(b"", now=2.0)
    kinds = [type(event) for event in session.end("connection_lost")]
    assert kinds == [Unanswered, Unsent, Ended]
    assert session.bytes_to_send() == b""
    assert session.end("again") == []


def test_silent_smsc_is_asked_twice_and_then_given_up() -> None:
    session = _bound()
    at = _TIMINGS.enquire_link_interval_s
    assert session.next_deadline() == at
    assert session.tick(now=at) == []
    assert session.bytes_to_send() == _ENQUIRE_LINK_2
    at += _TIMINGS.enquire_link_timeout_s
    assert session.next_deadline() == at
    assert session.tick(now=at) == []
    assert session.bytes_to_send()
    at += _TIMINGS.enquire_link_timeout_s
    assert session.tick(now=at) == [Ended(reason="enquire_link_timeout")]
    assert session.next_deadline() is None


def test_answered_enquire_link_starts_the_silence_anew() -> None:
    session = _bound()
    at = _TIMINGS.enquire_link_interval_s
    session.tick(now=at)
    session.receive(_ENQUIRE_LINK_RESP_2, now=at + 1.0)
    assert session.next_deadline() == at + 1.0 + _TIMINGS.enquire_link_interval_s


def test_delivery_is_answered_only_when_told() -> None:
    session = _bound()
    (delivery,) = session.receive(_DELIVER_9, now=1.0)
    assert isinstance(delivery, Delivery)
    assert session.bytes_to_send() == b""
    session.acknowledge(delivery)
    session.acknowledge(delivery, Status.TEMPORARY_APP_ERROR)
    assert session.bytes_to_send() == bytes.fromhex(
        "00000011 80000005 00000000 00000009 00 00000011 80000005 00000064 00000009 00"
    )


def test_refused_bind_ends_the_session_with_its_status() -> None:
    session = SmppSession(_TIMINGS, now=0.0)
    session.bind(Bind(system_id="office"), now=0.0)
    wanted: list[SessionEvent] = [BindRefused(status=0x0E), Ended(reason="bind_failed")]
    assert session.receive(_BIND_RESP_BAD_PASSWORD, now=1.0) == wanted
    assert session.phase is Phase.CLOSED


def test_bind_without_answer_times_out() -> None:
    session = SmppSession(_TIMINGS, now=0.0)
    session.bind(Bind(system_id="office"), now=0.0)
    assert session.next_deadline() == _TIMINGS.bind_timeout_s
    assert session.tick(now=_TIMINGS.bind_timeout_s) == [Ended(reason="bind_timeout")]


def test_unbind_waits_for_its_answer() -> None:
    session = _bound()
    session.unbind(now=1.0)
    assert session.bytes_to_send() == bytes.fromhex("00000010 00000006 00000000 00000002")
    assert session.receive(bytes.fromhex("00000010 80000006 00000000 00000002"), now=1.0) == [
        Ended(reason="unbound")
    ]


@pytest.mark.parametrize(
    ("request_hex", "answer_hex", "events"),
    [
        ("00000010 00000123 00000000 00000009", "00000010 80000000 00000003 00000009", []),
        ("00000010 00000015 00000000 0000002a", "00000010 80000015 00000000 0000002a", []),
        (
            "00000010 00000006 00000000 0000002b",
            "00000010 80000006 00000000 0000002b",
            [Ended(reason="unbound_by_peer")],
        ),
    ],
    ids=["unknown-command", "enquire-link", "unbind"],
)
def test_request_of_the_smsc_is_answered(
    request_hex: str, answer_hex: str, events: list[SessionEvent]
) -> None:
    """Streams of the same names in tests/vectors/smpp_dlr.json."""
    session = _bound()
    assert session.receive(bytes.fromhex(request_hex), now=1.0) == events
    assert session.bytes_to_send() == bytes.fromhex(answer_hex)


@pytest.mark.parametrize("length", ["0000000f", "7fffffff"])
def test_impossible_length_ends_the_session_and_settles_what_waits(length: str) -> None:
    session = _bound()
    _submit(session, now=1.0)
    unanswered, ended = session.receive(bytes.fromhex(length + "00000005 00000000 00000001"), now=2.0)
    assert isinstance(unanswered, Unanswered)
    assert isinstance(ended, Ended)
    assert ended.reason == "violation"


@given(st.sampled_from(Command), st.integers(0, 9), st.integers(0, 0xFF), st.binary(max_size=120))
def test_session_survives_any_body(command: Command, sequence: int, status: int, body: bytes) -> None:
    session = _bound()
    _submit(session, now=1.0)
    session.receive(frame(command, sequence, body, status=status), now=2.0)
    session.end("connection_lost")
    assert session.outstanding == 0
