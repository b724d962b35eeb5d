"""Feeds one line: claims segments from the spool, submits them, records what came of them.

Runs as long as the bridge. The order on a line is: mark the attempt durably, submit, record the outcome
durably; so after a kill it is known which segments may be with the network already.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from bridge.line import LineDriver, LineState, LineStatus, NetworkReport, ReceivedSegment, Taken
from bridge.log import get_logger, masked
from bridge.matching import ReportMatcher
from bridge.policy import LinePolicy, Step
from bridge.spool import handover, reports, submission
from bridge.spool.database import Database
from bridge.spool.submission import Claim, Claimed
from gateway_contract.addresses import AddressError, parse_address
from gateway_contract.frames import LineInfo
from gateway_contract.vocabulary import BridgeError, LineKind

log = get_logger(__name__)

_REFUSALS_BEFORE_PAUSE: Final = 3
"""Failures of the line itself, in a row, after which it is taken out of service for a while."""
_EVENTS: Final = {
    Step.RECORD_TAKEN: "segment.submitted",
    Step.REJECT: "segment.rejected",
    Step.HAND_BACK: "segment.handed_back",
    Step.RETRY: "segment.retry_later",
    Step.WAIT: "segment.waits",
    Step.RESEND: "segment.outcome_unknown_resend",
    Step.GIVE_UP: "segment.outcome_unknown_given_up",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerTimings:
    """When a line is paused and when its jobs are given back (seconds)."""

    hand_back_after_s: float = 60.0
    """How long a line may be down before the cloud gets back what it has not begun."""
    refused_pause_s: float = 300.0
    """Pause of a line whose network refused several messages in a row because of the line."""

    def scaled(self, factor: float) -> "SchedulerTimings":
        """The same, faster or slower by a factor."""
        return SchedulerTimings(
            hand_back_after_s=self.hand_back_after_s * factor,
            refused_pause_s=self.refused_pause_s * factor,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSetup:
    """What a scheduler needs to know of its line."""

    name: str
    kind: LineKind
    policy: LinePolicy
    matcher: ReportMatcher
    own_number: str = ""
    """As configured; empty: what the line itself says."""
    backlog: int = 100
    """Jobs that the spool holds for this line at most; what is above waits in the cloud."""


class LineScheduler:
    """One line and its share of the spool. It is the ``LineEvents`` of its driver."""

    def __init__(
        self,
        setup: LineSetup,
        driver: LineDriver,
        database: Database,
        *,
        now: Callable[[], float],
        timings: SchedulerTimings,
        on_news: Callable[[], None],
        on_line_change: Callable[["LineScheduler"], None],
    ) -> None:
        self.setup = setup
        self._driver = driver
        self._database = database
        self._now = now
        self._timings = timings
        self._on_news = on_news
        self._on_line_change = on_line_change
        self._status = LineStatus(state=LineState.STARTING)
        self._down_since: float | None = now()
        self._wake = asyncio.Event()
        self._in_flight = 0
        self._resume_at = 0.0
        self._refusals = 0
        self._refused = False
        self._draining = False

    @property
    def info(self) -> LineInfo:
        """The line as the cloud is told of it."""
        return LineInfo(
            name=self.setup.name,
            kind=self.setup.kind,
            state=LineState.REFUSED if self._refused else self._status.state,
            reason=BridgeError.LINE_REFUSED if self._refused else self._status.reason,
            own_number=self._own_number,
            operator=self._status.operator,
            signal_dbm=self._status.signal_dbm,
        )

    @property
    def accepting(self) -> bool:
        """Whether the line should be offered more work."""
        return self._status.state is LineState.UP and not self._draining and not self._refused

    def wake(self) -> None:
        """There may be something to submit."""
        self._wake.set()

    def drain(self) -> None:
        """Begin nothing more; what is with the network comes to its outcome."""
        self._draining = True
        self._wake.set()

    async def run(self) -> None:
        """Serve the line until cancelled, or until it is drained."""
        interrupted = await self._database.run(
            lambda do: submission.recover(
                do,
                self.setup.name,
                policy=self.setup.policy,
                matcher=self.setup.matcher,
                now=self._now(),
            )
        )
        if interrupted:
            log.warning("line.interrupted_segments", line=self.setup.name, segments=interrupted)
            self._on_news()
        async with asyncio.TaskGroup() as tasks:
            driver = tasks.create_task(self._driver.run(self), name=f"{self.setup.name} driver")
            await self._feed(tasks)
            driver.cancel()

    async def _feed(self, tasks: asyncio.TaskGroup) -> None:
        while not (self._draining and self._in_flight == 0):
            self._wake.clear()
            claimed = await self._claim()
            for claim in claimed.claims:
                self._in_flight += 1
                tasks.create_task(self._submit(claim))
            if claimed.rejected:
                self._on_news()
            elif not claimed.claims:
                await self._wait()

    async def _claim(self) -> Claimed:
        now = self._now()
        if self._refused and now >= self._resume_at:
            self._refused = False
            self._on_line_change(self)
        room = self._driver.window - self._in_flight
        if room <= 0 or self._draining or self._status.state is not LineState.UP or now < self._resume_at:
            return Claimed(claims=[], rejected=0)
        return await self._database.run(
            lambda do: submission.claim(
                do,
                self.setup.name,
                limit=room,
                own_number=self._own_number,
                reports=self.setup.policy.reports,
                now=now,
            )
        )

    async def _wait(self) -> None:
        """Until woken, or a pause of the line or of a job ends, or the line has been down too long."""
        name, now = self.setup.name, self._now()
        postponed = await self._database.run(lambda do: do.row("next_not_before", line=name, now=now))
        until = [self._resume_at] if self._resume_at > now else []
        if postponed is not None and postponed["at"] is not None:
            until.append(max(postponed["at"], self._resume_at))
        if self._down_since is not None:
            hand_back_at = self._down_since + self._timings.hand_back_after_s
            if now >= hand_back_at:
                await self._hand_back(BridgeError.LINE_DOWN)
            until.append(hand_back_at if now < hand_back_at else now + self._timings.hand_back_after_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(min(until) - now if until else None):
                await self._wake.wait()

    async def _submit(self, claim: Claim) -> None:
        part = claim.submission
        outcome = await self._driver.submit(part)
        recorded = await self._database.run(
            lambda do: submission.record(
                do,
                self.setup.name,
                claim.job_id,
                part.segment,
                outcome,
                policy=self.setup.policy,
                matcher=self.setup.matcher,
                now=self._now(),
            )
        )
        log.info(
            _EVENTS[recorded.step],
            code="" if isinstance(outcome, Taken) else outcome.failure.code,
            line=self.setup.name,
            sms_id=part.sms_id,
            segment=part.segment,
            segments=part.segments,
            recipient=masked(str(part.recipient)),
        )
        self._in_flight -= 1
        self._after(recorded)
        if self._refused:
            await self._hand_back(BridgeError.LINE_REFUSED)
        self._on_news()
        self._wake.set()

    def _after(self, recorded: submission.Recorded) -> None:
        """Pause the whole line where the outcome speaks of the line."""
        if recorded.step is Step.WAIT:
            self._resume_at = max(self._resume_at, self._now() + recorded.pause_s)
        elif recorded.step is Step.HAND_BACK:
            self._refusals += 1
            if self._refusals >= _REFUSALS_BEFORE_PAUSE:
                log.warning("line.refused", line=self.setup.name, refusals=self._refusals)
                self._resume_at = self._now() + self._timings.refused_pause_s
                self._refusals = 0
                self._refused = True
                self._on_line_change(self)
        elif recorded.step is Step.RECORD_TAKEN:
            self._refusals = 0

    async def _hand_back(self, error: BridgeError) -> None:
        given = await self._database.run(
            lambda do: handover.hand_back(
                do,
                self.setup.name,
                error=error,
                text=f"line {self.setup.name} is {self.info.state}",
                now=self._now(),
            )
        )
        if given:
            log.warning("line.handed_back", line=self.setup.name, jobs=given)
            self._on_news()

    @property
    def _own_number(self) -> str:
        """As configured, else as the line says; what a SIM holds may be no number at all."""
        said = self._status.own_number
        try:
            return self.setup.own_number or (str(parse_address(said)) if said else "")
        except AddressError:
            return ""

    async def status(self, status: LineStatus) -> None:
        """Take a change of the line's state (``LineEvents``)."""
        if status == self._status:
            return
        if (status.state, status.reason) != (self._status.state, self._status.reason):
            log.info("line.state", line=self.setup.name, state=status.state, reason=status.reason)
        if status.state is LineState.UP:
            self._down_since = None
        elif self._down_since is None:
            self._down_since = self._now()
        self._status = status
        self._on_line_change(self)
        self._wake.set()

    async def report(self, report: NetworkReport) -> None:
        """Take a report; returns once it is durable (``LineEvents``)."""
        matched = await self._database.run(
            lambda do: reports.take_report(
                do,
                self.setup.name,
                report,
                policy=self.setup.policy,
                matcher=self.setup.matcher,
                now=self._now(),
            )
        )
        if matched is None:
            log.info("report.held", line=self.setup.name, recipient=masked(report.recipient))
        self._on_news()

    async def received(self, segment: ReceivedSegment) -> None:
        """Keep what a handset sent (``LineEvents``)."""
        await self._database.run(
            lambda do: reports.keep_received(do, self.setup.name, segment, now=self._now())
        )
        log.info("segment.received", line=self.setup.name, sender=masked(segment.sender))
