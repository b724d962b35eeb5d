"""What a bridge reports: recorded once, whatever the order, and on a final state the caller is notified."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from gateway.domain import notification
from gateway.domain.message import Item, state_of, wait_after, waiting_keys
from gateway.usecases.ports import (
    Change,
    Configured,
    Messages,
    Notifications,
    OutcomeUnknownError,
    ThrottledError,
)
from gateway_contract.frames import ReportItem
from gateway_contract.lifecycle import FINAL, PRIOR_STATES, State
from gateway_contract.vocabulary import Answer

_WAITING_KEYS: Final = ("waiting_line", "waiting_order")
_LONGEST_TEXT: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRecorder:
    """Answers the items of a report."""

    messages: Messages
    notifications: Notifications
    configured: Configured
    now: Callable[[], float]

    def record(self, bridge_id: str, item: ReportItem) -> Answer:
        """Write one item; its answer is given only after everything that follows from it is durable."""
        try:
            if item.state is None:
                return self._returned(bridge_id, item)
            return self._advanced(bridge_id, item, item.state)
        except (ThrottledError, OutcomeUnknownError):
            return Answer.RETRY

    def _advanced(self, bridge_id: str, report: ReportItem, state: State) -> Answer:
        changed = self.messages.change(report.sms_id, _change(bridge_id, report, state))
        stored = changed.item
        if stored is None:
            return Answer.UNKNOWN
        if not changed.done:
            answer = _why_not(bridge_id, report, stored)
            if answer is not None:
                return answer
            stored = self._fill_in(bridge_id, report, stored)
        if state in FINAL and stored["state"] == state:
            # Also for a repeated final item: its first answer may have been lost with the notification.
            self._notify(stored)
        return Answer.DONE

    def _fill_in(self, bridge_id: str, report: ReportItem, stored: Item) -> Item:
        """A late report changes no state, but it may know what an earlier one did not."""
        known = _times(report)
        if all(name in stored for name in known):
            return stored
        change = Change(attempt=report.attempt, bridge=bridge_id, put_if_absent=known)
        return self.messages.change(report.sms_id, change).item or stored

    def _returned(self, bridge_id: str, report: ReportItem) -> Answer:
        """Move a message that its line gave back to the next line of its route."""
        stored = self.messages.get(report.sms_id)
        if stored is None:
            return Answer.UNKNOWN
        answer = _why_not(bridge_id, report, stored)
        if answer is not None:
            return answer
        if state_of(stored) not in (State.QUEUED, State.SPOOLED):
            return Answer.SUPERSEDED
        lines = list(stored.get("lines", [stored["line"]]))
        move = self._move(stored, lines, report)
        change = Change(
            attempt=report.attempt,
            bridge=bridge_id,
            states=(State.QUEUED, State.SPOOLED),
            put=move,
            remove=("spooled_at",),
        )
        return Answer.DONE if self.messages.change(report.sms_id, change).done else Answer.SUPERSEDED

    def _move(self, stored: Item, lines: list[str], report: ReportItem) -> dict[str, Any]:
        configured = self.configured.configuration().lines
        before = stored.get("returns", 0)
        after = range(before + 1, before + 1 + len(lines))
        # A line that the settings no longer have is passed over; if none is left, the message waits.
        returns = next((turn for turn in after if lines[turn % len(lines)] in configured), before + 1)
        line = lines[returns % len(lines)]
        now = self.now()
        owner = configured.get(line)
        return {
            "state": State.QUEUED,
            "attempt": report.attempt + 1,
            "returns": returns,
            "line": line,
            "bridge": owner.bridge if owner else stored["bridge"],
            "error": report.error[:_LONGEST_TEXT],
            "error_text": report.error_text[:_LONGEST_TEXT],
            **waiting_keys(
                report.sms_id,
                line,
                priority=stored["priority"],
                not_before=now + wait_after(returns, len(lines)),
                created=float(stored["created"]),
            ),
        }

    def _notify(self, stored: Item) -> None:
        report = notification.of_item(stored)
        if report is not None:
            self.notifications.put(report)


def _why_not(bridge_id: str, report: ReportItem, stored: Item) -> Answer | None:
    """Why a report does not concern the item as it stands; None: it does, but says nothing new."""
    if stored["bridge"] != bridge_id and stored["attempt"] == report.attempt:
        return Answer.NOT_YOURS
    if stored["attempt"] != report.attempt:
        return Answer.SUPERSEDED
    if state_of(stored) in FINAL and "spooled_at" not in stored:
        return Answer.SUPERSEDED  # closed by the cloud before the hand-over
    return None


def _times(report: ReportItem) -> dict[str, Any]:
    times = {"spooled_at": report.spooled_at, "submitted_at": report.submitted_at}
    return {name: time for name, time in times.items() if time is not None}


def _change(bridge_id: str, report: ReportItem, state: State) -> Change:
    put: dict[str, Any] = {"state": state, "segments_sent": report.segments_sent}
    if report.segments is not None:
        put["segments"] = report.segments
    if report.sender:
        put["sender"] = report.sender
    if report.possible_duplicate:
        put["duplicate"] = True
    remove = [*_WAITING_KEYS]
    if state in FINAL:
        put["done_at"] = report.done_at
        put["error"] = report.error[:_LONGEST_TEXT]
        put["error_text"] = report.error_text[:_LONGEST_TEXT]
        put["detail"] = report.detail[:_LONGEST_TEXT]
        remove.append("due_hour")
    return Change(
        attempt=report.attempt,
        bridge=bridge_id,
        states=PRIOR_STATES[state],
        put=put,
        put_if_absent=_times(report),
        remove=remove,
    )
