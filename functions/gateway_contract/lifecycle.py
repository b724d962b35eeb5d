"""The life of a message: one table from which both sides, the diagram and every condition derive.

A *report* names the state that the owner of the message (the cloud while ``queued``, else the bridge) has
seen. :func:`advance` joins it into the state on record. Reports arrive late, twice and in any order, so the
table is a join: what lies behind the state on record changes nothing, and within one attempt any order with
repeats ends in the same state.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """State of a message; the values are the words callers see."""

    QUEUED = "queued"
    SPOOLED = "spooled"
    SUBMITTED = "submitted"
    DELIVERED = "delivered"
    SENT = "sent"
    UNDELIVERABLE = "undeliverable"
    REJECTED = "rejected"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    FAILED = "failed"
    CANCELLED = "cancelled"


MEANING: Final[Mapping[State, str]] = {
    State.QUEUED: "durable in the cloud, waits for its line",
    State.SPOOLED: "durable in the spool of its line's bridge, which now owns it",
    State.SUBMITTED: "the network took every segment",
    State.DELIVERED: "the handset has it",
    State.SENT: "the network took every segment and this line gives no reports",
    State.UNDELIVERABLE: "the network gave up",
    State.REJECTED: "the network refused it, or refused a segment after taking others",
    State.EXPIRED: "its validity passed before it was handed over or delivered",
    State.UNKNOWN: "handed over, and no word until the deadline; or outcome unknown and given up",
    State.FAILED: "no line of its rule could take it",
    State.CANCELLED: "by the user, before hand-over",
}

_BY_CLOUD = (State.FAILED, State.CANCELLED)
_BY_BRIDGE = (
    State.DELIVERED,
    State.SENT,
    State.UNDELIVERABLE,
    State.REJECTED,
    State.EXPIRED,
    State.UNKNOWN,
)
FINAL: Final = frozenset((*_BY_CLOUD, *_BY_BRIDGE))
"""States that end a message. ``unknown`` alone can still be corrected, to ``delivered``."""

TRANSITIONS: Final[Mapping[State, tuple[State, ...]]] = {
    State.QUEUED: (State.SPOOLED, State.SUBMITTED, *_BY_BRIDGE, *_BY_CLOUD),
    State.SPOOLED: (State.SUBMITTED, *_BY_BRIDGE),
    State.SUBMITTED: _BY_BRIDGE,
    State.UNKNOWN: (State.DELIVERED,),
}
"""What each state may become. A skipped step means that its report is still under way."""

PRIOR_STATES: Final[Mapping[State, tuple[State, ...]]] = {
    reported: tuple(state for state, after in TRANSITIONS.items() if reported in after) for reported in State
}
"""The states that a report changes: the condition of the write that records it."""


def advance(state: State, reported: State) -> State:
    """The state after ``reported`` was heard while ``state`` was on record (the same if late or repeated)."""
    return reported if reported in TRANSITIONS.get(state, ()) else state
