"""The scheduler of a line, with a driver that does what the test says."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridge.line import (
    Failure,
    FailureKind,
    LineEvents,
    LineState,
    LineStatus,
    NetworkReport,
    Outcome,
    OutcomeUnknown,
    Refused,
    Submission,
    Taken,
)
from bridge.matching import StatusReportMatcher
from bridge.policy import LinePolicy
from bridge.scheduler import LineScheduler, LineSetup, SchedulerTimings
from bridge.spool import handover
from bridge.spool.database import Database, open_database
from gateway_contract.frames import Job, ReportItem
from gateway_contract.lifecycle import State
from gateway_contract.vocabulary import Answer, LineKind

NOW = 1_790_000_000.0
TIMINGS = SchedulerTimings()


class ScriptedDriver:
    """Comes up at once; each submission is answered by the next scripted outcome, at last by Taken."""

    def __init__(self, *outcomes: Outcome | None, window: int = 1) -> None:
        self.window = window
        self.submitted: list[Submission] = []
        self.outstanding = 0
        self.most_outstanding = 0
        self._outcomes = list(outcomes)
        self._events: asyncio.Future[LineEvents] = asyncio.get_running_loop().create_future()

    async def run(self, events: LineEvents) -> None:
        await events.status(LineStatus(state=LineState.UP))
        self._events.set_result(events)
        await asyncio.get_running_loop().create_future()

    async def submit(self, submission: Submission) -> Outcome:
        self.submitted.append(submission)
        self.outstanding += 1
        self.most_outstanding = max(self.most_outstanding, self.outstanding)
        await asyncio.sleep(0)
        self.outstanding -= 1
        outcome = self._outcomes.pop(0) if self._outcomes else None
        return outcome or Taken(reference=str(len(self.submitted)))

    async def events(self) -> LineEvents:
        return await self._events


class Line:
    """A scheduler with its spool, and the cloud's part of the hand-over."""

    def __init__(self, database: Database, driver: ScriptedDriver, timings: SchedulerTimings) -> None:
        self.database = database
        self._news = asyncio.Event()
        setup = LineSetup(
            name="gsm1",
            kind=LineKind.MODEM,
            policy=LinePolicy(retry_delays_s=(0.0, 0.0), repair_pause_s=0.0),
            matcher=StatusReportMatcher(),
        )
        self.scheduler = LineScheduler(
            setup,
            driver,
            database,
            now=lambda: NOW,
            timings=timings,
            on_news=self._news.set,
            on_line_change=lambda _: self._news.set(),
        )

    async def accept(self, *sms_ids: str, text: str = "Hello", recipient: str = "+36201234567") -> None:
        """Hand jobs over."""
        jobs = [
            Job(
                sms_id=sms_id,
                attempt=1,
                line="gsm1",
                sender="",
                recipient=recipient,
                text=text,
                created=NOW,
                deadline=NOW + 3600,
            )
            for sms_id in sms_ids
        ]
        await self.database.run(lambda do: handover.offer(do, jobs, now=NOW))
        for news in await self.database.run(lambda do: handover.news(do, after=0, limit=1000)):
            await self.database.run(lambda do, news=news: handover.settle(do, news, Answer.DONE, now=NOW))  # type: ignore[misc]
        self.scheduler.wake()

    async def told(self, enough: Callable[[dict[str, ReportItem]], bool]) -> dict[str, ReportItem]:
        """Wait until the outbox holds enough; its items by SmsId."""
        async with asyncio.timeout(20):
            while True:
                self._news.clear()
                news = await self.database.run(lambda do: handover.news(do, after=0, limit=1000))
                items = {item.item.sms_id: item.item for item in news}
                if enough(items):
                    return items
                await self._news.wait()


@asynccontextmanager
async def running(
    path: Path, driver: ScriptedDriver, timings: SchedulerTimings = TIMINGS
) -> AsyncIterator[Line]:
    database = Database(open_database(path / "spool.db"))
    line = Line(database, driver, timings)
    task = asyncio.create_task(line.scheduler.run())
    try:
        yield line
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        database.close()


def failure(kind: FailureKind) -> Failure:
    return Failure(kind=kind, code="cms:38", text="said no")


def states(*wanted: State | None) -> Callable[[dict[str, ReportItem]], bool]:
    return lambda items: [item.state for item in items.values()] == list(wanted)


