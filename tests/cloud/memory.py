"""The ports of the use cases in memory, with two habits of the real store that matter: indexes that lag,
and writes that fail before or after they took effect."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.configuration import Configuration, parse
from gateway.domain.message import Item, not_before_of
from gateway.domain.notification import Notification
from gateway.usecases.ports import Change, Changed, ConflictError
from gateway_contract.frames import Frame


@dataclass
class Clock:
    """A clock that stands until it is set."""

    time: float

    def __call__(self) -> float:
        return self.time


@dataclass
class MemoryMessages:
    """``Messages``. Indexes show what :meth:`catch_up` last copied."""

    items: dict[str, Item] = field(default_factory=dict)
    refusals: list[Exception] = field(default_factory=list)
    """Raised by the next writes, which then have no effect."""
    lost_answers: list[Exception] = field(default_factory=list)
    """Raised by the next writes after they took effect."""
    meanwhile: list[Callable[[], object]] = field(default_factory=list)
    """What others do just before the next conditional writes."""
    _index: dict[str, Item] = field(default_factory=dict)

    def catch_up(self) -> None:
        self._index = dict(self.items)

    def put_new(self, item: Item) -> Item | None:
        if self.refusals:
            raise self.refusals.pop(0)
        existing = self.items.get(str(item["sms_id"]))
        if existing is None:
            self.items[str(item["sms_id"])] = dict(item)
        if self.lost_answers:
            raise self.lost_answers.pop(0)
        return existing

    def get(self, sms_id: str) -> Item | None:
        return self.items.get(sms_id)

    def change(self, sms_id: str, change: Change) -> Changed:
        if self.meanwhile:
            self.meanwhile.pop(0)()
        if self.refusals:
            raise self.refusals.pop(0)
        stored = self.items.get(sms_id)
        if stored is None or not _holds(change, stored):
            return Changed(done=False, item=stored)
        kept = {name: value for name, value in stored.items() if name not in change.remove}
        self.items[sms_id] = {**change.put_if_absent, **kept, **change.put}
        if self.lost_answers:
            raise self.lost_answers.pop(0)
        return Changed(done=True, item=self.items[sms_id])

    def waiting(self, line: str, *, limit: int, now: float) -> list[Item]:
        found = [
            item
            for item in self._index.values()
            if str(item.get("waiting_line", "")).rpartition("#")[0] == line and not_before_of(item) <= now
        ]
        return sorted(found, key=lambda item: str(item["waiting_order"]))[:limit]

    def due(self, hour: int, *, before: float) -> list[str]:
        return [
            sms_id
            for sms_id, item in self._index.items()
            if str(item.get("due_hour", "")).partition("#")[0] == str(hour) and item["deadline"] <= before
        ]


def _holds(change: Change, stored: Item) -> bool:
    return (
        stored["attempt"] == change.attempt
        and (change.bridge is None or stored["bridge"] == change.bridge)
        and (change.states is None or stored["state"] in change.states)
    )


@dataclass
class MemoryBridges:
    """``Bridges``."""

    items: dict[str, dict[str, Any]] = field(default_factory=dict)

    def get(self, bridge_id: str) -> Item | None:
        return self.items.get(bridge_id)

    def all(self) -> list[Item]:
        return list(self.items.values())

    def add(self, bridge_id: str, attributes: Item) -> None:
        if bridge_id in self.items:
            raise ConflictError
        self.items[bridge_id] = {"bridge_id": bridge_id, **attributes}

    def connect(self, bridge_id: str, *, connection_id: str, sequence: int, attributes: Item) -> None:
        bridge = self.items.get(bridge_id)
        if bridge is None or (sequence and bridge.get("connection_seq", -1) >= sequence):
            raise ConflictError
        self.items[bridge_id] = {**bridge, **attributes, "connection_id": connection_id}

    def disconnect(self, bridge_id: str, connection_id: str) -> None:
        self.touch(bridge_id, connection_id, {"connection_id": ""})

    def touch(self, bridge_id: str, connection_id: str, attributes: Item) -> None:
        bridge = self.items.get(bridge_id)
        if bridge is not None and bridge.get("connection_id") == connection_id:
            self.items[bridge_id] = {**bridge, **attributes}


@dataclass
class MemorySettings:
    """``Settings``."""

    generation: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)
    secrets: dict[int, str] = field(default_factory=dict)
    meanwhile: list[Callable[[], object]] = field(default_factory=list)
    """What others do just before the next replacements."""

    def current(self) -> tuple[str, Mapping[str, Any]]:
        return self.generation, self.content

    def replace(self, *, expected: str, generation: str, content: Mapping[str, Any]) -> None:
        if self.meanwhile:
            self.meanwhile.pop(0)()
        if self.generation != expected:
            raise ConflictError
        self.generation, self.content = generation, content

    def secret(self, extension: int) -> str | None:
        return self.secrets.get(extension)

    def keep_secret(self, extension: int, secret: str) -> None:
        self.secrets[extension] = secret


@dataclass
class MemoryCounters:
    """``Counters``."""

    values: dict[str, int] = field(default_factory=dict)

    def read(self, counter: str) -> int:
        return self.values.get(counter, 0)

    def write(self, counter: str, value: int) -> None:
        self.values[counter] = value


@dataclass
class MemoryNotifications:
    """``Notifications``."""

    queued: list[Notification] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)
    """Raised by the next puts."""

    def put(self, notification: Notification) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.queued.append(notification)


@dataclass
class MemoryConnections:
    """``Connections``."""

    gone: set[str] = field(default_factory=set)
    posted: list[tuple[str, Frame]] = field(default_factory=list)

    def post(self, connection_id: str, frame: Frame) -> bool:
        if connection_id in self.gone:
            return False
        self.posted.append((connection_id, frame))
        return True


@dataclass
class MemoryConfigured:
    """``Configured``: settings that a test may change on the way."""

    content: dict[str, Any]

    def configuration(self) -> Configuration:
        return parse(self.content)
