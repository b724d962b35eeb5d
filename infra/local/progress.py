"""Progress lines: what was done, and how long it took."""

from __future__ import annotations

import sys
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


def say(line: str) -> None:
    """Prints a line at once, also into a pipe."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
