"""The item of the Messages table: its attributes and the keys of its indexes."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from gateway_contract.frames import Job
from gateway_contract.lifecycle import State
from gateway_contract.vocabulary import MAX_PRIORITY, Encoding

SHARDS: Final = 4
"""Into how many partitions a line's waiting messages are spread."""
FIRST_WAIT_S: Final = 30
LONGEST_WAIT_S: Final = 600
_DAY_S: Final = 86_400

Item = Mapping[str, Any]
"""Attributes by name: texts, numbers, booleans, lists of texts. Times are seconds since the epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long items are kept after their deadline."""

    days: int

    def expires_at(self, deadline: float) -> int:
        """The TTL attribute."""
        return int(deadline) + self.days * _DAY_S


def shard_of(sms_id: str) -> int:
    """The shard of a message; even over ids."""
    return sha256(sms_id.encode()).digest()[0] % SHARDS


def waiting_line(line: str, shard: int) -> str:
    """Hash key of the index ``waiting``."""
    return f"{line}#{shard}"


def waiting_keys(
    sms_id: str, line: str, *, priority: int, not_before: float, created: float
) -> dict[str, str]:
    """Attributes that put a message into the index ``waiting``: high priority first, then the oldest."""
    return {
        "waiting_line": waiting_line(line, shard_of(sms_id)),
        "waiting_order": (
            f"{MAX_PRIORITY - priority}#{int(not_before * 1000):013d}#{int(created * 1000):013d}"
        ),
    }


def not_before_of(item: Item) -> float:
    """The earliest time at which a waiting message may be offered."""
    return int(str(item["waiting_order"]).split("#")[1]) / 1000


def due_hour(time: float, sms_id: str) -> str:
    """Hash key of the index ``by_due``."""
    return f"{hour_of(time)}#{shard_of(sms_id)}"


def hour_of(time: float) -> int:
    """The hour, counted from the epoch."""
    return int(time // 3600)


def wait_after(returns: int, lines: int) -> float:
    """Seconds that a message waits after it has come back once more; none within the first pass."""
    passes = returns // lines
    if passes == 0 or returns % lines:
        return 0.0
    return float(min(FIRST_WAIT_S * 2 ** (passes - 1), LONGEST_WAIT_S))


def job_of(item: Item) -> Job:
    """What a bridge is offered."""
    return Job(
        sms_id=item["sms_id"],
        attempt=item["attempt"],
        line=item["line"],
        sender=item["sender"],
        recipient=item["recipient"],
        text=item["text"],
        created=float(item["created"]),
        deadline=float(item["deadline"]),
        priority=item["priority"],
        flash=item.get("flash", False),
        encoding=Encoding(item.get("encoding", Encoding.AUTO)),
    )


def state_of(item: Item) -> State:
    """The state on record."""
    return State(item["state"])
