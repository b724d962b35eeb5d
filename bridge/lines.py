"""Makes the driver and the scheduler of a configured line: the one place that knows every kind of line."""

from collections.abc import Callable
from random import SystemRandom
from time import monotonic, time

from bridge.line import LineDriver
from bridge.matching import ReportMatcher, StatusReportMatcher
from bridge.modem.driver import ModemDriver
from bridge.modem.settings import ModemSettings
from bridge.modem.timings import ModemTimings
from bridge.policy import LinePolicy
from bridge.scheduler import LineScheduler, LineSetup, SchedulerTimings
from bridge.settings import Line
from bridge.smpp.client import SmppDriver
from bridge.smpp.matching import MessageIdMatcher
from bridge.smpp.timings import SmppTimings
from bridge.spool.database import Database


def make_scheduler(
    line: Line,
    database: Database,
    *,
    timings: SchedulerTimings,
    on_news: Callable[[], None],
    on_line_change: Callable[[LineScheduler], None],
) -> LineScheduler:
    """The scheduler of a line, with the driver and the matching rules of its kind."""
    common = line.common
    driver: LineDriver
    matcher: ReportMatcher
    if isinstance(line.driver, ModemSettings):
        driver = ModemDriver(common.name, line.driver, ModemTimings(), monotonic=monotonic)
        matcher = StatusReportMatcher()
    else:
        driver = SmppDriver(
            common.name, line.driver, SmppTimings(), monotonic=monotonic, random=SystemRandom()
        )
        matcher = MessageIdMatcher()
    setup = LineSetup(
        name=common.name,
        kind=common.kind,
        policy=LinePolicy(reports=common.reports, when_outcome_unknown=common.when_outcome_unknown),
        matcher=matcher,
        own_number=common.own_number,
        backlog=common.backlog,
    )
    return LineScheduler(
        setup,
        driver,
        database,
        now=time,
        timings=timings,
        on_news=on_news,
        on_line_change=on_line_change,
    )
