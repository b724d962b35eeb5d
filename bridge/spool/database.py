"""The SQLite file of the spool: opening, migrations, named queries, group commit.

One thread owns the connection. Operations that arrive while a commit is under way share the next one, so the
cost of an fsync is divided among them; an operation's caller goes on only after its commit is on the disk.
"""

import asyncio
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from bridge.spool import queries

_MAX_GROUP: Final = 512
"""Operations in one commit at most: bounds how long the first of them waits."""

T = TypeVar("T")


class SpoolError(Exception):
    """The spool cannot be opened or written; the message says which file and why."""


class Statements:
    """Runs named queries on a connection; what operations are written with."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._sql = queries.load()

    def run(self, name: str, **values: object) -> int:
        """Run a query for its effect; how many rows it changed."""
        return self._connection.execute(self._sql[name], values).rowcount

    def rows(self, name: str, **values: object) -> list[sqlite3.Row]:
        """All rows of a query."""
        return self._connection.execute(self._sql[name], values).fetchall()

    def row(self, name: str, **values: object) -> sqlite3.Row | None:
        """The first row of a query, if any."""
        found: sqlite3.Row | None = self._connection.execute(self._sql[name], values).fetchone()
        return found


Operation = Callable[[Statements], T]


def open_database(path: Path) -> sqlite3.Connection:
    """Open or create the spool file and bring its schema up to date.

    Raises:
        SpoolError: the file is no spool, is damaged, or comes from a newer release.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
            "PRAGMA busy_timeout = 5000; PRAGMA cache_size = -4000;"
        )
        _migrate(connection, queries.migrations())
    except (OSError, sqlite3.Error) as error:
        raise SpoolError(f"{path}: cannot be used as a spool: {error}") from error
    return connection


def _migrate(connection: sqlite3.Connection, scripts: Sequence[str]) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(scripts):
        raise sqlite3.DatabaseError(f"schema {version} is of a newer release (this one knows {len(scripts)})")
    for number, script in enumerate(scripts[version:], start=version + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")


class Database:
    """Runs operations on the spool in one thread, grouped into commits."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._statements = Statements(connection)
        self._waiting: queue.SimpleQueue[_Pending | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="spool", daemon=True)
        self._thread.start()

    async def run(self, operation: Operation[T]) -> T:
        """Run an operation; returns its result once it is durable.

        Raises:
            SpoolError: the commit failed (full or broken disk); nothing of the operation was kept.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._waiting.put(_Pending(operation, loop, future))
        return await future

    def close(self) -> None:
        """Finish what is queued, then close the file. Blocks for one commit at most."""
        self._waiting.put(None)
        self._thread.join()
        self._connection.close()

    def _serve(self) -> None:
        closing = False
        while not closing:
            group = [self._waiting.get()]
            while len(group) < _MAX_GROUP:
                try:
                    group.append(self._waiting.get_nowait())
                except queue.Empty:
                    break
            closing = None in group
            pending = [item for item in group if item is not None]
            if pending:
                self._commit(pending)

    def _commit(self, group: list["_Pending"]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for pending in group:
                self._run_one(pending)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            for pending in group:
                pending.fail(SpoolError(f"the spool cannot be written: {error}"))
        for pending in group:
            pending.resolve()

    def _run_one(self, pending: "_Pending") -> None:
        """An operation that raises takes back its own changes only."""
        self._connection.execute("SAVEPOINT operation")
        try:
            pending.result = pending.operation(self._statements)
        except sqlite3.OperationalError:
            raise
        except Exception as error:
            self._connection.execute("ROLLBACK TO operation")
            pending.fail(error)
        self._connection.execute("RELEASE operation")


class _Pending:
    """An operation on its way through the thread."""

    __slots__ = ("_error", "_future", "_loop", "operation", "result")

    def __init__(
        self, operation: Operation[Any], loop: asyncio.AbstractEventLoop, future: asyncio.Future[Any]
    ) -> None:
        self.operation = operation
        self.result: object = None
        self._error: Exception | None = None
        self._loop = loop
        self._future = future

    def fail(self, error: Exception) -> None:
        self._error = error

    def resolve(self) -> None:
        self._loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        if self._future.done():  # its caller was cancelled meanwhile
            return
        if self._error is not None:
            self._future.set_exception(self._error)
        else:
            self._future.set_result(self.result)
