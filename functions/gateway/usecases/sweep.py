"""Deadlines and lost bridges: what time alone does to messages."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.domain import notification
from gateway.domain.configuration import Configuration
from gateway.domain.message import Item, hour_of, state_of, wait_after, waiting_keys
from gateway.usecases.ports import Bridges, Change, Configured, Counters, Messages, Notifications
from gateway_contract.lifecycle import FINAL, State
from gateway_contract.vocabulary import BridgeError

_CURSOR: Final = "sweep-due-hour"
_FIRST_RUN_HOURS: Final = 24
_MOST_PER_LINE: Final = 200
_WAITING_KEYS: Final = ("waiting_line", "waiting_order")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweeper:
    """Runs each minute for waiting messages, and each hour over the deadlines of all."""

    messages: Messages
    bridges: Bridges
    counters: Counters
    notifications: Notifications
    configured: Configured
    now: Callable[[], float]

    def sweep_waiting(self) -> int:
        """Move messages away from bridges that are gone or no longer hold their line; how many."""
        configuration = self.configured.configuration()
        now = self.now()
        gone = self._gone_bridges(configuration, now)
        moved = 0
        for line in configuration.lines.values():
            for item in self.messages.waiting(line.name, limit=_MOST_PER_LINE, now=now):
                if line.bridge in gone:
                    moved += self._move_away(configuration, item, gone, now)
                elif item["bridge"] != line.bridge:
                    moved += self._follow(item, line.bridge)
        return moved

    def sweep_expired(self) -> int:
        """Close what has just outlived its validity without having been handed over; how many."""
        last = hour_of(self.now())
        return sum(self._close_hour(hour)[0] for hour in (last - 1, last))

    def sweep_due(self) -> int:
        """Close everything that outlived its deadlines; how many. The cursor moves only past hours that are
        done."""
        last = hour_of(self.now())
        first = self.counters.read(_CURSOR) or last - _FIRST_RUN_HOURS
        closed, cursor = 0, last
        for hour in range(first, last + 1):
            done, all_over = self._close_hour(hour)
            closed += done
            if not all_over:
                cursor = min(cursor, hour)
        self.counters.write(_CURSOR, cursor)
        return closed

    def _close_hour(self, hour: int) -> tuple[int, bool]:
        """How many were closed of those with a deadline in that hour, and whether all of them are over."""
        now = self.now()
        window_s = self.configured.configuration().api.report_window_hours * 3600
        closed, all_over = 0, True
        for sms_id in self.messages.due(hour, before=now):
            item = self.messages.get(sms_id)
            if item is None:
                continue
            if state_of(item) in FINAL:
                if "due_hour" in item:  # closed here, but stopped before it was told
                    self._tell(item)
            elif self._close(item, now, window_s):
                closed += 1
            else:
                all_over = False
        return closed, all_over

    def _close(self, item: Item, now: float, window_s: float) -> bool:
        """Close one message that is past its deadline; whether it is over now."""
        state = state_of(item)
        if state is State.QUEUED:
            returned = item.get("returns", 0) > 0
            end = State.FAILED if returned else State.EXPIRED
            error = str(item.get("error") or BridgeError.TRIES_EXHAUSTED) if returned else BridgeError.EXPIRED
        elif now >= float(item["deadline"]) + 2 * window_s:
            # Its bridge would have closed it after one window: that bridge, or its spool, is lost.
            end, error = State.UNKNOWN, BridgeError.NO_REPORT
        else:
            return False
        changed = self.messages.change(
            item["sms_id"],
            Change(
                attempt=item["attempt"],
                states=(state,),
                put={"state": end, "error": error, "done_at": round(now, 3)},
                remove=_WAITING_KEYS,
            ),
        )
        if changed.done and changed.item is not None:
            self._tell(changed.item)
        return changed.done

    def _tell(self, item: Item) -> None:
        """Queue the notification; only then does the message leave the index of deadlines."""
        report = notification.of_item(item)
        if report is not None:
            self.notifications.put(report)
        change = Change(attempt=item["attempt"], states=(state_of(item),), remove=("due_hour",))
        self.messages.change(item["sms_id"], change)

    def _gone_bridges(self, configuration: Configuration, now: float) -> set[str]:
        seen = {bridge["bridge_id"]: float(bridge.get("last_seen", 0)) for bridge in self.bridges.all()}
        limit = now - configuration.api.bridge_gone_after_minutes * 60
        return {line.bridge for line in configuration.lines.values() if seen.get(line.bridge, 0.0) <= limit}

    def _move_away(self, configuration: Configuration, item: Item, gone: set[str], now: float) -> bool:
        lines = list(item.get("lines", [item["line"]]))
        before = item.get("returns", 0)
        for returns in range(before + 1, before + len(lines) + 1):
            line = lines[returns % len(lines)]
            owner = configuration.lines.get(line)
            if owner is not None and owner.bridge not in gone:
                break
        else:
            return False
        keys = waiting_keys(
            item["sms_id"],
            line,
            priority=item["priority"],
            not_before=now + wait_after(returns, len(lines)),
            created=float(item["created"]),
        )
        move = {"attempt": item["attempt"] + 1, "returns": returns, "line": line, "bridge": owner.bridge}
        change = Change(attempt=item["attempt"], states=(State.QUEUED,), put={**move, **keys})
        return self.messages.change(item["sms_id"], change).done

    def _follow(self, item: Item, bridge_id: str) -> bool:
        """The settings gave the line to another bridge: its waiting messages go there too."""
        move = {"attempt": item["attempt"] + 1, "bridge": bridge_id}
        change = Change(attempt=item["attempt"], states=(State.QUEUED,), put=move)
        return self.messages.change(item["sms_id"], change).done
