"""The processes of the local stack: exactly ours are ended, all of them, however they behave."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from infra.local.processes import Identity, ProcessError, ProcessGroup, alive, end, recorded

ENVIRONMENT = {"PATH": os.environ["PATH"]}
READY_AND_WAIT = "import signal; print('ready', flush=True); signal.pause()"


@pytest.fixture
def group(tmp_path: Path) -> Iterator[ProcessGroup]:
    processes = ProcessGroup(tmp_path)
    yield processes
    processes.stop()


def spawn(
    group: ProcessGroup, tmp_path: Path, script: str, name: str = "child", grace: float = 5.0
) -> Identity:
    command = [sys.executable, "-c", script]
    child = group.spawn(name, command, env=ENVIRONMENT, cwd=tmp_path, grace=grace)
    group.first_line(child, timeout=10)
    return child.identity


def running(pid: int) -> bool:
    """Whether the process runs; an ended one that nobody has collected yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_stop_ends_the_process_and_forgets_it(group: ProcessGroup, tmp_path: Path) -> None:
    identity = spawn(group, tmp_path, READY_AND_WAIT)
    assert alive(identity)
    assert recorded(tmp_path / "processes.json") == [identity]
    group.stop()
    assert not alive(identity)
    assert recorded(tmp_path / "processes.json") == []


def test_stop_twice_does_no_harm(group: ProcessGroup, tmp_path: Path) -> None:
    spawn(group, tmp_path, READY_AND_WAIT)
    group.stop()
    group.stop()


def test_stop_of_one_leaves_the_others(group: ProcessGroup, tmp_path: Path) -> None:
    first, second = (spawn(group, tmp_path, READY_AND_WAIT, name) for name in ("first", "second"))
    group.stop("first")
    assert not alive(first)
    assert alive(second)


def test_a_later_run_ends_what_an_earlier_one_started(group: ProcessGroup, tmp_path: Path) -> None:
    identity = spawn(group, tmp_path, READY_AND_WAIT)
    ProcessGroup(tmp_path).stop()
    assert not alive(identity)


def test_a_process_that_ignores_sigterm_is_killed(group: ProcessGroup, tmp_path: Path) -> None:
    ignoring = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + READY_AND_WAIT
    identity = spawn(group, tmp_path, ignoring, grace=0.1)
    group.stop()
    assert not alive(identity)


def test_a_child_that_outlives_its_parent_is_ended_too(group: ProcessGroup, tmp_path: Path) -> None:
    script = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', {READY_AND_WAIT!r}], stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
    )
    child = group.spawn("parent", [sys.executable, "-c", script], env=ENVIRONMENT, cwd=tmp_path)
    grandchild = int(group.first_line(child, timeout=10))
    child.popen.wait()
    assert running(grandchild)
    group.stop()
    assert not running(grandchild)


def test_a_stranger_that_got_the_pid_is_left_alone(group: ProcessGroup, tmp_path: Path) -> None:
    stranger = spawn(group, tmp_path, READY_AND_WAIT)
    stale = replace(stranger, start_time=stranger.start_time - 1)
    end(stale)
    assert alive(stranger)


def test_a_stale_state_file_ends_nobody(group: ProcessGroup, tmp_path: Path) -> None:
    stranger = spawn(group, tmp_path, READY_AND_WAIT)
    other_run = tmp_path / "other"
    later = ProcessGroup(other_run)
    stale = replace(stranger, start_time=stranger.start_time - 1)
    (other_run / "processes.json").write_text(json.dumps([asdict(stale)]))
    later.stop()
    assert alive(stranger)
    assert recorded(other_run / "processes.json") == []


def test_a_process_that_ends_while_starting_shows_its_log(group: ProcessGroup, tmp_path: Path) -> None:
    script = "import sys; sys.exit('no such device')"
    child = group.spawn("modem", [sys.executable, "-c", script], env=ENVIRONMENT, cwd=tmp_path)
    with pytest.raises(ProcessError, match=r"modem ended at once \(exit code 1\)\n    no such device"):
        group.first_line(child, timeout=10)


def test_a_command_that_fails_shows_its_log(group: ProcessGroup, tmp_path: Path) -> None:
    with pytest.raises(ProcessError, match=r"build failed with exit code 3\n    no space left"):
        group.run("build", ["sh", "-c", "echo no space left; exit 3"], env=ENVIRONMENT, cwd=tmp_path)


def test_an_interrupt_while_stopping_waits_until_all_have_ended(tmp_path: Path) -> None:
    """The child that is being stopped sends Ctrl-C's signal to the one that stops it."""
    script = f"""
import os, signal, sys
from pathlib import Path
from infra.local.processes import ProcessGroup
group = ProcessGroup(Path({str(tmp_path)!r}))
code = "import os, signal; print('ready', flush=True); signal.sigwait([signal.SIGTERM])"
code = "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM]);" + code
code += f"; os.kill({{os.getpid()}}, signal.SIGINT)"
child = group.spawn("child", [sys.executable, "-c", code], env=dict(os.environ), cwd=Path("."))
group.first_line(child, timeout=10)
try:
    group.stop()
except KeyboardInterrupt:
    sys.exit(0 if child.popen.poll() == 0 else "interrupted before the child had ended")
sys.exit("the interrupt was lost")
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30)
    assert (ended.returncode, ended.stderr) == (0, "")
