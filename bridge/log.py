"""Event logging: a name and keys instead of a sentence.

``log.info("segment.submitted", sms_id=..., segment=2, segments=3)`` gives one record whose message is
the event name and whose ``fields`` attribute holds the keys, so that the JSON and the human formatter
(and tests) see the same thing. Numbers go through :func:`masked`; texts and passwords never get here.
"""

import logging


class EventLogger:
    """A standard library logger that takes an event name and keyword fields."""

    __slots__ = ("_logger",)

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def debug(self, event: str, **fields: object) -> None:
        """Log what only a developer wants to see."""
        self._log(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        """Log a step in the life of a message or a line."""
        self._log(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Log what an operator should look at when it repeats."""
        self._log(logging.WARNING, event, fields)

    def error(self, event: str, *, exc_info: BaseException | None = None, **fields: object) -> None:
        """Log what an operator has to look at."""
        self._log(logging.ERROR, event, fields, exc_info=exc_info)

    def _log(
        self,
        level: int,
        event: str,
        fields: dict[str, object],
        exc_info: BaseException | None = None,
    ) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, extra={"fields": fields}, exc_info=exc_info)


def get_logger(name: str) -> EventLogger:
    """The event logger of a module; call it with ``__name__``."""
    return EventLogger(logging.getLogger(name))


def masked(number: str) -> str:
    """A phone number with all but its last three digits hidden: enough to tell two apart in a log."""
    return "*" * max(len(number) - 3, 0) + number[-3:]
