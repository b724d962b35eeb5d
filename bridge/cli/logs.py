"""Log output of the processes: JSON lines for machines, one readable line on a terminal."""

import json
import logging
import sys
from datetime import UTC, datetime


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", {})
        entry = {"time": _time(record), "level": record.levelname.lower(), "event": record.getMessage()}
        if record.exc_info:
            fields = {**fields, "exception": self.formatException(record.exc_info)}
        return json.dumps({**entry, **fields}, default=str, ensure_ascii=False)


class _HumanFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", {})
        pairs = " ".join(f"{key}={value}" for key, value in fields.items() if value not in ("", None))
        line = f"{_time(record)[11:19]} {record.levelname:<7} {record.getMessage():<28} {pairs}".rstrip()
        return line + ("\n" + self.formatException(record.exc_info) if record.exc_info else "")


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def set_up(*, verbose: bool, as_json: bool) -> None:
    """Send the log to standard error, readable on a terminal unless JSON is asked for."""
    handler = logging.StreamHandler(sys.stderr)
    human = sys.stderr.isatty() and not as_json
    handler.setFormatter(_HumanFormatter() if human else _JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("bridge").setLevel(logging.DEBUG if verbose else logging.INFO)
    # The library's own lines at INFO would show each connection twice.
    logging.getLogger("websockets").setLevel(logging.WARNING)
