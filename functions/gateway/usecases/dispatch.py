"""The push hint: messages that have just become ``queued`` go to their bridge at once, if it is connected."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gateway.domain.message import Item, job_of, not_before_of
from gateway.usecases.ports import Bridges, Connections
from gateway_contract.wire import job_frames


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatcher:
    """Pushes jobs. What it cannot push the bridge pulls."""

    bridges: Bridges
    connections: Connections
    now: Callable[[], float]

    def push(self, items: Iterable[Item]) -> int:
        """Push queued messages to the bridges they belong to; how many were pushed."""
        by_bridge: dict[str, list[Item]] = defaultdict(list)
        now = self.now()
        for item in items:
            if not_before_of(item) <= now:
                by_bridge[item["bridge"]].append(item)
        return sum(self._push_to(bridge_id, waiting) for bridge_id, waiting in by_bridge.items())

    def _push_to(self, bridge_id: str, items: list[Item]) -> int:
        bridge = self.bridges.get(bridge_id)
        connection_id = bridge.get("connection_id") if bridge and not bridge.get("revoked") else None
        if bridge is None or not connection_id:
            return 0
        paused = set(bridge.get("paused", []))
        jobs = [job_of(item) for item in items if item["line"] not in paused]
        pushed = 0
        for frame in job_frames(jobs, more=False, pull=None) if jobs else ():
            if not self.connections.post(connection_id, frame):
                self.bridges.disconnect(bridge_id, connection_id)
                break
            pushed += len(frame.jobs)
        return pushed
