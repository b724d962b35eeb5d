"""The driver against the virtual modem, over a real pseudo-terminal."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

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
from bridge.modem.driver import ModemDriver
from bridge.modem.settings import ModemSettings, SenderPolicy
from bridge.modem.timings import ModemTimings
from bridge.simulate.modem.core import OWN_NUMBER, Behaviour, VirtualModem
from bridge.simulate.modem.serve import ModemServer
from gateway_contract.addresses import AlphanumericSender, Msisdn, parse_sender
from gateway_contract.lifecycle import State
from gateway_contract.text import split

_NOW = datetime(2024, 2, 29, 23, 59, 58, tzinfo=UTC)


class _Events:
    def __init__(self) -> None:
        self.statuses: asyncio.Queue[LineStatus] = asyncio.Queue()
        self.reports: asyncio.Queue[NetworkReport] = asyncio.Queue()
        self.segments: asyncio.Queue[ReceivedSegment] = asyncio.Queue()

    async def status(self, status: LineStatus) -> None:
        await self.statuses.put(status)

    async def report(self, report: NetworkReport) -> None:
        await self.reports.put(report)

    async def received(self, segment: ReceivedSegment) -> None:
        await self.segments.put(segment)

    async def until(self, state: LineState) -> LineStatus:
        while True:
            status = await self.statuses.get()
            if status.state is state:
                return status


@asynccontextmanager
async def _line(
    behaviour: Behaviour,
    *,
    sender: SenderPolicy = SenderPolicy.IGNORE,
    timings: ModemTimings | None = None,
) -> AsyncIterator[tuple[ModemDriver, _Events, Callable[[], list[dict[str, object]]]]]:
    log = io.StringIO()
    loop = asyncio.get_running_loop()
    virtual = VirtualModem(behaviour, first_reference=254, utc=lambda: _NOW)
    with ModemServer(virtual, unix_time=lambda: 0.0, log=log) as server:
        settings = ModemSettings(device=server.device, sender=sender)
        driver = ModemDriver("gsm", settings, timings or ModemTimings(), monotonic=loop.time)
        events = _Events()
        async with asyncio.timeout(20):
            task = asyncio.create_task(driver.run(events))
            try:
                await events.until(LineState.UP)
                yield driver, events, lambda: [json.loads(line) for line in log.getvalue().splitlines()]
            finally:
                task.cancel()
                await asyncio.wait([task])


def _submissions(text: str, *, sender: str | None = None) -> list[Submission]:
    parts = split(text)
    return [
        Submission(
            sms_id="01",
            segment=number,
            segments=len(parts.segments),
            text=segment.text,
            alphabet=parts.alphabet,
            concat_ref=0x1234 if len(parts.segments) > 1 else None,
            sender=None if sender is None else parse_sender(sender),
            recipient=Msisdn("14155550123"),
            validity_s=3600,
            priority=0,
            flash=False,
            report=True,
        )
        for number, segment in enumerate(parts.segments, 1)
    ]


async def test_short_message_is_taken_and_its_report_arrives() -> None:
    async with _line(Behaviour(report_delay_s=0.01)) as (driver, events, taken):
        (submission,) = _submissions("Hello {world} €")
        assert await driver.submit(submission) == Taken(reference="254")
        assert await events.reports.get() == NetworkReport(
            references=("254",),
            recipient="14155550123",
            state=State.DELIVERED,
            detail="",
            code="",
            done_at=_NOW,
        )
        (record,) = taken()
        assert (record["recipient"], record["text"], record["tp_mr"]) == (
            "+14155550123",
            "Hello {world} €",
            254,
        )


@pytest.mark.parametrize("text", ["abc def {ghi} " * 25, "Привет мир 😀 " * 12], ids=["gsm7", "ucs2"])
async def test_segments_of_a_long_message_join_to_its_text(text: str) -> None:
    async with _line(Behaviour(report_delay_s=0.01)) as (driver, events, taken):
        submissions = _submissions(text)
        assert len(submissions) == 3
        outcomes = [await driver.submit(submission) for submission in submissions]
        assert outcomes == [Taken(reference=reference) for reference in ("254", "255", "0")]
        reports = [await events.reports.get() for _ in submissions]
        assert [report.references for report in reports] == [("254",), ("255",), ("0",)]
        records = taken()
        assert "".join(str(record["text"]) for record in records) == text
        assert [record["udh_hex"] for record in records] == ["0003340301", "0003340302", "0003340303"]


async def test_report_that_overtakes_the_answer_is_passed_on() -> None:
    async with _line(Behaviour(send_time_s=0.1, report_delay_s=0.0)) as (driver, events, _):
        (submission,) = _submissions("Hello")
        outcome = asyncio.ensure_future(driver.submit(submission))
        report = await events.reports.get()
        assert not outcome.done()
        assert await outcome == Taken(reference="254")
        assert report.references == ("254",)


async def test_report_of_a_failure_names_its_cause() -> None:
    async with _line(Behaviour(report_delay_s=0.0, report_status=0x49)) as (driver, events, _):
        await driver.submit(_submissions("Hello")[0])
        report = await events.reports.get()
        assert (report.state, report.code) == (State.UNDELIVERABLE, "tpst:0x49")


async def test_cms_error_is_a_refusal_with_its_kind() -> None:
    async with _line(Behaviour(fail_every=1, fail_code=38)) as (driver, _, taken):
        outcome = await driver.submit(_submissions("Hello")[0])
        assert isinstance(outcome, Refused)
        assert (outcome.failure.kind, outcome.failure.code) == (FailureKind.TEMPORARY, "cms:38")
        assert taken() == []


async def test_silent_modem_is_opened_again() -> None:
    timings = ModemTimings(submit_s=0.05, reopen_first_s=0.01)
    async with _line(Behaviour(silent_every=2), timings=timings) as (driver, events, _):
        (submission,) = _submissions("Hello")
        assert isinstance(await driver.submit(submission), Taken)
        assert isinstance(await driver.submit(submission), OutcomeUnknown)
        assert (await events.until(LineState.DOWN)).reason == "no_answer"
        await events.until(LineState.UP)
        assert isinstance(await driver.submit(submission), Taken)


async def test_absent_device_is_a_line_that_is_down() -> None:
    events = _Events()
    settings = ModemSettings(device="/dev/does-not-exist")
    driver = ModemDriver("gsm", settings, ModemTimings(), monotonic=asyncio.get_running_loop().time)
    task = asyncio.create_task(driver.run(events))
    async with asyncio.timeout(5):
        assert (await events.until(LineState.DOWN)).reason == "no_device"
    outcome = await driver.submit(_submissions("Hello")[0])
    assert isinstance(outcome, Refused)
    assert outcome.failure.code == "bridge:line_down"
    task.cancel()
    await asyncio.wait([task])


async def test_other_sender_is_handed_back_when_the_policy_says_so() -> None:
    async with _line(Behaviour(), sender=SenderPolicy.REJECT) as (driver, _, _):
        outcome = await driver.submit(_submissions("Hello", sender=str(AlphanumericSender("Office")))[0])
        assert isinstance(outcome, Refused)
        assert (outcome.failure.kind, outcome.failure.code) == (FailureKind.LINE, "bridge:sender_refused")
        assert isinstance(await driver.submit(_submissions("Hello", sender=OWN_NUMBER)[0]), Taken)
