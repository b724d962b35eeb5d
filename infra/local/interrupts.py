"""Ctrl-C and its like, held back while something must not be cut short."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def deferred_interrupts() -> Iterator[None]:
    """Lets these signals, however often they come, take effect only at the end of the block."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals reach the main thread alone
        return
    received: list[int] = []
    before = {number: signal.signal(number, lambda got, _frame: received.append(got)) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if received:
            signal.raise_signal(received[0])
