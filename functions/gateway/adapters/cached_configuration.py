"""The current settings, read at most every half minute by each warm container."""

from collections.abc import Callable
from typing import Final

from gateway.domain.configuration import Configuration, parse
from gateway.usecases.ports import OutcomeUnknownError, Settings

_KEEP_S: Final = 30.0


class CachedConfiguration:
    """``gateway.usecases.ports.Configured``."""

    def __init__(self, settings: Settings, monotonic: Callable[[], float]) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._configuration: Configuration | None = None
        self._fresh_until = 0.0

    def configuration(self) -> Configuration:
        """The settings now in force.

        Raises:
            OutcomeUnknownError: none were ever applied, so nothing can be answered.
        """
        now = self._monotonic()
        if self._configuration is None or now >= self._fresh_until:
            generation, content = self._settings.current()
            if not generation:
                raise OutcomeUnknownError("no settings were applied yet")
            self._configuration = parse(content)
            self._fresh_until = now + _KEEP_S
        return self._configuration
