"""What a bridge says on its websocket, and how the answers are read."""

from collections.abc import Callable
from typing import Any

from gateway_contract.frames import (
    Error,
    Frame,
    Hello,
    Jobs,
)
from gateway_contract.vocabulary import ErrorReason

Say = Callable[..., Frame | None]


def hello(sequence: int = 1, spool: str = "s1", **more: Any) -> Hello:
    return Hello(spool_id=spool, connection_seq=sequence, **more)


def pulled(answer: Frame | None) -> list[str]:
    assert isinstance(answer, Jobs)
    return [job.sms_id for job in answer.jobs]


def refused(answer: Frame | None) -> ErrorReason:
    assert isinstance(answer, Error)
    return answer.reason
