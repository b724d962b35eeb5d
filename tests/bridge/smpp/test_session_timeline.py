"""The session on a virtual clock, octet by octet."""

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.smpp.codec import Decoder, encode, encode_body
from bridge.smpp.events import (
    Answered,
    BindRefused,
    Bound,
    Delivery,
    Ended,
    Unanswered,
    Unsent,
)
from bridge.smpp.pdus import Bind, BindResp, Body, Command, DataSm, Empty, MessageIdResp, Pdu, ShortMessage
from bridge.smpp.session import TRANSITIONS, Phase, SmppSession, Step, advance
from bridge.smpp.timings import SmppTimings

TIMINGS = SmppTimings()
SUBMIT = encode_body(ShortMessage(destination_addr="36301234567", short_message=b"hi"))


def octets(command: Command, sequence: int, body: Body | None = None, *, status: int = 0) -> bytes:
    return encode(Pdu(command_id=command, sequence=sequence, status=status, body=body or Empty()))


def sent(session: SmppSession) -> list[tuple[int, int, int]]:
    """(command_id, sequence, status) of what the session wants to send."""
    found = Decoder().receive(session.bytes_to_send())
    return [(item.command_id, item.sequence, item.status) for item in found if isinstance(item, Pdu)]


def bound(now: float = 0.0) -> SmppSession:
    session = SmppSession(TIMINGS, now=now)
    session.bind(Bind(system_id="esme", password="secret"), now=now)
    assert sent(session) == [(Command.BIND_TRANSCEIVER, 1, 0)]
    answer = octets(Command.BIND_TRANSCEIVER_RESP, 1, BindResp(system_id="smsc"))
    assert session.receive(answer, now=now) == [Bound(system_id="smsc")]
    return session


def resp(sequence: int, message_id: str = "", *, status: int = 0) -> bytes:
    return octets(Command.SUBMIT_SM_RESP, sequence, MessageIdResp(message_id=message_id), status=status)


def test_the_table_ends_from_every_phase_and_skips_none() -> None:
    assert {phase for phase, step in TRANSITIONS if step is Step.END} == set(Phase)
    assert advance(Phase.OPEN, Step.BIND_TAKEN) is Phase.OPEN
    assert advance(Phase.CLOSED, Step.BIND) is Phase.CLOSED


def test_a_refused_bind_ends_the_session() -> None:
    session = SmppSession(TIMINGS, now=0)
    session.bind(Bind(system_id="esme"), now=0)
    events = session.receive(octets(Command.BIND_TRANSCEIVER_RESP, 1, status=0x0E), now=1)
    assert events == [BindRefused(status=0x0E), Ended(reason="bind_failed")]
    assert session.phase is Phase.CLOSED


def test_a_generic_nack_refuses_a_bind() -> None:
    session = SmppSession(TIMINGS, now=0)
    session.bind(Bind(system_id="esme"), now=0)
    events = session.receive(octets(Command.GENERIC_NACK, 1, status=0x03), now=1)
    assert events[0] == BindRefused(status=0x03)


def test_a_bind_without_answer_ends_the_session() -> None:
    session = SmppSession(TIMINGS, now=0)
    session.bind(Bind(system_id="esme"), now=0)
    assert session.next_deadline() == TIMINGS.bind_timeout_s
    assert session.tick(now=14.9) == []
    assert session.tick(now=15.0) == [Ended(reason="bind_timeout")]
    assert session.next_deadline() is None


def test_answers_find_their_requests_in_any_order() -> None:
    session = bound()
    first, second = session.submit(SUBMIT, now=1), session.submit(SUBMIT, now=2)
    assert sent(session) == [(Command.SUBMIT_SM, first, 0), (Command.SUBMIT_SM, second, 0)]
    assert session.outstanding == 2
    events = session.receive(resp(second, "b") + resp(first, status=0x58), now=3)
    assert events == [
        Answered(sequence=second, status=0, message_id="b", sent_at=2),
        Answered(sequence=first, status=0x58, message_id="", sent_at=1),
    ]
    assert session.outstanding == 0


def test_generic_nack_answers_by_sequence_number_and_never_means_success() -> None:
    session = bound()
    sequence = session.submit(SUBMIT, now=1)
    (event,) = session.receive(octets(Command.GENERIC_NACK, sequence), now=2)
    assert event == Answered(sequence=sequence, status=0xFF, message_id="", sent_at=1)


def test_an_answer_of_another_kind_or_to_nothing_changes_nothing() -> None:
    session = bound()
    sequence = session.submit(SUBMIT, now=1)
    data = octets(Command.ENQUIRE_LINK_RESP, sequence) + resp(99, "x") + octets(Command.UNBIND_RESP, sequence)
    assert session.receive(data, now=2) == []
    assert session.outstanding == 1


def test_a_request_without_answer_is_given_up_alone() -> None:
    session = bound()
    early, late = session.submit(SUBMIT, now=0), session.submit(SUBMIT, now=5)
    session.bytes_to_send()
    session.receive(octets(Command.ENQUIRE_LINK, 1), now=20)
    assert session.next_deadline() == TIMINGS.response_timeout_s
    assert session.tick(now=30) == [Unanswered(sequence=early, reason="no answer in 30 s")]
    assert session.receive(resp(early, "too late"), now=31) == []
    assert session.receive(resp(late, "x"), now=31) != []


def test_lost_requests_are_told_apart_by_whether_they_left() -> None:
    session = bound()
    left = session.submit(SUBMIT, now=1)
    session.bytes_to_send()
    stayed = session.submit(SUBMIT, now=1)
    assert session.end("connection_lost") == [
        Unanswered(sequence=left, reason="the connection ended before the answer"),
        Unsent(sequence=stayed),
        Ended(reason="connection_lost"),
    ]
    assert session.bytes_to_send() == b""
    assert session.end("again") == []


