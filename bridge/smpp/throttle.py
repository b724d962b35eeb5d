"""How long a line pauses when its SMSC says that it is too fast."""

from random import Random
from typing import Final

from bridge.smpp.timings import SmppTimings

_JITTER: Final = 0.2


class Throttle:
    """Growing pauses. Answers to requests sent before a pause ended belong to that same pause."""

    __slots__ = ("_pause_s", "_random", "_timings", "_until")

    def __init__(self, timings: SmppTimings, random: Random) -> None:
        self._timings = timings
        self._random = random
        self._pause_s = 0.0
        self._until = float("-inf")

    def throttled(self, *, sent_at: float, now: float) -> float:
        """Take a throttling answer to a request sent at that time; give the seconds to wait from now."""
        if sent_at >= self._until:
            doubled = self._pause_s * 2 or self._timings.throttle_first_s
            self._pause_s = min(doubled, self._timings.throttle_most_s)
            self._until = now + self._pause_s * (1 + _JITTER * self._random.random())
        return max(self._until - now, 0.0)

    def taken(self, *, sent_at: float) -> None:
        """Take a good answer; one to a request sent after the pause ends the growth."""
        if sent_at >= self._until:
            self._pause_s = 0.0
