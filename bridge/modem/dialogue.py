"""The conversation with one modem over one opening of its port: sans I/O, used once.

Commands go out one at a time and each waits for its final result; what the modem says on its own accord is
taken at any line boundary. A modem that stays silent, restarts or shows another prompt than expected is
given up with :class:`~bridge.modem.steps.Lost`: a new opening starts from a known state.
"""

from collections import deque
from typing import Final

from bridge.modem import scripts
from bridge.modem.at_lines import Boot, Info, LineReader, Prompt, Result, Routed, Stored
from bridge.modem.settings import ModemSettings
from bridge.modem.steps import (
    Answer,
    Arrived,
    Command,
    Concluded,
    Event,
    Lost,
    NeedsPerson,
    Pause,
    Place,
    Ready,
    Script,
)
from bridge.modem.timings import ModemTimings

_ESCAPE: Final = b"\x1b"
_CTRL_Z: Final = b"\x1a"
_MAX_LINES: Final = 2000
"""Lines kept of one answer: a full store listed, and room for noise."""


class Dialogue:
    """One opening of a modem's port.

    Args:
        smsc: the SMSC part before each TPDU.
        pin_allowed: False once the SIM has refused the PIN.
    """

    def __init__(
        self, settings: ModemSettings, timings: ModemTimings, *, smsc: bytes = b"\0", pin_allowed: bool = True
    ) -> None:
        self._settings = settings
        self._timings = timings
        self._smsc = smsc
        self._pin_allowed = pin_allowed
        self._reader = LineReader()
        self._output = bytearray()
        self._waiting: deque[Script] = deque()
        self._script: Script | None = None
        self._command: Command | None = None
        self._prompted = False
        self._lines: list[str] = []
        self._deadline: float | None = None
        self._ready: Ready | None = None
        self._lost = False

    @property
    def ready(self) -> Ready | None:
        """What the modem said of itself once it could send; None before and after."""
        return None if self._lost else self._ready

    def start(self, now: float) -> list[Event]:
        """Begin; the escape ends a prompt that an earlier program left open."""
        self._output += _ESCAPE
        self._waiting.append(scripts.initialise(self._settings, self._timings, pin_allowed=self._pin_allowed))
        return self._next_script(now)

    def bytes_to_send(self) -> bytes:
        """What to write now; each byte is given once."""
        output = bytes(self._output)
        self._output.clear()
        return output

    def next_deadline(self) -> float | None:
        """When to call :meth:`expire` at the latest."""
        return None if self._lost else self._deadline

    def submit(self, tpdu: bytes, now: float, *, more_follow: bool) -> list[Event]:
        """Put a TPDU on the network; :class:`Concluded` or :class:`Lost` follows. Only once ready, one at a
        time."""
        script = scripts.submit(tpdu, self._smsc, self._timings, more_follow=more_follow)
        return self._enqueue(script, now)

    def settle(self, arrived: Arrived, now: float) -> list[Event]:
        """The PDU is durable: delete or acknowledge it."""
        if arrived.place is not None:
            return self._enqueue(scripts.delete(arrived.place, self._timings), now)
        if self._ready is None or self._ready.acknowledge:  # not known yet: one too many is harmless
            return self._enqueue(scripts.acknowledge(self._timings), now, first=True)
        return []

    def expire(self, now: float) -> list[Event]:
        """Do what is due at ``now``."""
        if self._deadline is None or now < self._deadline or self._lost:
            return []
        if self._command is not None:
            if self._command.may_time_out:
                return self._conclude(Answer(answered=False), now)
            return self._abort("no_answer", now)
        if self._script is not None:
            return self._advance(Answer(), now)
        if self._ready is not None:
            return self._enqueue(scripts.check_health(self._ready, self._timings), now)
        return []

    def close(self, now: float) -> list[Event]:
        """The port is gone: the outcome of what was under way, and :class:`Lost`."""
        return [] if self._lost else self._abort("port_closed", now)

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Take what the modem said."""
        events: list[Event] = []
        for line in self._reader.receive(data):
            if self._lost:
                break
            match line:
                case Result():
                    events += self._result(line, now)
                case Prompt():
                    self._prompt(now)
                case Boot():
                    events += self._abort("restarted", now)
                case Routed():
                    events.append(Arrived(pdu=line.pdu, place=None))
                case Stored():
                    place = Place(storage=line.storage, index=line.index)
                    events += self._enqueue(scripts.fetch(place, self._timings), now)
                case Info():
                    self._info(line.text, now)
        return events

    def _result(self, result: Result, now: float) -> list[Event]:
        if self._command is None:
            return []  # late, for a command that was given up
        if result.ok and self._command.payload and not self._prompted:
            return []  # only a prompt or an error can answer this
        answer = Answer(
            ok=result.ok,
            prompted=self._prompted,
            cms=result.cms,
            cme=result.cme,
            lines=tuple(self._lines),
        )
        return self._conclude(answer, now)

    def _prompt(self, now: float) -> None:
        if self._command is not None and self._command.payload and not self._prompted:
            self._prompted = True
            self._output += self._command.payload.encode() + _CTRL_Z
            self._deadline = now + self._timings.submit_s
        elif not self._prompted:
            self._output += _ESCAPE

    def _info(self, text: str, now: float) -> None:
        if self._command is None or len(self._lines) >= _MAX_LINES:
            return
        self._lines.append(text)
        if self._prompted and text.startswith("+CMGS:"):
            self._deadline = now + self._timings.ok_after_reference_s

    def _enqueue(self, script: Script, now: float, *, first: bool = False) -> list[Event]:
        if self._lost:
            return []
        if first:
            self._waiting.appendleft(script)
        else:
            self._waiting.append(script)
        return [] if self._script is not None else self._next_script(now)

    def _next_script(self, now: float) -> list[Event]:
        events: list[Event] = []
        while self._waiting and self._script is None and not self._lost:
            self._script = self._waiting.popleft()
            events += self._advance(None, now)
        return events

    def _conclude(self, answer: Answer, now: float) -> list[Event]:
        self._command = None
        self._prompted = False
        self._lines.clear()
        return self._advance(answer, now)

    def _abort(self, reason: str, now: float) -> list[Event]:
        """Let the script say what its unanswered command means, then give up."""
        self._waiting.clear()
        events: list[Event] = []
        if self._script is not None and self._command is not None:
            answer = Answer(answered=False, prompted=self._prompted, lines=tuple(self._lines))
            events = [event for event in self._conclude(answer, now) if isinstance(event, Concluded)]
        self._lost = True
        return [*events, Lost(reason=reason)]

    def _advance(self, answer: Answer | None, now: float) -> list[Event]:
        """Run the script up to its next command or pause."""
        events: list[Event] = []
        self._deadline = None
        while self._script is not None:
            try:
                step = next(self._script) if answer is None else self._script.send(answer)
            except StopIteration:
                self._script = None
                break
            answer = Answer()
            if isinstance(step, Command):
                self._command = step
                self._output += step.text.encode() + b"\r"
                self._deadline = now + step.timeout_s
                return events
            if isinstance(step, Pause):
                self._deadline = now + step.seconds
                return events
            events.append(step)
            if isinstance(step, Ready):
                self._ready = step
            if isinstance(step, Lost | NeedsPerson):
                self._lost = True
                self._script = None
        self._deadline = now + self._timings.health_s
        return events + self._next_script(now)
