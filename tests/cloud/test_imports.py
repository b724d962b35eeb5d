"""Importing an entry point does nothing, whatever is or is not in the environment."""

import sys
from pathlib import Path
from subprocess import run

import pytest

import gateway.entrypoints

ENTRYPOINTS = sorted(path.stem for path in Path(gateway.entrypoints.__path__[0]).glob("[!_]*.py"))
CHECK = """
import sys, threading
from importlib import import_module
assert callable(import_module(sys.argv[1]).handler)
print(sorted({"boto3"} & set(sys.modules)), threading.active_count())
"""


def test_every_function_has_an_entry_point() -> None:
    assert ENTRYPOINTS == [
        "admin",
        "bridge_authorizer",
        "bridge_socket",
        "dispatch",
        "http_api",
        "notify",
        "sweep",
    ]


@pytest.mark.parametrize("name", ENTRYPOINTS)
def test_importing_does_nothing(name: str) -> None:
    command = [sys.executable, "-W", "error", "-c", CHECK, f"gateway.entrypoints.{name}"]
    done = run(command, env={}, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[] 1\n", "")
