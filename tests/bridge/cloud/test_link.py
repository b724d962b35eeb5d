"""The bridge's link to the cloud over a real websocket, to a cloud at contract level that can misbehave."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from time import monotonic

import pytest

from bridge.cloud.connection import Address
from bridge.cloud.link import CloudLink
from bridge.cloud.outbox import Outbox
from bridge.cloud.timings import CloudTimings
from bridge.line import LineEvents, LineState, LineStatus, Outcome, Submission, Taken
from bridge.matching import StatusReportMatcher
from bridge.policy import LinePolicy, Reports
from bridge.scheduler import LineScheduler, LineSetup, SchedulerTimings
from bridge.spool import handover
from bridge.spool.database import Database, open_database
from gateway_contract.frames import Frame, Job, Pull, Report, ReportItem, Welcome
from gateway_contract.lifecycle import State
from gateway_contract.vocabulary import Answer, LineKind
from tests.peers import fake_cloud
from tests.peers.fake_cloud import FakeCloud

NOW = 1_790_000_000.0
TIMINGS = CloudTimings(backoff_first_s=0.02, retry_report_after_s=0.02)
IMPATIENT = CloudTimings(backoff_first_s=0.02, answer_timeout_s=1.0)


class EagerDriver:
    """A line whose network takes everything at once and gives no reports."""

    window = 4

    def __init__(self) -> None:
        self.submitted: list[Submission] = []

    async def run(self, events: LineEvents) -> None:
        await events.status(LineStatus(state=LineState.UP, own_number="+36200000001"))
        await asyncio.get_running_loop().create_future()

    async def submit(self, submission: Submission) -> Outcome:
        self.submitted.append(submission)
        return Taken(reference=str(len(self.submitted)))


class OneLineSite:
    """The least that a connection needs of a bridge."""

    def __init__(
        self, cloud: FakeCloud, database: Database, driver: EagerDriver, timings: CloudTimings
    ) -> None:
        self.database = database
        self.outbox = Outbox(database, now=lambda: NOW, on_ready=self.wake)
        setup = LineSetup(
            name="gsm1",
            kind=LineKind.MODEM,
            policy=LinePolicy(reports=Reports.NONE),
            matcher=StatusReportMatcher(),
        )
        self.line = LineScheduler(
            setup,
            driver,
            database,
            now=lambda: NOW,
            timings=SchedulerTimings(),
            on_news=self.news,
            on_line_change=lambda line: self.link.line_changed(line.info, accepting=line.accepting),
        )
        self.link = CloudLink(
            Address(url=cloud.url, token=cloud.token),
            self,
            self.outbox,
            database,
            spool_id="spool",
            lines=lambda: (self.line.info,),
            timings=timings,
            monotonic=monotonic,
            random=Random(1),
        )

    def wake(self) -> None:
        self.line.wake()

    def news(self) -> None:
        self.outbox.changed.set()
        self.link.work_done()

    async def room(self) -> dict[str, int]:
        return {"gsm1": 5 if self.line.accepting else 0}

    async def offered(self, jobs: Sequence[Job]) -> None:
        await self.database.run(lambda do: handover.offer(do, jobs, now=NOW))
        self.outbox.changed.set()

    async def cancelled(self, sms_ids: Sequence[str]) -> None:
        await self.database.run(lambda do: handover.cancel(do, sms_ids, now=NOW))

    def welcomed(self, welcome: Welcome) -> None:
        pass


@asynccontextmanager
async def bridge(cloud: FakeCloud, path: Path, timings: CloudTimings = TIMINGS) -> AsyncIterator[EagerDriver]:
    database = Database(open_database(path / "spool.db"))
    driver = EagerDriver()
    site = OneLineSite(cloud, database, driver, timings)
    tasks = [asyncio.create_task(site.link.run()), asyncio.create_task(site.line.run())]
    try:
        yield driver
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        database.close()


@pytest.fixture
async def cloud() -> AsyncIterator[FakeCloud]:
    async with fake_cloud.running() as running:
        yield running


def jobs(count: int) -> list[Job]:
    return [
        Job(
            sms_id=f"sms-{number}",
            attempt=1,
            line="gsm1",
            sender="",
            recipient="+36201234567",
            text="Hello",
            created=NOW,
            deadline=NOW + 3600,
        )
        for number in range(count)
    ]


def all_sent(count: int) -> Callable[[FakeCloud], bool]:
    return lambda cloud: list(cloud.states.values()) == [State.SENT] * count


async def test_waiting_messages_are_pulled_submitted_and_reported(cloud: FakeCloud, tmp_path: Path) -> None:
    cloud.put(*jobs(12))
    async with bridge(cloud, tmp_path) as driver:
        await cloud.until(all_sent(12))
    assert len(driver.submitted) == 12
    assert cloud.batches == sorted(set(cloud.batches))


async def test_a_pushed_message_needs_no_pull(cloud: FakeCloud, tmp_path: Path) -> None:
    async with bridge(cloud, tmp_path):
        await cloud.until(lambda cloud: any(pull.room["gsm1"] for pull in cloud.pulls))
        cloud.put(*jobs(1))
        await cloud.push()
        await cloud.until(all_sent(1))


async def test_nothing_is_submitted_before_the_hand_over_is_confirmed(
    cloud: FakeCloud, tmp_path: Path
) -> None:
    asked: list[ReportItem] = []

    def not_yet(item: ReportItem) -> Answer | None:
        asked.append(item)
        return Answer.RETRY if len(asked) < 3 else Answer.SUPERSEDED

    cloud.answer = not_yet
    cloud.put(*jobs(1))
    async with bridge(cloud, tmp_path) as driver:
        await cloud.until(lambda _: len(asked) == 3)
    assert driver.submitted == []
    assert {item.state for item in asked} == {State.SPOOLED}


async def test_a_silent_connection_is_replaced_and_nothing_is_lost(cloud: FakeCloud, tmp_path: Path) -> None:
    swallowed: list[Frame] = []

    def swallow_first_report(frame: Frame) -> bool:
        if isinstance(frame, Report) and not swallowed:
            swallowed.append(frame)
            return True
        return False

    cloud.silent = swallow_first_report
    cloud.put(*jobs(3))
    async with bridge(cloud, tmp_path, IMPATIENT) as driver:
        await cloud.until(all_sent(3))
    assert len(driver.submitted) == 3
    assert len(cloud.hellos) == 2


async def test_a_pull_without_answer_ends_the_connection(cloud: FakeCloud, tmp_path: Path) -> None:
    cloud.silent = lambda frame: isinstance(frame, Pull)
    async with bridge(cloud, tmp_path, IMPATIENT):
        await cloud.until(lambda cloud: len(cloud.hellos) == 3)
    numbers = [hello.connection_seq for hello in cloud.hellos]
    assert numbers == sorted(set(numbers))


async def test_a_cut_connection_is_replaced_and_what_it_owed_is_told_again(
    cloud: FakeCloud, tmp_path: Path
) -> None:
    async with bridge(cloud, tmp_path):
        for number, job in enumerate(jobs(5), start=1):
            cloud.put(job)
            await cloud.cut()
            await cloud.until(all_sent(number))


async def test_rotation_opens_the_next_connection_before_the_old_one_closes(
    cloud: FakeCloud, tmp_path: Path
) -> None:
    timings = CloudTimings(rotate_after_s=0.2, rotate_jitter_s=0.0, retire_after_s=0.05)
    async with bridge(cloud, tmp_path, timings):
        for number, job in enumerate(jobs(4), start=1):
            cloud.put(job)
            await cloud.until(all_sent(number))
            seen = len(cloud.hellos)
            await cloud.until(lambda cloud, seen=seen: len(cloud.hellos) > seen)  # type: ignore[misc]


async def test_a_restart_goes_on_with_the_same_spool(cloud: FakeCloud, tmp_path: Path) -> None:
    cloud.answer = lambda item: Answer.RETRY if item.state is not State.SPOOLED else None
    cloud.put(*jobs(3))
    async with bridge(cloud, tmp_path):
        await cloud.until(lambda cloud: any(item.state is State.SENT for item in cloud.items))
    cloud.answer = lambda _: None
    async with bridge(cloud, tmp_path) as driver:
        await cloud.until(all_sent(3))
    assert len(driver.submitted) <= 2
    assert [hello.spool_id for hello in cloud.hellos] == ["spool", "spool"]


async def test_a_refused_token_is_not_tried_again_at_once(cloud: FakeCloud, tmp_path: Path) -> None:
    stranger = FakeCloud(url=cloud.url, token="office.stolen")
    async with bridge(stranger, tmp_path, CloudTimings(refused_pause_s=3600, backoff_first_s=0.001)):
        await cloud.until(lambda cloud: cloud.refused == 1)
    assert cloud.hellos == []
