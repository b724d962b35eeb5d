"""The requests of a bound session and of its SMSC, and the answers to both."""

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.smpp.codec import frame
from bridge.smpp.events import Answered, Delivery, Ended, SessionEvent, Unanswered
from bridge.smpp.pdus import Command, DataSm, ShortMessage, Status
from bridge.smpp.session import Phase, SmppSession
from tests.bridge.smpp.sessions import SUBMIT, TIMINGS, bound, octets, resp, sent, submit

# Golden octets after SMPP 3.4, sections 4.3.1 and 4.4.2.
_SUBMIT_RESP_2 = bytes.fromhex("00000015 80000004 00000000 00000002 61626331 00")
_SUBMIT_RESP_2_NO_NUL = bytes.fromhex("00000014 80000004 00000000 00000002 61626331")
_SUBMIT_RESP_3_THROTTLED = bytes.fromhex("00000010 80000004 00000058 00000003")
_NACK_2 = bytes.fromhex("00000010 80000000 00000002 00000002")

# Our requests


def test_answers_find_their_requests_in_any_order() -> None:
    session = bound()
    assert [submit(session, now=at) for at in (1, 2)] == [2, 3]
    assert session.outstanding == 2
    assert session.receive(_SUBMIT_RESP_3_THROTTLED + _SUBMIT_RESP_2, now=3) == [
        Answered(sequence=3, status=0x58, message_id="", sent_at=2),
        Answered(sequence=2, status=0, message_id="abc1", sent_at=1),
    ]
    assert session.outstanding == 0


def test_message_id_without_its_nul_is_read() -> None:
    session = bound()
    submit(session, now=1)
    (answer,) = session.receive(_SUBMIT_RESP_2_NO_NUL, now=1)
    assert isinstance(answer, Answered)
    assert answer.message_id == "abc1"


def test_generic_nack_refuses_the_request_of_its_number() -> None:
    session = bound()
    submit(session, now=1)
    assert session.receive(_NACK_2, now=1) == [Answered(sequence=2, status=2, message_id="", sent_at=1)]


def test_generic_nack_never_means_success() -> None:
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
    early, late = submit(session, now=0), submit(session, now=5)
    # Traffic keeps enquire_link away, so that the response timer is the one that is due.
    session.receive(octets(Command.ENQUIRE_LINK, 1), now=20)
    assert session.next_deadline() == TIMINGS.response_timeout_s
    assert session.tick(now=29.999) == []
    assert session.tick(now=30) == [Unanswered(sequence=early, reason="no answer in 30 s")]
    assert session.receive(resp(early, "too late"), now=31) == []
    assert session.receive(resp(late, "x"), now=31) != []


def test_sequence_numbers_start_again_at_one() -> None:
    session = bound()
    session._sequence = 0x7FFFFFFE
    assert [session.submit(SUBMIT, now=0) for _ in range(3)] == [0x7FFFFFFF, 1, 2]


# Requests of the SMSC


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
    session.acknowledge(delivery, Status.TEMPORARY_APP_ERROR)
    assert sent(session) == [(answer, 7, 0), (answer, 7, 0x64)]


def test_the_answer_to_a_delivery_has_an_empty_message_id() -> None:
    session = bound()
    # SMPP 3.4, 4.6.1.
    golden = "00000025 00000005 00000000 00000009 00 01013100 01013200 000000 00 00 00000000 02 6869"
    (delivery,) = session.receive(bytes.fromhex(golden), now=1)
    assert isinstance(delivery, Delivery)
    session.acknowledge(delivery)
    session.acknowledge(delivery, Status.TEMPORARY_APP_ERROR)
    # SMPP 3.4, 4.6.2: message_id of deliver_sm_resp is unused and set to NULL.
    assert session.bytes_to_send() == bytes.fromhex(
        "00000011 80000005 00000000 00000009 00 00000011 80000005 00000064 00000009 00"
    )


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
    session = bound()
    assert session.receive(bytes.fromhex(request_hex), now=1) == events
    assert session.bytes_to_send() == bytes.fromhex(answer_hex)


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


@given(st.sampled_from(Command), st.integers(0, 9), st.integers(0, 0xFF), st.binary(max_size=120))
def test_session_survives_any_body(command: Command, sequence: int, status: int, body: bytes) -> None:
    session = bound()
    submit(session, now=1)
    session.receive(frame(command, sequence, body, status=status), now=2)
    session.end("connection_lost")
    assert session.outstanding == 0