def test_submitting_without_a_bind_is_our_misuse() -> None:
    with pytest.raises(RuntimeError, match="submit while open"):
        SmppSession(TIMINGS, now=0).submit(SUBMIT, now=0)


def test_silence_is_asked_about_and_ends_the_session() -> None:
    session = bound()
    assert session.next_deadline() == 30
    assert session.tick(now=30) == []
    assert sent(session) == [(Command.ENQUIRE_LINK, 2, 0)]
    assert session.next_deadline() == 40
    assert session.tick(now=40) == []
    assert sent(session) == [(Command.ENQUIRE_LINK, 3, 0)]
    assert session.tick(now=50) == [Ended(reason="enquire_link_timeout")]


def test_any_word_of_the_peer_shows_that_it_lives() -> None:
    session = bound()
    session.tick(now=30)
    session.receive(octets(Command.ENQUIRE_LINK_RESP, 2), now=31)
    assert session.next_deadline() == 61
    assert session.tick(now=60) == []


def test_the_peers_enquire_link_is_answered_at_once() -> None:
    session = bound()
    assert session.receive(octets(Command.ENQUIRE_LINK, 42), now=1) == []
    assert sent(session) == [(Command.ENQUIRE_LINK_RESP, 42, 0)]


def test_the_peers_unbind_is_answered_and_settles_what_waits() -> None:
    session = bound()
    sequence = session.submit(SUBMIT, now=1)
    session.bytes_to_send()
    events = session.receive(octets(Command.UNBIND, 43), now=2)
    assert sent(session) == [(Command.UNBIND_RESP, 43, 0)]
    assert [type(event) for event in events] == [Unanswered, Ended]
    assert events[-1] == Ended(reason="unbound_by_peer")
    assert events[0] == Unanswered(sequence=sequence, reason="the connection ended before the answer")


@pytest.mark.parametrize("answered", [True, False])
def test_our_unbind_waits_for_its_answer_for_a_while(answered: bool) -> None:
    session = bound()
    session.unbind(now=1)
    assert sent(session) == [(Command.UNBIND, 2, 0)]
    assert session.next_deadline() == 6
    if answered:
        assert session.receive(octets(Command.UNBIND_RESP, 2), now=2) == [Ended(reason="unbound")]
    else:
        assert session.tick(now=6) == [Ended(reason="unbind_timeout")]


@pytest.mark.parametrize(
    ("body", "command", "answer"),
    [
        (ShortMessage(short_message=b"x"), Command.DELIVER_SM, Command.DELIVER_SM_RESP),
        (DataSm(), Command.DATA_SM, Command.DATA_SM_RESP),
    ],
)
def test_a_delivery_is_answered_only_when_the_shell_says_so(
    body: Any, command: Command, answer: Command
) -> None:
    session = bound()
    raw = octets(command, 7, body)
    (delivery,) = session.receive(raw, now=1)
    assert delivery == Delivery(sequence=7, message=body, raw=raw)
    assert session.bytes_to_send() == b""
    session.acknowledge(delivery)
    session.acknowledge(delivery, 0x64)
    assert sent(session) == [(answer, 7, 0), (answer, 7, 0x64)]


def test_the_answer_to_a_delivery_has_an_empty_message_id() -> None:
    session = bound()
    (delivery,) = session.receive(octets(Command.DELIVER_SM, 7, ShortMessage()), now=1)
    assert isinstance(delivery, Delivery)
    session.acknowledge(delivery)
    # SMPP 3.4, 4.6.2: message_id of deliver_sm_resp is unused and set to NULL.
    assert session.bytes_to_send() == bytes.fromhex("00000011 80000005 00000000 00000007 00")


def test_unknown_malformed_and_misplaced_requests_are_refused_and_the_session_goes_on() -> None:
    session = bound()
    data = b"".join(
        (
            struct.pack(">LLLL", 16, 0x123, 0, 9),
            struct.pack(">LLLL", 18, Command.DELIVER_SM, 0, 10) + b"ab",
            octets(Command.SUBMIT_SM, 11, ShortMessage()),
            octets(Command.OUTBIND, 12),
            octets(Command.ALERT_NOTIFICATION, 13),
        )
    )
    assert session.receive(data, now=1) == []
    assert sent(session) == [
        (Command.GENERIC_NACK, 9, 0x03),
        (Command.GENERIC_NACK, 10, 0x02),
        (Command.GENERIC_NACK, 11, 0x04),
    ]
    assert session.phase is Phase.BOUND


def test_a_delivery_before_the_bind_is_refused() -> None:
    session = SmppSession(TIMINGS, now=0)
    assert session.receive(octets(Command.DELIVER_SM, 5, ShortMessage()), now=0) == []
    assert sent(session) == [(Command.DELIVER_SM_RESP, 5, 0x04)]


def test_a_violation_ends_the_session() -> None:
    session = bound()
    events = session.receive(bytes.fromhex("7fffffff000000050000000000000001"), now=1)
    assert events == [Ended(reason="violation", detail="command_length 2147483647")]
    assert session.receive(octets(Command.ENQUIRE_LINK, 1), now=2) == []


def test_sequence_numbers_start_again_at_one() -> None:
    session = bound()
    session._sequence = 0x7FFFFFFE
    assert [session.submit(SUBMIT, now=0) for _ in range(3)] == [0x7FFFFFFF, 1, 2]


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
