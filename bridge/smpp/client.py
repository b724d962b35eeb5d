"""The SMPP line: keeps a session with the provider's SMSC up and puts segments through it."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from random import Random
from typing import Final

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
from bridge.log import get_logger
from bridge.smpp.command_status import LOGIN_REFUSED, CommandStatusTable, code_of
from bridge.smpp.delivery import interpret
from bridge.smpp.events import Answered, BindRefused, Bound, Delivery, Ended, Unanswered, Unsent
from bridge.smpp.link import Settled, SmppLink
from bridge.smpp.message_id import clean
from bridge.smpp.pdus import Bind, Status
from bridge.smpp.reconnect import Reconnect
from bridge.smpp.settings import SmppSettings
from bridge.smpp.submission import SubmissionEncoder
from bridge.smpp.throttle import Throttle
from bridge.smpp.timings import SmppTimings
from gateway_contract.vocabulary import BridgeError

log = get_logger(__name__)

_STORING_AT_ONCE: Final = 32
"""Deliveries that are made durable at the same time, so that they share commits."""
_DELIVERIES_WAITING: Final = 1000
"""Deliveries that may wait for that; above it the connection is read no further."""

_LINE_DOWN: Final = Refused(
    failure=Failure(
        kind=FailureKind.REPAIR, code=BridgeError.LINE_DOWN, text="no session with the provider's SMSC"
    )
)


class SmppDriver:
    """A ``LineDriver`` over one SMPP account.

    Args:
        name: of the line, for the log.
        monotonic: seconds that advance with real time and never go back.
        random: spreads the pauses, so that many lines do not come back together.
    """

    def __init__(
        self,
        name: str,
        settings: SmppSettings,
        timings: SmppTimings,
        *,
        monotonic: Callable[[], float],
        random: Random,
    ) -> None:
        self._name = name
        self._settings = settings
        self._timings = timings
        self._clock = monotonic
        self._encoder = SubmissionEncoder(settings)
        self._statuses = CommandStatusTable(settings.status_overrides())
        self._throttle = Throttle(timings, random)
        self._reconnect = Reconnect(timings, random)
        self._link: SmppLink | None = None
        """The bound link, if there is one."""
        self._deliveries: asyncio.Queue[tuple[SmppLink, Delivery]] = asyncio.Queue(_DELIVERIES_WAITING)

    @property
    def window(self) -> int:
        """How many submissions may be outstanding at once."""
        return self._settings.window

    async def run(self, events: LineEvents) -> None:
        """Keep a session up until cancelled; then unbind and close."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(_STORING_AT_ONCE):
                tasks.create_task(self._store(events), name=f"smpp deliveries {number}")
            while True:
                pause_s = await self._one_connection(events)
                await asyncio.sleep(pause_s)

    async def submit(self, submission: Submission) -> Outcome:
        """Put one segment on the network; concurrent calls beyond the window wait in order."""
        link = self._link
        if link is None:
            return _LINE_DOWN
        body = self._encoder.encode(submission)
        if isinstance(body, Failure):
            return Refused(failure=body)
        return self._outcome(await link.submit(body), link)

    async def _one_connection(self, events: LineEvents) -> float:
        """Connect, bind and serve to the end; give the pause before the next try in seconds."""
        settings, timings = self._settings, self._timings
        try:
            link = await SmppLink.open(
                settings.host, settings.port, window=settings.window, timings=timings, clock=self._clock
            )
        except OSError as error:
            log.debug("smpp.connect_failed", line=self._name, error=repr(error))
            await events.status(LineStatus(state=LineState.DOWN, reason="connect_failed"))
            return self._reconnect.after_failure()
        try:
            return await self._serve(link, events)
        finally:
            self._link = None
            await link.close()

    async def _serve(self, link: SmppLink, events: LineEvents) -> float:
        pause_s: float | None = None
        status = LineStatus(state=LineState.DOWN, reason="connection_lost")
        async with aclosing(link.events(self._bind())) as link_events:
            async for event in link_events:
                match event:
                    case Bound():
                        self._link = link
                        self._reconnect.bound(now=self._clock())
                        log.info("smpp.bound", line=self._name, smsc=event.system_id)
                        await events.status(LineStatus(state=LineState.UP))
                    case BindRefused(status=code):
                        pause_s = self._reconnect.after_refusal(code)
                        state = LineState.REFUSED if code in LOGIN_REFUSED else LineState.DOWN
                        reason = f"bind_failed:{code_of(code).removeprefix('smpp:')}"
                        status = LineStatus(state=state, reason=reason)
                    case Delivery():
                        await self._deliveries.put((link, event))
                    case Ended():
                        self._link = None
                        log.info("smpp.ended", line=self._name, reason=event.reason, detail=event.detail)
                        if pause_s is None:
                            status = LineStatus(state=LineState.DOWN, reason=event.reason)
        await events.status(status)
        return self._reconnect.after_loss(now=self._clock()) if pause_s is None else pause_s

    def _bind(self) -> Bind:
        settings = self._settings
        return Bind(
            system_id=settings.system_id,
            password=settings.password,
            system_type=settings.system_type,
            address_range=settings.address_range,
        )

    def _outcome(self, settled: Settled, link: SmppLink) -> Outcome:
        match settled:
            case Unsent():
                return _LINE_DOWN
            case Unanswered():
                return OutcomeUnknown(
                    failure=Failure(
                        kind=FailureKind.UNKNOWN, code=BridgeError.OUTCOME_UNKNOWN, text=settled.reason
                    )
                )
            case Answered(status=Status.OK):
                self._throttle.taken(sent_at=settled.sent_at)
                return Taken(reference=clean(settled.message_id))
            case Answered():
                return Refused(failure=self._refusal(settled, link))

    def _refusal(self, answer: Answered, link: SmppLink) -> Failure:
        kind = self._statuses.kind(answer.status)
        retry_after_s = None
        if kind is FailureKind.THROTTLE:
            retry_after_s = self._throttle.throttled(sent_at=answer.sent_at, now=self._clock())
        elif kind is FailureKind.REPAIR:
            # The SMSC does not see this session as bound: only a new one helps.
            link.abandon(f"session_refused:{code_of(answer.status).removeprefix('smpp:')}")
        return self._statuses.failure(answer.status, retry_after_s=retry_after_s)

    async def _store(self, events: LineEvents) -> None:
        """Make deliveries durable one after another, and answer each only then."""
        while True:
            link, delivery = await self._deliveries.get()
            status = Status.OK
            try:
                await self._take(delivery, events)
            except Exception as error:
                log.error("smpp.delivery_not_stored", line=self._name, exc_info=error)
                status = Status.TEMPORARY_APP_ERROR
            link.acknowledge(delivery, status)

    async def _take(self, delivery: Delivery, events: LineEvents) -> None:
        item = interpret(delivery.message, delivery.raw, self._settings)
        if item is None:
            log.info("smpp.delivery_ignored", line=self._name, esm_class=delivery.message.esm_class)
        elif isinstance(item, NetworkReport):
            await events.report(item)
        else:
            await events.received(item)
