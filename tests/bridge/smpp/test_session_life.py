"""How a session begins, notices silence and ends, by a virtual clock."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.smpp.events import BindRefused, Bound, Ended, SessionEvent, Unanswered, Unsent
from bridge.smpp.pdus import Bind, Command
from bridge.smpp.session import TRANSITIONS, Phase, SmppSession, Step, advance
from tests.bridge.smpp.sessions import SUBMIT, TIMINGS, binding, bound, octets, sent, submit


def test_the_table_ends_from_every_phase_and_skips_none() -> None:
    assert {phase for phase, step in TRANSITIONS if step is Step.END} == set(Phase)
    assert advance(Phase.OPEN, Step.BIND_TAKEN) is Phase.OPEN
    assert advance(Phase.CLOSED, Step.BIND) is Phase.CLOSED


# Bind


def test_a_taken_bind_binds() -> None:
    session = binding()
    # SMPP 3.4, 4.1.6, with an empty system_id.
    assert session.receive(bytes.fromhex("00000011 80000009 00000000 00000001 00"), now=0) == [
        Bound(system_id="")
    ]
    assert session.phase is Phase.BOUND


def test_a_refused_bind_ends_the_session_with_its_status() -> None:
    session = binding()
    wanted: list[SessionEvent] = [BindRefused(status=0x0E), Ended(reason="bind_failed")]
    assert session.receive(bytes.fromhex("00000010 80000009 0000000e 00000001"), now=1) == wanted
    assert session.phase is Phase.CLOSED


def test_a_generic_nack_refuses_a_bind() -> None:
    events = binding().receive(octets(Command.GENERIC_NACK, 1, status=0x03), now=1)
    assert events[0] == BindRefused(status=0x03)


def test_a_bind_without_answer_ends_the_session() -> None:
    session = SmppSession(TIMINGS, now=0)
    session.bind(Bind(system_id="esme"), now=0)
    assert session.next_deadline() == TIMINGS.bind_timeout_s
    assert session.tick(now=14.9) == []
    assert session.tick(now=15.0) == [Ended(reason="bind_timeout")]
    assert session.next_deadline() is None


def test_submitting_without_a_bind_is_our_misuse() -> None:
    with pytest.raises(RuntimeError, match="submit while open"):
        SmppSession(TIMINGS, now=0).submit(SUBMIT, now=0)


# Silence


def test_silence_is_asked_about_twice_and_ends_the_session() -> None:
    session = bound()
    assert session.next_deadline() == TIMINGS.enquire_link_interval_s == 30
    assert session.tick(now=30) == []
    assert session.bytes_to_send() == bytes.fromhex("00000010 00000015 00000000 00000002")
    assert session.next_deadline() == 30 + TIMINGS.enquire_link_timeout_s == 40
    assert session.tick(now=40) == []
    assert sent(session) == [(Command.ENQUIRE_LINK, 3, 0)]
    assert session.tick(now=50) == [Ended(reason="enquire_link_timeout")]
    assert session.next_deadline() is None


def test_any_word_of_the_peer_shows_that_it_lives() -> None:
    session = bound()
    session.tick(now=30)
    session.receive(bytes.fromhex("00000010 80000015 00000000 00000002"), now=31)
    assert session.next_deadline() == 61
    assert session.tick(now=60) == []


# The end


def test_lost_requests_are_told_apart_by_whether_they_left() -> None:
    session = bound()
    left = submit(session, now=1)
    stayed = session.submit(SUBMIT, now=1)
    assert session.end("connection_lost") == [
        Unanswered(sequence=left, reason="the connection ended before the answer"),
        Unsent(sequence=stayed),
        Ended(reason="connection_lost"),
    ]
    assert session.bytes_to_send() == b""
    assert session.end("again") == []


def test_the_peers_unbind_is_answered_and_settles_what_waits() -> None:
    session = bound()
    sequence = submit(session, now=1)
    events = session.receive(octets(Command.UNBIND, 43), now=2)
    assert sent(session) == [(Command.UNBIND_RESP, 43, 0)]
    assert events == [
        Unanswered(sequence=sequence, reason="the connection ended before the answer"),
        Ended(reason="unbound_by_peer"),
    ]


@pytest.mark.parametrize("answered", [True, False])
def test_our_unbind_waits_for_its_answer_for_a_while(answered: bool) -> None:
    session = bound()
    session.unbind(now=1)
    assert session.bytes_to_send() == bytes.fromhex("00000010 00000006 00000000 00000002")
    assert session.next_deadline() == 6
    if answered:
        answer = bytes.fromhex("00000010 80000006 00000000 00000002")
        assert session.receive(answer, now=2) == [Ended(reason="unbound")]
    else:
        assert session.tick(now=6) == [Ended(reason="unbind_timeout")]


@pytest.mark.parametrize("length", [0x0000000F, 0x7FFFFFFF])
def test_impossible_length_ends_the_session_and_settles_what_waits(length: int) -> None:
    session = bound()
    submit(session, now=1)
    unanswered, ended = session.receive(struct.pack(">LLLL", length, 5, 0, 1), now=2)
    assert isinstance(unanswered, Unanswered)
    assert ended == Ended(reason="violation", detail=f"command_length {length}")
    assert session.receive(octets(Command.ENQUIRE_LINK, 1), now=2) == []


@given(st.lists(st.binary(max_size=64), max_size=6), st.booleans())
def test_any_octets_leave_a_session_that_works_or_is_closed(chunks: list[bytes], with_header: bool) -> None:
    session = bound()
    session.submit(SUBMIT, now=0)
    for index, chunk in enumerate(chunks):
        header = struct.pack(">LL", 16 + len(chunk), list(Command)[index % len(Command)]) + b"\0" * 8
        session.receive(header + chunk if with_header else chunk, now=1)
        session.tick(now=2)
        session.bytes_to_send()
    assert session.phase is Phase.CLOSED or session.submit(SUBMIT, now=3) > 0
