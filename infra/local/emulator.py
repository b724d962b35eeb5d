"""MiniStack, the emulated AWS, on a free port of 127.0.0.1."""

from __future__ import annotations

import shutil
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from infra.local.paths import EMULATOR_BIN, clean_environment
from infra.local.ports import LOOPBACK, free_port
from infra.local.processes import ProcessGroup

START_TIMEOUT = 30.0
GRACE = 1.0  # it keeps nothing that would be lost, and with open connections it does not end by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulator:
    """A running MiniStack; `endpoint` is the base URL of all services, without a slash at its end."""

    endpoint: str

    @property
    def connections_base(self) -> str:
        """Base of the API that pushes to WebSocket connections."""
        return f"{self.endpoint}/_aws/execute-api"

    def http_url(self, api_id: str) -> str:
        return f"{self.connections_base}/{api_id}/$default/"

    def websocket_url(self, api_id: str, stage: str) -> str:
        return f"ws{self.connections_base.removeprefix('http')}/{api_id}/{stage}"


def start_emulator(processes: ProcessGroup, run_dir: Path, *, enforce_policies: bool = False) -> Emulator:
    """Starts MiniStack; its state lives in memory, its files in `run_dir`/emulator.

    With `enforce_policies` the functions may do only what their policies allow.
    """
    home = run_dir / "emulator"
    shutil.rmtree(home, ignore_errors=True)  # what a killed one left
    port = free_port()
    # The functions that it runs inherit these variables: keep them few.
    env = clean_environment(home, EMULATOR_BIN) | {
        "BIND_HOST": LOOPBACK,
        "MINISTACK_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",  # would listen on all addresses
        "S3_DATA_DIR": str(home / "s3"),
        "STATE_DIR": str(home / "state"),
        "AUTH": "true" if enforce_policies else "false",
    }
    emulator = Emulator(endpoint=f"http://{LOOPBACK}:{port}")
    child = processes.spawn("emulator", [EMULATOR_BIN / "ministack"], env=env, cwd=home, grace=GRACE)
    processes.wait_ready(child, lambda: _healthy(emulator.endpoint), timeout=START_TIMEOUT)
    return emulator


def _healthy(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2.0) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
