"""The line driver of a modem: opens its port, keeps a dialogue going, opens it again."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bridge.gsm.address import encode_smsc
from bridge.gsm.errors import PduError
from bridge.gsm.submit import Submit, encode_submit
from bridge.gsm.udh import Concatenation
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
)
from bridge.log import get_logger
from bridge.modem.dialogue import Dialogue
from bridge.modem.port import Port, open_port
from bridge.modem.reading import read_pdu
from bridge.modem.settings import ModemSettings, SenderPolicy
from bridge.modem.steps import Arrived, Concluded, Event, Lost, NeedsPerson, Ready, Waiting
from bridge.modem.timings import ModemTimings
from gateway_contract.text import NotEncodableError
from gateway_contract.vocabulary import BridgeError

log = get_logger(__name__)

_INBOX: Final = 10_000
"""Chunks of input not yet handled; a modem that floods more than this is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    tpdu: bytes
    more_follow: bool
    outcome: asyncio.Future[Outcome]


class ModemDriver:
    """One modem as a line; see :class:`bridge.line.LineDriver`.

    Args:
        name: of the line, for the log.
        monotonic: a clock in seconds that never goes back.
    """

    def __init__(
        self,
        name: str,
        settings: ModemSettings,
        timings: ModemTimings,
        *,
        monotonic: Callable[[], float],
    ) -> None:
        self._name = name
        self._settings = settings
        self._timings = timings
        self._monotonic = monotonic
        self._smsc = encode_smsc(settings.smsc)
        self._inbox: asyncio.Queue[bytes | _Request] = asyncio.Queue(_INBOX)
        self._turn = asyncio.Lock()
        self._ready: Ready | None = None
        self._request: _Request | None = None
        self._status: LineStatus | None = None
        self._pin_allowed = True

    @property
    def window(self) -> int:
        """A modem takes one message at a time."""
        return 1

    async def run(self, events: LineEvents) -> None:
        """Keep the modem up until cancelled."""
        pause_s = self._timings.reopen_first_s
        await self._say(events, LineState.STARTING, "")
        while True:
            try:
                ended = await self._session(events)
            except OSError as error:
                log.warning("modem.not_opened", line=self._name, error=type(error).__name__)
                ended = Lost(reason="no_device")
            if isinstance(ended, NeedsPerson):
                self._pin_allowed = self._pin_allowed and ended.reason != "pin_refused"
                await self._say(events, LineState.REFUSED, ended.reason)
                await asyncio.sleep(self._timings.refused_s)
                continue
            was_up = self._status is not None and self._status.state is LineState.UP
            pause_s = self._timings.reopen_first_s if was_up else pause_s
            await self._say(events, LineState.DOWN, ended.reason)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, self._timings.reopen_most_s)

    async def submit(self, submission: Submission) -> Outcome:
        """Put one segment on the network."""
        async with self._turn:
            ready = self._ready
            if ready is None:
                return _line_down()
            if self._sender_refused(submission, ready):
                return _refused(FailureKind.LINE, BridgeError.SENDER_REFUSED, "a SIM cannot set this sender")
            try:
                tpdu = encode_submit(_pdu_of(submission))
            except (PduError, NotEncodableError):
                return _refused(
                    FailureKind.MESSAGE, BridgeError.NOT_ENCODABLE, "no short message can hold it"
                )
            outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
            more_follow = submission.segment < submission.segments
            await self._inbox.put(_Request(tpdu=tpdu, more_follow=more_follow, outcome=outcome))
            return await outcome

    def _sender_refused(self, submission: Submission, ready: Ready) -> bool:
        return (
            self._settings.sender is SenderPolicy.REJECT
            and submission.sender is not None
            and str(submission.sender) != ready.own_number
        )

    async def _session(self, events: LineEvents) -> Lost | NeedsPerson:
        """One opening of the port, to its end."""
        self._drop_inbox()
        port = await open_port(
            self._settings.device,
            self._settings.baud,
            write_timeout_s=self._timings.command_s,
            received=self._received,
        )
        dialogue = Dialogue(self._settings, self._timings, smsc=self._smsc, pin_allowed=self._pin_allowed)
        try:
            return await self._serve(port, dialogue, events)
        finally:
            self._ready = None
            for event in dialogue.close(self._monotonic()):
                if isinstance(event, Concluded):
                    self._conclude(event.outcome)
            self._conclude(_line_down())
            self._drop_inbox()
            await port.close()

    async def _serve(self, port: Port, dialogue: Dialogue, events: LineEvents) -> Lost | NeedsPerson:
        happened = dialogue.start(self._monotonic())
        while True:
            ended = await self._take(happened, port, dialogue, events)
            if ended is not None:
                return ended
            deadline = dialogue.next_deadline()
            timeout = None if deadline is None else max(deadline - self._monotonic(), 0.0)
            try:
                async with asyncio.timeout(timeout):
                    item = await self._inbox.get()
            except TimeoutError:
                happened = dialogue.expire(self._monotonic())
                continue
            now = self._monotonic()
            if isinstance(item, _Request):
                self._request = item
                happened = dialogue.submit(item.tpdu, now, more_follow=item.more_follow)
            elif item:
                happened = dialogue.receive(item, now)
            else:
                happened = dialogue.close(now)

    async def _take(
        self, happened: list[Event], port: Port, dialogue: Dialogue, events: LineEvents
    ) -> Lost | NeedsPerson | None:
        """Handle events in order; what they make due is handled behind them."""
        queue = list(happened)
        while True:
            if output := dialogue.bytes_to_send():
                try:
                    port.write(output)
                except OSError:
                    queue += dialogue.close(self._monotonic())
            if not queue:
                return None
            event = queue.pop(0)
            match event:
                case Lost() | NeedsPerson():
                    log.warning("modem.lost", line=self._name, reason=event.reason)
                    return event
                case Concluded():
                    self._conclude(event.outcome)
                case Ready():
                    self._ready = event
                    await self._say(
                        events, LineState.UP, "", event.own_number, event.operator, event.signal_dbm
                    )
                case Waiting():
                    await self._say(events, LineState.DOWN, event.reason)
                case Arrived():
                    await self._arrived(event, events)
                    queue += dialogue.settle(event, self._monotonic())

    async def _arrived(self, arrived: Arrived, events: LineEvents) -> None:
        own_number = self._ready.own_number if self._ready is not None else ""
        read = read_pdu(arrived.pdu, own_number=own_number)
        if isinstance(read, NetworkReport):
            await events.report(read)
        else:
            await events.received(read)

    def _received(self, data: bytes) -> None:
        try:
            self._inbox.put_nowait(data)
        except asyncio.QueueFull:
            self._drop_inbox()
            self._inbox.put_nowait(b"")

    def _conclude(self, outcome: Outcome) -> None:
        request, self._request = self._request, None
        if request is not None and not request.outcome.done():
            request.outcome.set_result(outcome)
        if isinstance(outcome, Refused | OutcomeUnknown):
            log.debug("modem.submit_failed", line=self._name, code=outcome.failure.code)

    def _drop_inbox(self) -> None:
        """Forget input of an earlier opening; a submission in it was never written."""
        while not self._inbox.empty():
            item = self._inbox.get_nowait()
            if isinstance(item, _Request) and not item.outcome.done():
                item.outcome.set_result(_line_down())

    async def _say(
        self,
        events: LineEvents,
        state: LineState,
        reason: str,
        own_number: str = "",
        operator: str = "",
        signal_dbm: int | None = None,
    ) -> None:
        status = LineStatus(
            state=state, reason=reason, own_number=own_number, operator=operator, signal_dbm=signal_dbm
        )
        if status != self._status:
            self._status = status
            await events.status(status)


def _pdu_of(submission: Submission) -> Submit:
    concatenation: Concatenation | None = None
    if submission.concat_ref is not None:
        concatenation = Concatenation(
            # Segments are cut with room for the 8-bit reference, which every handset knows.
            reference=submission.concat_ref & 0xFF,
            total=submission.segments,
            sequence=submission.segment,
        )
    return Submit(
        destination=submission.recipient,
        text=submission.text,
        alphabet=submission.alphabet,
        concatenation=concatenation,
        validity_s=submission.validity_s,
        status_report=submission.report,
        flash=submission.flash,
    )


def _refused(kind: FailureKind, code: str, text: str) -> Refused:
    return Refused(failure=Failure(kind=kind, code=code, text=text))


def _line_down() -> Refused:
    return _refused(FailureKind.REPAIR, BridgeError.LINE_DOWN, "the modem is not ready")
