"""The dialogue against recorded and composed AT transcripts, cut into chunks of every size."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.line import FailureKind, OutcomeUnknown, Refused, Taken
from bridge.modem import scripts
from bridge.modem.cms_errors import failure_of
from bridge.modem.dialogue import Dialogue
from bridge.modem.settings import ModemSettings
from bridge.modem.steps import Arrived, Concluded, Event, Lost, NeedsPerson, Place, Ready, Waiting
from bridge.modem.timings import ModemTimings

_AT: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "at_transcripts.json").read_text())
_TPDU = bytes.fromhex(_AT["pdu"]["submit"])[1:]
_CHUNKS = (1, 2, 3, 7, 10_000)
_TIMINGS = ModemTimings()
_SETTINGS = ModemSettings(device="unused", pin="1234")
_ANSWERS = {
    "AT+CPIN?": "+CPIN: READY",
    "AT+CSMS?": "+CSMS: 1,1,1,1",
    "AT+CNMI=?": "+CNMI: (0-2),(0-1),(0,2),(0,1),(0)",
    "AT+CREG?": "+CREG: 0,1",
    "AT+CNUM": '+CNUM: "","+36201111111",145',
    "AT+COPS?": '+COPS: 0,0,"Virtual",7',
    "AT+CSQ": "+CSQ: 18,99",
}


def _scenarios(goal: str) -> list[Any]:
    return [
        pytest.param(scenario, id=scenario["id"])
        for scenario in _AT["scenarios"]
        if scenario["goal"] == goal and scenario["tag"] == "core"
    ]


def _initialised(answers: dict[str, str] | None = None) -> tuple[Dialogue, list[Event], list[str]]:
    """A dialogue whose initialisation has been answered, its events and the commands it gave."""
    dialogue = Dialogue(_SETTINGS, _TIMINGS)
    events = dialogue.start(0.0)
    said: list[str] = []
    known = _ANSWERS | (answers or {})
    while output := dialogue.bytes_to_send().lstrip(b"\x1b"):
        command = output.decode().strip()
        said.append(command)
        answer = known.get(command, "")
        info = f"\r\n{answer}\r\n" if answer else ""
        final = "" if "ERROR" in answer else "\r\nOK\r\n"
        events += dialogue.receive((info + final).encode(), 0.0)
    return dialogue, events, said


def _feed(dialogue: Dialogue, text: str, size: int) -> list[Event]:
    data = text.encode("latin-1")
    events: list[Event] = []
    for start in range(0, len(data), size):
        events += dialogue.receive(data[start : start + size], 0.0)
    return events


def _settled(dialogue: Dialogue, events: list[Event]) -> list[Event]:
    for event in list(events):
        if isinstance(event, Arrived):
            events += dialogue.settle(event, 0.0)
    return events


def _send(scenario: dict[str, Any], size: int) -> list[Event]:
    dialogue, _, _ = _initialised()
    events = dialogue.submit(_TPDU, 0.0, more_follow=False)
    for step in scenario["steps"]:
        if "tx" in step:
            assert dialogue.bytes_to_send() == step["tx"].encode()
        elif "rx" in step:
            events += _feed(dialogue, step["rx"], size)
    return events


@pytest.mark.parametrize("size", _CHUNKS)
@pytest.mark.parametrize("scenario", _scenarios("send"))
def test_sending_ends_as_the_transcript_says(scenario: dict[str, Any], size: int) -> None:
    expect = scenario["expect"]
    events = _send(scenario, size)
    (outcome,) = [event.outcome for event in events if isinstance(event, Concluded)]
    if expect["result"] == "sent":
        assert outcome == Taken(reference=str(expect["reference"]))
    else:
        assert isinstance(outcome, Refused | OutcomeUnknown)
        if "cms" in expect:
            assert outcome.failure.code == f"cms:{expect['cms']}"
    arrived = [event.pdu.hex().upper() for event in events if isinstance(event, Arrived)]
    assert arrived == [urc["pdu"] for urc in expect.get("urcs", []) if "pdu" in urc]


@pytest.mark.parametrize("urc", _AT["urc_library"], ids=lambda urc: urc.strip()[:20])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_unsolicited_lines_change_nothing(urc: str, place: int) -> None:
    parts = ["\r\n> ", "\r\n+CMGS: 171\r\n", "\r\nOK\r\n"]
    parts.insert(place, urc)
    dialogue, _, _ = _initialised()
    events = dialogue.submit(_TPDU, 0.0, more_follow=False)
    events += _feed(dialogue, "".join(parts), 10_000)
    assert [e.outcome for e in events if isinstance(e, Concluded)] == [Taken(reference="171")]


@pytest.mark.parametrize("size", _CHUNKS)
def test_announced_message_is_read_and_deleted_once_settled(size: int) -> None:
    (scenario,) = [s for s in _AT["scenarios"] if s["id"] == "recv-cmti-read-delete"]
    dialogue, _, _ = _initialised()
    events: list[Event] = []
    said = ""
    for step in scenario["steps"]:
        if "rx" in step:
            events += _settled(dialogue, _feed(dialogue, step["rx"], size))
            said += dialogue.bytes_to_send().decode()
    place = Place(storage="SM", index=7)
    assert events == [Arrived(pdu=bytes.fromhex(_AT["pdu"]["deliver"]), place=place)]
    assert said == 'AT+CPMS="SM"\rAT+CMGR=7\rAT+CPMS="SM"\rAT+CMGD=7\r'


@pytest.mark.parametrize("size", _CHUNKS)
@pytest.mark.parametrize("identity", ["recv-cmt-ack", "recv-cds", "recv-cmt-then-silence"])
def test_routed_pdu_is_acknowledged_once_settled(identity: str, size: int) -> None:
    (scenario,) = [s for s in _AT["scenarios"] if s["id"] == identity]
    expect = scenario["expect"]
    dialogue, _, _ = _initialised()
    events = [
        event
        for step in scenario["steps"]
        if "+C" in step.get("rx", "") or "0791" in step.get("rx", "")
        for event in _feed(dialogue, step["rx"], size)
    ]
    pdu: str = (expect.get("messages") or expect["status_reports"])[0]["pdu"]
    assert events == [Arrived(pdu=bytes.fromhex(pdu), place=None)]
    assert dialogue.bytes_to_send() == b""
    _settled(dialogue, events)
    assert dialogue.bytes_to_send() == b"AT+CNMA\r"


def test_nothing_is_acknowledged_when_the_modem_does_it_itself() -> None:
    dialogue, _, _ = _initialised({"AT+CSMS?": "+CSMS: 0,1,1,1"})
    _settled(dialogue, _feed(dialogue, f"\r\n+CDS: 25\r\n{_AT['pdu']['status_report']}\r\n", 10_000))
    assert dialogue.bytes_to_send() == b""


@pytest.mark.parametrize("row", _AT["cms_errors"], ids=lambda row: str(row["code"]))
def test_cms_errors_are_classed_as_listed(row: dict[str, Any]) -> None:
    kinds = {
        "permanent": {FailureKind.MESSAGE, FailureKind.LINE},
        "temporary": {FailureKind.TEMPORARY},
        "modem": {FailureKind.REPAIR},
        "ambiguous": {FailureKind.UNKNOWN},
    }
    allowed = set().union(*(kinds[name] for name in (row["class"], *row.get("also", []))))
    assert failure_of(row["code"]).kind in allowed


def test_initialisation_asks_before_it_sets_and_says_ready() -> None:
    dialogue, events, said = _initialised()
    assert said.index("AT+CNMI=?") == said.index("AT+CNMI=2,1,0,1,0") - 1
    assert events == [Ready(own_number="+36201111111", operator="Virtual", signal_dbm=-77, acknowledge=True)]
    assert dialogue.ready == events[0]


@pytest.mark.parametrize(
    ("offered", "first"),
    [
        ("(0-2),(0-1),(0-3),(0,2),(0-1)", "2,1,0,2,0"),
        ("(0,1,2),(0,1),(0,2),(0),(1)", "2,1,0,0,1"),
        ("", "2,1,0,1,0"),
        ("2,1,0,1,0", "2,1,0,1,0"),
    ],
)
def test_cnmi_is_chosen_from_what_the_modem_offers(offered: str, first: str) -> None:
    assert next(scripts.choose_cnmi(scripts.parse_ranges(offered))) == first


@pytest.mark.parametrize(
    ("state", "reason"),
    [("SIM PUK", "puk_required"), ("SIM PIN", "pin_refused"), ("PH-NET PIN", "ph-net_pin_required")],
)
def test_locked_sim_needs_a_person(state: str, reason: str) -> None:
    _, events, _ = _initialised({"AT+CPIN?": f"+CPIN: {state}", 'AT+CPIN="1234"': "+CME ERROR: 16"})
    assert events == [NeedsPerson(reason=reason)]


@pytest.mark.parametrize(
    ("line", "registered"), [("0,0", False), ("0,3", False), ("0,6", True), ("0,5", True)]
)
def test_modem_waits_for_the_network(line: str, registered: bool) -> None:
    _, events, _ = _initialised({"AT+CREG?": f"+CREG: {line}"})
    assert (events == [Waiting(reason="no_network")]) is not registered


def test_messages_that_lie_on_the_sim_are_fetched_at_the_start_but_our_own_are_not() -> None:
    listed = f"+CMGL: 1,1,,25\r\n{_AT['pdu']['status_report']}\r\n+CMGL: 2,3,,18\r\n{_AT['pdu']['submit']}"
    _, events, _ = _initialised({"AT+CMGL=4": listed, "AT+CPMS?": '+CPMS: "ME",2,20,"SM",0,20'})
    arrived = Arrived(pdu=bytes.fromhex(_AT["pdu"]["status_report"]), place=Place(storage="ME", index=1))
    assert events[1:] == [arrived]


def test_silence_before_the_prompt_is_a_safe_refusal() -> None:
    dialogue, _, _ = _initialised()
    dialogue.submit(_TPDU, 0.0, more_follow=False)
    assert dialogue.next_deadline() == _TIMINGS.prompt_s
    concluded, lost = dialogue.expire(_TIMINGS.prompt_s)
    assert isinstance(concluded, Concluded)
    assert isinstance(concluded.outcome, Refused)
    assert concluded.outcome.failure.kind is FailureKind.REPAIR
    assert lost == Lost(reason="no_answer")


def test_silence_after_the_message_was_written_is_an_unknown_outcome() -> None:
    dialogue, _, _ = _initialised()
    dialogue.submit(_TPDU, 0.0, more_follow=False)
    dialogue.receive(b"> ", 1.0)
    assert dialogue.next_deadline() == 1.0 + _TIMINGS.submit_s
    concluded, _ = dialogue.expire(1.0 + _TIMINGS.submit_s)
    assert isinstance(concluded, Concluded)
    assert isinstance(concluded.outcome, OutcomeUnknown)


def test_reference_without_ok_is_taken() -> None:
    dialogue, _, _ = _initialised()
    dialogue.submit(_TPDU, 0.0, more_follow=False)
    dialogue.receive(b"\r\n> \r\n+CMGS: 171\r\n", 0.0)
    concluded, _ = dialogue.expire(_TIMINGS.ok_after_reference_s)
    assert concluded == Concluded(outcome=Taken(reference="171"))


@pytest.mark.parametrize("size", _CHUNKS)
def test_restart_after_the_message_was_written_is_an_unknown_outcome(size: int) -> None:
    dialogue, _, _ = _initialised()
    dialogue.submit(_TPDU, 0.0, more_follow=False)
    concluded, lost = _feed(dialogue, "\r\n> \r\nRDY\r\n\r\n+CFUN: 1\r\n", size)
    assert isinstance(concluded, Concluded)
    assert isinstance(concluded.outcome, OutcomeUnknown)
    assert lost == Lost(reason="restarted")


def test_refused_cmms_does_not_stop_the_segment() -> None:
    dialogue, _, _ = _initialised()
    dialogue.submit(_TPDU, 0.0, more_follow=True)
    assert dialogue.bytes_to_send() == b"AT+CMMS=1\r"
    dialogue.receive(b"\r\nERROR\r\n", 0.0)
    assert re.match(rb"AT\+CMGS=18\r", dialogue.bytes_to_send())


def test_format_slip_is_mended_and_the_message_sent_again_once() -> None:
    dialogue, _, _ = _initialised()
    events = dialogue.submit(_TPDU, 0.0, more_follow=False)
    events += dialogue.receive(b"\r\n+CMS ERROR: 305\r\n\r\nOK\r\n", 0.0)
    assert dialogue.bytes_to_send() == b"AT+CMGS=18\rAT+CMGF=0\rAT+CMGS=18\r"
    events += dialogue.receive(b"> \r\n+CMGS: 5\r\n\r\nOK\r\n", 0.0)
    assert events == [Concluded(outcome=Taken(reference="5"))]


@given(st.lists(st.binary(max_size=40) | st.sampled_from([u.encode() for u in _AT["urc_library"]])))
def test_noise_gives_events_or_a_lost_modem_and_nothing_else(chunks: list[bytes]) -> None:
    dialogue, _, _ = _initialised()
    for chunk in chunks:
        _settled(dialogue, dialogue.receive(chunk, 0.0))
    dialogue.expire(1e9)


def test_routed_report_during_initialisation_is_acknowledged() -> None:
    dialogue = Dialogue(_SETTINGS, _TIMINGS)
    dialogue.start(0.0)
    events = _feed(dialogue, f"\r\n+CDS: 25\r\n{_AT['pdu']['status_report']}\r\n", 10_000)
    assert len(events) == 1
    _settled(dialogue, events)
    dialogue.bytes_to_send()
    said = ""
    for _ in range(40):
        _feed(dialogue, "\r\n+CPIN: READY\r\n\r\n+CREG: 0,1\r\n\r\nOK\r\n", 10_000)
        said += dialogue.bytes_to_send().decode()
    assert "AT+CNMA\r" in said
