"""What the use cases need from the outside world."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway.domain.configuration import Configuration
from gateway.domain.message import Item
from gateway.domain.notification import Notification
from gateway_contract.frames import Frame
from gateway_contract.lifecycle import State


class ThrottledError(Exception):
    """The store refused for now and certainly did nothing."""


class OutcomeUnknownError(Exception):
    """The store did not answer: the write may or may not have happened."""


class ConflictError(Exception):
    """Someone else changed the same thing meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A conditional write to one message."""

    attempt: int
    states: tuple[State, ...] | None = None
    """Only from one of these states; None: from any."""
    bridge: str | None = None
    """Only where the message belongs to this bridge."""
    put: Mapping[str, Any] = field(default_factory=dict)
    put_if_absent: Mapping[str, Any] = field(default_factory=dict)
    remove: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What a conditional write came to."""

    done: bool
    item: Item | None
    """The item after the write, or as it stood in its way; None: there is none."""


class Messages(Protocol):
    """The Messages table."""

    def put_new(self, item: Item) -> Item | None:
        """Write a new message; the item that is already there, unchanged, if its id is taken.

        Raises:
            ThrottledError, OutcomeUnknownError
        """

    def get(self, sms_id: str) -> Item | None:
        """Read one message."""

    def change(self, sms_id: str, change: Change) -> Changed:
        """Write one message where the condition holds.

        Raises:
            ThrottledError, OutcomeUnknownError
        """

    def waiting(self, line: str, *, limit: int, now: float) -> list[Item]:
        """The next messages of a line from an index that may lag: best first, none before its time."""

    def due(self, hour: int, *, before: float) -> list[str]:
        """Ids of messages whose deadline is in that hour and before the given time."""


class Bridges(Protocol):
    """The Bridges table."""

    def get(self, bridge_id: str) -> Item | None:
        """Read one bridge."""

    def all(self) -> list[Item]:
        """Read all bridges."""

    def add(self, bridge_id: str, attributes: Item) -> None:
        """Add a bridge.

        Raises:
            ConflictError: there is one of that name.
        """

    def connect(self, bridge_id: str, *, connection_id: str, sequence: int, attributes: Item) -> None:
        """Make a connection the live one.

        Raises:
            ConflictError: a connection with a greater or equal sequence was there first.
        """

    def disconnect(self, bridge_id: str, connection_id: str) -> None:
        """Clear the live connection if it is still this one."""

    def touch(self, bridge_id: str, connection_id: str, attributes: Item) -> None:
        """Note attributes of a live connection; nothing happens if it is no longer live."""


class Settings(Protocol):
    """The Settings table."""

    def current(self) -> tuple[str, Mapping[str, Any]]:
        """Name and content of the current generation; empty before the first."""

    def replace(self, *, expected: str, generation: str, content: Mapping[str, Any]) -> None:
        """Write a generation, then make it the current one.

        Raises:
            ConflictError: another generation than ``expected`` is current.
        """

    def secret(self, extension: int) -> str | None:
        """The signing secret of an API extension."""

    def keep_secret(self, extension: int, secret: str) -> None:
        """Keep a new signing secret."""


class Counters(Protocol):
    """The Counters table."""

    def read(self, counter: str) -> int:
        """A counter's value; 0 for a new one."""

    def write(self, counter: str, value: int) -> None:
        """Set a counter."""


class Notifications(Protocol):
    """The Notifications queue."""

    def put(self, notification: Notification) -> None:
        """Queue a notification; returns once it is durable.

        Raises:
            ThrottledError: it is not.
        """


class Connections(Protocol):
    """The live websocket connections."""

    def post(self, connection_id: str, frame: Frame) -> bool:
        """Push a frame; False: the connection is gone. Success proves nothing."""


class Configured(Protocol):
    """The current settings, cached for a short while."""

    def configuration(self) -> Configuration:
        """The settings now in force."""