async def test_segments_go_out_in_order_within_the_window(tmp_path: Path) -> None:
    driver = ScriptedDriver(window=3)
    async with running(tmp_path, driver) as line:
        await line.accept("a", "b", text="x" * 400)
        await line.told(states(State.SUBMITTED, State.SUBMITTED))
    assert [(part.sms_id, part.segment) for part in driver.submitted] == [
        (sms_id, segment) for sms_id in ("a", "b") for segment in (1, 2, 3)
    ]
    assert driver.most_outstanding == 3


@pytest.mark.parametrize("kind", [FailureKind.TEMPORARY, FailureKind.THROTTLE, FailureKind.REPAIR])
async def test_what_may_work_later_is_tried_again_on_this_line(tmp_path: Path, kind: FailureKind) -> None:
    driver = ScriptedDriver(Refused(failure=failure(kind)))
    async with running(tmp_path, driver) as line:
        await line.accept("a")
        items = await line.told(states(State.SUBMITTED))
    assert len(driver.submitted) == 2
    assert not items["a"].possible_duplicate


async def test_one_bad_message_does_not_block_the_next(tmp_path: Path) -> None:
    driver = ScriptedDriver(Refused(failure=failure(FailureKind.MESSAGE)))
    async with running(tmp_path, driver) as line:
        await line.accept("bad", "good")
        items = await line.told(states(State.REJECTED, State.SUBMITTED))
    assert items["bad"].error == "cms:38"


async def test_an_unknown_outcome_is_resent_once_and_marked(tmp_path: Path) -> None:
    driver = ScriptedDriver(OutcomeUnknown(failure=failure(FailureKind.UNKNOWN)))
    async with running(tmp_path, driver) as line:
        await line.accept("a")
        items = await line.told(states(State.SUBMITTED))
    assert len(driver.submitted) == 2
    assert items["a"].possible_duplicate


async def test_a_line_that_is_refused_three_times_in_a_row_gives_back_the_rest_and_rests(
    tmp_path: Path,
) -> None:
    driver = ScriptedDriver(*(Refused(failure=failure(FailureKind.LINE)) for _ in range(9)))
    async with running(tmp_path, driver) as line:
        await line.accept("a", "b", "c", "d")
        items = await line.told(states(None, None, None, None))
        assert not line.scheduler.accepting
        assert line.scheduler.info.state == "refused"
    assert len(driver.submitted) == 3
    assert items["d"].error == "bridge:line_refused"


async def test_a_message_that_nobody_can_send_does_not_block_the_next(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    async with running(tmp_path, driver) as line:
        await line.accept("bad", recipient="12345678901234567890123")
        items = await line.told(states(State.REJECTED))
        await line.accept("good")
        await line.told(states(State.SUBMITTED))
    assert items["bad"].error == "bridge:bad_address"


async def test_a_sim_that_holds_no_number_gives_no_sender(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    async with running(tmp_path, driver) as line:
        await line.scheduler.status(LineStatus(state=LineState.UP, own_number="my number, office"))
        await line.accept("a")
        items = await line.told(states(State.SUBMITTED))
    assert (items["a"].sender, driver.submitted[0].sender) == ("", None)


async def test_a_report_makes_the_message_delivered(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    async with running(tmp_path, driver) as line:
        await line.accept("a")
        await line.told(states(State.SUBMITTED))
        events = await driver.events()
        await events.report(
            NetworkReport(
                references=("1",),
                recipient="36201234567",
                state=State.DELIVERED,
                detail="",
                code="",
                done_at=None,
            )
        )
        await line.told(states(State.DELIVERED))


async def test_a_line_that_stays_down_gives_back_what_it_has_not_begun(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    async with running(tmp_path, driver, SchedulerTimings(hand_back_after_s=0.0)) as line:
        await line.told(lambda _: line.scheduler.accepting)
        await line.scheduler.status(LineStatus(state=LineState.DOWN, reason="no_network"))
        await line.accept("a")
        items = await line.told(states(None))
    assert items["a"].error == "bridge:line_down"
    assert driver.submitted == []


async def test_draining_finishes_what_is_with_the_network_and_begins_nothing(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    async with running(tmp_path, driver) as line:
        await line.told(lambda _: line.scheduler.accepting)
        line.scheduler.drain()
        await line.accept("a")
        await asyncio.sleep(0)
    assert driver.submitted == []
