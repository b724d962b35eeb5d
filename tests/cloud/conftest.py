"""The cloud side put together in memory, with the settings of the sample ``cloud.toml``."""

import tomllib
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from gateway.domain.message import Retention
from gateway.usecases.access import PasswordMemory
from gateway.usecases.record_report import ReportRecorder
from gateway.usecases.serve_bridge import BridgeSocket
from gateway.usecases.serve_http import HttpApi
from gateway_contract.frames import Frame
from gateway_contract.wire import encode
from tests.cloud.memory import (
    Clock,
    MemoryBridges,
    MemoryConfigured,
    MemoryMessages,
    MemoryNotifications,
)
from tests.cloud.say import Say

NOW = 1_790_000_000.0
SAMPLE = Path(__file__).parents[2] / "cloud.toml"


@pytest.fixture
def settings() -> dict[str, Any]:
    return tomllib.loads(SAMPLE.read_text())


@pytest.fixture
def configured(settings: dict[str, Any]) -> MemoryConfigured:
    return MemoryConfigured(settings)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def messages() -> MemoryMessages:
    return MemoryMessages()


@pytest.fixture
def notifications() -> MemoryNotifications:
    return MemoryNotifications()


@pytest.fixture
def bridges() -> MemoryBridges:
    bridges = MemoryBridges()
    bridges.add("office", {"token_hash": "", "created": NOW})
    return bridges


@pytest.fixture
def new_id() -> Callable[[], UUID]:
    numbers = count(1)
    return lambda: UUID(int=next(numbers))


@pytest.fixture(scope="session")
def passwords() -> PasswordMemory:
    return PasswordMemory(b"key", lambda: 0.0)


@pytest.fixture
def api(
    messages: MemoryMessages,
    configured: MemoryConfigured,
    passwords: PasswordMemory,
    clock: Clock,
    new_id: Callable[[], UUID],
) -> HttpApi:
    return HttpApi(
        messages=messages,
        configured=configured,
        passwords=passwords,
        retention=Retention(days=30),
        now=clock,
        new_id=new_id,
    )


@pytest.fixture
def recorder(
    messages: MemoryMessages,
    notifications: MemoryNotifications,
    configured: MemoryConfigured,
    clock: Clock,
) -> ReportRecorder:
    return ReportRecorder(messages=messages, notifications=notifications, configured=configured, now=clock)


@pytest.fixture
def socket(
    messages: MemoryMessages,
    bridges: MemoryBridges,
    configured: MemoryConfigured,
    recorder: ReportRecorder,
    clock: Clock,
) -> BridgeSocket:
    return BridgeSocket(
        messages=messages, bridges=bridges, configured=configured, recorder=recorder, now=clock
    )


@pytest.fixture
def say(socket: BridgeSocket) -> Say:
    def say(frame: Frame, *, connection: str = "c1", bridge: str = "office") -> Frame | None:
        return socket.answer(bridge, connection, encode(frame))

    return say
