"""Keeps two runs of the local stack out of each other's folder; the kernel ends a lock with its process."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class InUseError(Exception):
    """Another process holds the lock of this folder."""


@contextmanager
def exclusive(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Holds the lock of a folder, which is made. Waits for it, or raises InUseError."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUseError(f"another run uses {folder}; let it end, or stop it where it runs") from None
        yield
