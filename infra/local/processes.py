"""Processes that the local stack starts, and how exactly these are ended again.

Each process leads a session of its own, so that Ctrl-C in the terminal does not reach it and so that its
children are found. A process is known by its pid and its start time; a pid alone may have passed to a
stranger by the time "make down" runs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.local.interrupts import deferred_interrupts

POLL = 0.02  # seconds between two looks at a process
GRACE = 10.0  # seconds to end in
TAIL = 25  # lines of a log that an error shows


class ProcessError(Exception):
    """A process ended, or was not ready in time. `log_tail` holds the last lines that it wrote."""

    def __init__(self, name: str, what: str, log: Path) -> None:
        self.name = name
        self.log = log
        self.log_tail = _tail(log)
        super().__init__(f"{name} {what}\n{self.log_tail}\n(whole log: {log})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A process for good: `start_time` in clock ticks since boot, as in field 22 of /proc/PID/stat.

    It gets `grace` seconds to end when it is asked to.
    """

    name: str
    pid: int
    start_time: int
    grace: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A started process. `output` gets its standard output, `log` its standard error."""

    identity: Identity
    output: Path
    log: Path
    popen: subprocess.Popen[bytes]


class ProcessGroup:
    """The processes of one run directory; `processes.json` there names them, for whoever comes later."""

    def __init__(self, run_dir: Path) -> None:
        self._state = run_dir / "processes.json"
        self._logs = run_dir / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)
        self._logs.chmod(0o700)  # what programs print here may be a token or a secret
        self._children: dict[str, Child] = {}

    def spawn(
        self,
        name: str,
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        cwd: Path,
        grace: float = GRACE,
    ) -> Child:
        """Starts a process; its files in logs/ start empty."""
        output, log = self._logs / f"{name}.out", self._logs / f"{name}.log"
        with output.open("wb") as stdout, log.open("wb") as stderr, deferred_interrupts():
            popen = subprocess.Popen(
                [str(part) for part in argv],
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
            started = _start_time(popen.pid) or 0
            identity = Identity(name=name, pid=popen.pid, start_time=started, grace=grace)
            child = Child(identity=identity, output=output, log=log, popen=popen)
            self._children[name] = child
            self._save([*recorded(self._state), identity])
        return child

    def run(self, name: str, argv: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path) -> str:
        """Runs a command to its end and returns its standard output; ProcessError unless it exits with 0."""
        child = self.spawn(name, argv, env=env, cwd=cwd)
        code = child.popen.wait()
        self.stop(name)
        if code != 0:
            raise ProcessError(name, f"failed with exit code {code}", child.log)
        return child.output.read_text()

    def wait_ready(self, child: Child, ready: Callable[[], bool], *, timeout: float) -> None:
        """Returns once `ready()` holds; ProcessError when the process ends before, or is late (seconds)."""
        deadline = time.monotonic() + timeout
        while not ready():
            if child.popen.poll() is not None:
                raise ProcessError(
                    child.identity.name, f"ended at once (exit code {child.popen.returncode})", child.log
                )
            if time.monotonic() > deadline:
                raise ProcessError(child.identity.name, f"was not ready within {timeout:g} s", child.log)
            time.sleep(POLL)

    def first_line(self, child: Child, *, timeout: float) -> str:
        """The first whole line that the process writes to its standard output."""
        self.wait_ready(child, lambda: b"\n" in child.output.read_bytes(), timeout=timeout)
        return child.output.read_text().partition("\n")[0]

    def stop(self, *names: str) -> None:
        """Ends the named processes, or all that are recorded, latest first. Twice does no harm."""
        with deferred_interrupts():
            before = recorded(self._state)
            ending = [identity for identity in before if not names or identity.name in names]
            for identity in reversed(ending):
                end(identity)
            for name in names or list(self._children):
                if child := self._children.pop(name, None):
                    child.popen.wait()
            self._save([identity for identity in before if identity not in ending])

    def _save(self, identities: Iterable[Identity]) -> None:
        text = json.dumps([asdict(identity) for identity in identities], indent=2)
        temporary = self._state.with_suffix(".tmp")
        temporary.write_text(text + "\n")
        temporary.replace(self._state)


def recorded(state: Path) -> list[Identity]:
    """The processes that a state file names, in the order of their start; none without the file."""
    try:
        return [Identity(**entry) for entry in json.loads(state.read_text())]
    except FileNotFoundError:
        return []


def alive(identity: Identity) -> bool:
    """Whether this very process still runs."""
    return _start_time(identity.pid) == identity.start_time


def end(identity: Identity) -> None:
    """Ends a process and its children: SIGTERM to it, and SIGKILL to all that is left after its grace.

    A process is asked alone, so that it can end its children in its own order.
    """
    if alive(identity):
        _signal([identity.pid], signal.SIGTERM)
        _wait(lambda: not _members(identity), identity.grace)
    _signal(_members(identity), signal.SIGKILL)
    _wait(lambda: not _members(identity), identity.grace)


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _wait(condition: Callable[[], bool], timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while not condition() and time.monotonic() < deadline:
        time.sleep(POLL)


def _members(identity: Identity) -> list[int]:
    """The process and what it started, as long as any of these runs.

    The kernel gives a pid to nobody else while a session of that number has members. So when the pid runs
    with another start time, nothing of ours is left.
    """
    leader = _start_time(identity.pid)
    if leader not in (None, identity.start_time):
        return []
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            session, started = int(fields[3]), int(fields[19])
            if session == identity.pid and started >= identity.start_time:
                found.append(int(entry.name))
    return found


def _start_time(pid: int) -> int | None:
    fields = _stat(pid)
    return int(fields[19]) if fields else None


def _stat(pid: int) -> list[str] | None:
    """Fields 3 and up of /proc/PID/stat; None when the process is gone or only waits to be reaped."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # Field 2, the command, stands in brackets and may hold blanks and brackets of its own.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields


def _tail(log: Path) -> str:
    lines = [
        line
        for path in (log.with_suffix(".out"), log)
        if path.exists()
        for line in path.read_text(errors="replace").splitlines()[-TAIL:]
    ]
    return "\n".join(f"    {line}" for line in lines)
