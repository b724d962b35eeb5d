"""Progress lines: what was done, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str], None]


@contextmanager
def step(progress: Progress, done: str) -> Iterator[None]:
    """Reports `done` with its duration when the block ends without an exception."""
    started = time.monotonic()
    yield
    progress(f"{done} ({time.monotonic() - started:.1f} s)")
