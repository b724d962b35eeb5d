"""What happens to a job after each outcome and report: pure decisions, no I/O.

:mod:`bridge.spool` records what is decided here, in the same commit as the outcome itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.line import FailureKind, Outcome, OutcomeUnknown, Taken
from gateway_contract.lifecycle import State


class Reports(StrEnum):
    """Which segments' reports make a message ``delivered``."""

    EVERY = "every"
    LAST = "last"
    ANY = "any"
    NONE = "none"
    """The line gives no reports: taken by the network is final (``sent``)."""


class WhenOutcomeUnknown(StrEnum):
    """What to do with a segment whose bytes left and whose answer never came."""

    RESEND = "resend"
    """Once more at most; the message is then marked as a possible duplicate."""
    GIVE_UP = "give_up"
    """Never twice: the message ends ``unknown``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePolicy:
    """How one line treats failures and reports."""

    reports: Reports = Reports.EVERY
    when_outcome_unknown: WhenOutcomeUnknown = WhenOutcomeUnknown.RESEND
    retry_delays_s: tuple[float, ...] = (5.0, 30.0, 120.0, 600.0)
    """Pauses after temporary failures; when all are used up the next one fails the message."""
    repair_pause_s: float = 1.0
    """Pause before a segment that a line could not take is offered to it again."""


class Step(StrEnum):
    """What to do with the segment and its job."""

    RECORD_TAKEN = "record_taken"
    REJECT = "reject"
    """The job ends ``rejected``."""
    HAND_BACK = "hand_back"
    """The cloud shall try another line."""
    RETRY = "retry"
    """The segment stays on this line and counts a try."""
    WAIT = "wait"
    """The segment stays on this line; the try does not count."""
    RESEND = "resend"
    """Submit again although the network may have it."""
    GIVE_UP = "give_up"
    """The job ends ``unknown``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A step, and the pause before the job is touched again."""

    step: Step
    pause_s: float = 0.0


def decide(outcome: Outcome, *, tries: int, resends: int, begun: bool, policy: LinePolicy) -> Decision:
    """What follows from an outcome.

    Args:
        tries: how often this segment was submitted, this time included.
        resends: how often it was submitted again after an unknown outcome.
        begun: the network has, or may have, a segment of the message: it must stay on its line.
    """
    if isinstance(outcome, Taken):
        return Decision(step=Step.RECORD_TAKEN)
    failure = outcome.failure
    if isinstance(outcome, OutcomeUnknown):
        if policy.when_outcome_unknown is WhenOutcomeUnknown.RESEND and resends == 0:
            return Decision(step=Step.RESEND, pause_s=policy.repair_pause_s)
        return Decision(step=Step.GIVE_UP)
    match failure.kind:
        case FailureKind.MESSAGE:
            return Decision(step=Step.REJECT)
        case FailureKind.LINE if not begun:
            return Decision(step=Step.HAND_BACK)
        case FailureKind.THROTTLE | FailureKind.REPAIR:
            return Decision(step=Step.WAIT, pause_s=failure.retry_after_s or policy.repair_pause_s)
        case FailureKind.LINE | FailureKind.TEMPORARY | FailureKind.UNKNOWN:
            pass
    if tries > len(policy.retry_delays_s):
        return Decision(step=Step.REJECT)
    pause = policy.retry_delays_s[tries - 1]
    return Decision(step=Step.RETRY, pause_s=max(pause, failure.retry_after_s or 0.0))


_WORST_FIRST: Final = (State.REJECTED, State.UNDELIVERABLE, State.EXPIRED, State.UNKNOWN, State.DELIVERED)


def advance_segment(recorded: State | None, reported: State) -> State:
    """A segment's state after one more report: the first word stands, but ``unknown`` can be corrected."""
    if recorded is None or (recorded is State.UNKNOWN and reported is State.DELIVERED):
        return reported
    return recorded


def aggregate(states: Sequence[State | None], reports: Reports) -> State | None:
    """The message's final state from its segments' reports; None while they leave it open.

    Independent of the order in which the reports came: a failed segment is said only when all have reported.

    Args:
        states: for each segment in order what its report said; None: no final report yet.
    """
    if reports is Reports.NONE:
        return State.SENT
    if reports is Reports.LAST:
        return states[-1]
    if reports is Reports.ANY and State.DELIVERED in states:
        return State.DELIVERED
    if None in states:
        return None
    return worst(states)


def worst(states: Sequence[State | None]) -> State | None:
    """The state that a message has when no further report will come; None where none came at all."""
    return next((state for state in _WORST_FIRST if state in states), None)
