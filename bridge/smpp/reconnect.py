"""How long to wait before the next connection to the SMSC."""

from random import Random
from typing import Final

from bridge.smpp.command_status import LOGIN_REFUSED
from bridge.smpp.pdus import Status
from bridge.smpp.timings import SmppTimings

_JITTER: Final = 0.2


class Reconnect:
    """Pauses that double from loss to loss, and begin anew once a session has lasted."""

    __slots__ = ("_bound_at", "_pause_s", "_random", "_timings")

    def __init__(self, timings: SmppTimings, random: Random) -> None:
        self._timings = timings
        self._random = random
        self._pause_s = 0.0
        self._bound_at: float | None = None

    def bound(self, *, now: float) -> None:
        """The SMSC took the bind."""
        self._bound_at = now

    def after_loss(self, *, now: float) -> float:
        """The connection ended; give the pause in seconds."""
        bound_at, self._bound_at = self._bound_at, None
        if bound_at is not None and now - bound_at >= self._timings.stable_after_s:
            self._pause_s = 0.0
        return self.after_failure()

    def after_failure(self) -> float:
        """There was no connection at all; give the pause in seconds."""
        doubled = self._pause_s * 2 or self._timings.reconnect_first_s
        self._pause_s = min(doubled, self._timings.reconnect_most_s)
        return self._spread(self._pause_s)

    def after_refusal(self, status: int) -> float:
        """The SMSC refused the bind with this command_status; give the pause in seconds."""
        if status in LOGIN_REFUSED:
            return self._spread(self._timings.refused_pause_s)
        if status == Status.ALREADY_BOUND:
            return self._spread(self._timings.already_bound_pause_s)
        return self.after_failure()

    def _spread(self, pause_s: float) -> float:
        return pause_s * (1 + _JITTER * self._random.random())
