"""The driver against the simulated SMSC and against scripted peers, over real TCP on loopback."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from bridge.line import (
    FailureKind,
    LineState,
    LineStatus,
    NetworkReport,
    OutcomeUnknown,
    ReceivedSegment,
    Refused,
    Submission,
    Taken,
)
from bridge.simulate.smsc.core import Behaviour
from bridge.simulate.smsc.serve import SimulatedSmsc
from bridge.smpp.client import SmppDriver
from bridge.smpp.settings import SmppSettings
from bridge.smpp.timings import SmppTimings
from gateway_contract.addresses import Msisdn, parse_sender
from gateway_contract.lifecycle import State
from gateway_contract.text import split

_HOST = "127.0.0.1"
_TIMINGS = replace(SmppTimings(), reconnect_first_s=0.01, reconnect_most_s=0.05, unbind_timeout_s=0.05)
"""The scripted peers never answer an unbind."""

# Golden octets after SMPP 3.4, sections 4.1.6, 4.6.1 and 4.11.
_BIND_RESP = bytes.fromhex("00000011 80000009 00000000 00000001 00")
_ENQUIRE_LINK_5 = bytes.fromhex("00000010 00000015 00000000 00000005")
_ENQUIRE_LINK_RESP_5 = bytes.fromhex("00000010 80000015 00000000 00000005")
_GARBAGE = b"HTTP/1.1 400 Bad Request\r\n\r\n"
_MO_TEXT = b"hi"
_RECEIPT_TEXT = b"id:55 stat:DELIVRD"


def _deliver_sm(text: bytes, *, esm_class: int) -> bytes:
    body = b"\0\1\x0114155550123\0\1\x0112345\0" + bytes((esm_class, *bytes(8), len(text))) + text
    return (16 + len(body)).to_bytes(4) + bytes.fromhex("00000005 00000000 00000009") + body


def _deliver_sm_resp(status: int) -> bytes:
    return bytes.fromhex("00000011 80000005") + status.to_bytes(4) + bytes.fromhex("00000009 00")


class _Events:
    """What the driver tells; ``before_report`` runs before a report counts as durable."""

    def __init__(self) -> None:
        self.statuses: asyncio.Queue[LineStatus] = asyncio.Queue()
        self.reports: asyncio.Queue[NetworkReport] = asyncio.Queue()
        self.segments: asyncio.Queue[ReceivedSegment] = asyncio.Queue()
        self.before_report: Callable[[], Awaitable[object]] | None = None

    async def status(self, status: LineStatus) -> None:
        await self.statuses.put(status)

    async def report(self, report: NetworkReport) -> None:
        if self.before_report is not None:
            await self.before_report()
        await self.reports.put(report)

    async def received(self, segment: ReceivedSegment) -> None:
        await self.segments.put(segment)

    async def until(self, state: LineState) -> LineStatus:
        while True:
            status = await self.statuses.get()
            if status.state is state:
                return status


class _Log(io.StringIO):
    """The simulator's log, which can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def write(self, text: str) -> int:
        self.entries.put_nowait(json.loads(text))
        return len(text)

    async def submitted(self, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while len(found) < count:
            entry = await self.entries.get()
            if entry["event"] == "submit_sm":
                found.append(entry)
        return found


@asynccontextmanager
async def _driving(port: int, *, password: str = "") -> AsyncIterator[tuple[SmppDriver, _Events]]:
    settings = SmppSettings(host=_HOST, port=port, system_id="office", password=password)
    clock = asyncio.get_running_loop().time
    driver = SmppDriver("smpp", settings, _TIMINGS, monotonic=clock, random=Random(1))
    events = _Events()
    async with asyncio.timeout(30):
        task = asyncio.create_task(driver.run(events))
        try:
            yield driver, events
        finally:
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()


@asynccontextmanager
async def _smsc(behaviour: Behaviour, *, port: int = 0) -> AsyncIterator[tuple[SimulatedSmsc, int, _Log]]:
    log = _Log()
    smsc = SimulatedSmsc(behaviour, log=log, seed=1)
    actual = await smsc.start(_HOST, port)
    try:
        yield smsc, actual, log
    finally:
        await smsc.stop()


@asynccontextmanager
async def _peer(
    script: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """A peer that takes the bind of each connection and then follows a script."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readexactly(int.from_bytes(await reader.readexactly(4)) - 4)
            writer.write(_BIND_RESP)
            await script(reader, writer)
            await reader.read()
        finally:
            writer.close()

    server = await asyncio.start_server(accept, _HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def _submissions(text: str, *, sender: str | None = None) -> list[Submission]:
    parts = split(text)
    total = len(parts.segments)
    return [
        Submission(
            sms_id="01",
            segment=number,
            segments=total,
            text=segment.text,
            alphabet=parts.alphabet,
            concat_ref=0x1234 if total > 1 else None,
            sender=None if sender is None else parse_sender(sender),
            recipient=Msisdn("14155550123"),
            validity_s=3600,
            priority=0,
            flash=False,
            report=True,
        )
        for number, segment in enumerate(parts.segments, 1)
    ]


async def test_two_hundred_messages_are_taken_and_each_gets_its_receipt() -> None:
    async with _smsc(Behaviour(receipt_delay=0.01)) as (_, port, log), _driving(port) as (driver, events):
        await events.until(LineState.UP)
        assert driver.window == 10
        submissions = [_submissions(f"message {number}")[0] for number in range(200)]
        outcomes = await asyncio.gather(*(driver.submit(submission) for submission in submissions))
        taken = [outcome.reference for outcome in outcomes if isinstance(outcome, Taken)]
        assert len({*taken}) == 200
        reports = [await events.reports.get() for _ in submissions]
        assert {report.references for report in reports} == {(reference,) for reference in taken}
        assert {report.state for report in reports} == {State.DELIVERED}
        assert {report.recipient for report in reports} == {"14155550123"}
        entries = await log.submitted(200)
        assert [entry["text"] for entry in entries] == [submission.text for submission in submissions]


async def test_segments_of_a_long_message_join_to_its_text() -> None:
    text = "Привет мир 😀 " * 12
    async with _smsc(Behaviour()) as (_, port, log), _driving(port) as (driver, events):
        await events.until(LineState.UP)
        submissions = _submissions(text, sender="Office")
        for submission in submissions:
            assert isinstance(await driver.submit(submission), Taken)
        entries = await log.submitted(3)
        assert "".join(entry["text"] for entry in entries) == text
        assert [entry["udh_hex"] for entry in entries] == ["050003340301", "050003340302", "050003340303"]
        assert {(entry["source"], entry["destination"]) for entry in entries} == {("Office", "14155550123")}
        assert {(entry["esm_class"], entry["data_coding"]) for entry in entries} == {(0x40, 0x08)}


async def test_receipt_overtaking_submit_resp_is_passed_on_before_the_outcome() -> None:
    behaviour = Behaviour(response_delay=0.2, receipt_delay=-0.2)
    async with _smsc(behaviour) as (_, port, _log), _driving(port) as (driver, events):
        await events.until(LineState.UP)
        outcome = asyncio.ensure_future(driver.submit(_submissions("Hello")[0]))
        report = await events.reports.get()
        assert not outcome.done()
        assert await outcome == Taken(reference=report.references[0])


async def test_smsc_killed_in_mid_window_leaves_outcomes_unknown_and_the_line_comes_back() -> None:
    submission = _submissions("Hello")[0]
    async with _smsc(Behaviour(response_delay=60.0)) as (smsc, port, log), _driving(port) as (driver, events):
        await events.until(LineState.UP)
        pending = [asyncio.ensure_future(driver.submit(submission)) for _ in range(15)]
        await log.submitted(10)
        assert smsc.submitted == 10
        await smsc.stop()
        outcomes = await asyncio.gather(*pending)
        assert [type(outcome) for outcome in outcomes] == [OutcomeUnknown] * 10 + [Refused] * 5
        await events.until(LineState.DOWN)
        down = await driver.submit(submission)
        assert isinstance(down, Refused)
        assert (down.failure.kind, down.failure.code) == (FailureKind.REPAIR, "bridge:line_down")
        async with _smsc(Behaviour(), port=port):
            await events.until(LineState.UP)
            assert isinstance(await driver.submit(submission), Taken)


async def test_wrong_password_makes_the_line_refused() -> None:
    async with _smsc(Behaviour(password="secret")) as (_, port, _log):
        async with _driving(port, password="wrong") as (_driver, events):
            status = await events.until(LineState.REFUSED)
            assert status.reason == "bind_failed:0x0E"
        async with _driving(port, password="secret") as (_driver, events):
            await events.until(LineState.UP)


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (0x58, FailureKind.THROTTLE, "smpp:0x58"),
        (0x0B, FailureKind.LINE, "smpp:0x0B"),
        (0x01, FailureKind.MESSAGE, "smpp:0x01"),
        (0x45, FailureKind.TEMPORARY, "smpp:0x45"),
    ],
)
async def test_refusal_is_told_with_its_kind(status: int, kind: FailureKind, code: str) -> None:
    behaviour = Behaviour(error_every=1, error_status=status)
    async with _smsc(behaviour) as (_, port, _log), _driving(port) as (driver, events):
        await events.until(LineState.UP)
        outcome = await driver.submit(_submissions("Hello")[0])
        assert isinstance(outcome, Refused)
        assert (outcome.failure.kind, outcome.failure.code) == (kind, code)
        assert (outcome.failure.retry_after_s is not None) is (kind is FailureKind.THROTTLE)


async def test_garbage_from_the_smsc_leads_to_a_new_connection() -> None:
    connections = 0

    async def script(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        if connections == 1:
            writer.write(_GARBAGE)

    async with _peer(script) as port, _driving(port) as (_driver, events):
        status = await events.until(LineState.DOWN)
        assert status.reason == "violation"
        await events.until(LineState.UP)
        assert connections == 2


async def test_receipt_is_acknowledged_only_once_it_is_durable() -> None:
    durable = asyncio.Event()
    answers: asyncio.Queue[bytes] = asyncio.Queue()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_deliver_sm(_RECEIPT_TEXT, esm_class=4) + _ENQUIRE_LINK_5)
        await answers.put(await reader.readexactly(16))
        await answers.put(await reader.readexactly(17))

    async with _peer(script) as port, _driving(port) as (_driver, events):
        events.before_report = durable.wait
        assert await answers.get() == _ENQUIRE_LINK_RESP_5
        durable.set()
        assert await answers.get() == _deliver_sm_resp(0x00)
        assert (await events.reports.get()).references == ("55",)


async def test_receipt_that_could_not_be_stored_is_refused_for_now() -> None:
    answers: asyncio.Queue[bytes] = asyncio.Queue()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_deliver_sm(_RECEIPT_TEXT, esm_class=4))
        await answers.put(await reader.readexactly(17))

    async def fail() -> None:
        raise OSError("disk full")

    async with _peer(script) as port, _driving(port) as (_driver, events):
        events.before_report = fail
        assert await answers.get() == _deliver_sm_resp(0x64)


async def test_message_from_a_handset_is_taken_and_acknowledged() -> None:
    answers: asyncio.Queue[bytes] = asyncio.Queue()
    delivery = _deliver_sm(_MO_TEXT, esm_class=0)

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(delivery)
        await answers.put(await reader.readexactly(17))

    async with _peer(script) as port, _driving(port) as (_, events):
        assert await answers.get() == _deliver_sm_resp(0x00)
        segment = await events.segments.get()
        assert (segment.sender, segment.recipient, segment.text) == ("14155550123", "12345", "hi")
        assert segment.raw == delivery
