"""The push hint: what has become ``queued`` goes to its bridge at once, if that can be."""

import pytest

from gateway.usecases.dispatch import Dispatcher
from gateway_contract.frames import Jobs
from gateway_contract.vocabulary import MAX_FRAME_BYTES
from gateway_contract.wire import encode
from tests.cloud.conftest import NOW
from tests.cloud.memory import Clock, MemoryBridges, MemoryConnections
from tests.cloud.samples import message


@pytest.fixture
def connections() -> MemoryConnections:
    return MemoryConnections()


@pytest.fixture
def dispatcher(bridges: MemoryBridges, connections: MemoryConnections, clock: Clock) -> Dispatcher:
    bridges.items["office"]["connection_id"] = "c1"
    return Dispatcher(bridges=bridges, connections=connections, now=clock)


def pushed(connections: MemoryConnections) -> list[tuple[str, str]]:
    return [
        (connection, job.sms_id)
        for connection, frame in connections.posted
        if isinstance(frame, Jobs)
        for job in frame.jobs
    ]


def test_each_bridge_gets_its_own(
    dispatcher: Dispatcher, bridges: MemoryBridges, connections: MemoryConnections
) -> None:
    bridges.add("depot", {"connection_id": "c2"})
    items = [message("a"), message("b", bridge="depot"), message("c"), message("d", bridge="nobody")]
    assert dispatcher.push(items) == 3
    assert sorted(pushed(connections)) == [("c1", "a"), ("c1", "c"), ("c2", "b")]
    assert all(isinstance(frame, Jobs) and frame.pull is None for _, frame in connections.posted)


def test_nothing_is_pushed_before_its_time(dispatcher: Dispatcher, clock: Clock) -> None:
    waiting = message(not_before=NOW + 30)
    assert dispatcher.push([waiting]) == 0
    clock.time = NOW + 30
    assert dispatcher.push([waiting]) == 1


@pytest.mark.parametrize("bridge", [{"paused": ["gsm1"]}, {"revoked": True}, {"connection_id": ""}])
def test_bridge_that_can_take_nothing_is_left_alone(
    dispatcher: Dispatcher, bridges: MemoryBridges, connections: MemoryConnections, bridge: dict[str, object]
) -> None:
    bridges.items["office"] |= bridge
    assert dispatcher.push([message()]) == 0
    assert connections.posted == []


def test_connection_that_is_gone_is_cleared(
    dispatcher: Dispatcher, bridges: MemoryBridges, connections: MemoryConnections
) -> None:
    connections.gone.add("c1")
    assert dispatcher.push([message()]) == 0
    assert bridges.items["office"]["connection_id"] == ""


def test_large_pushes_are_cut_into_frames(dispatcher: Dispatcher, connections: MemoryConnections) -> None:
    items = [message(f"m{number}", text="ű" * 600) for number in range(100)]
    assert dispatcher.push(items) == 100
    assert len(connections.posted) > 1
    assert all(len(encode(frame).encode()) <= MAX_FRAME_BYTES for _, frame in connections.posted)
