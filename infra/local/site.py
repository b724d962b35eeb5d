"""The office's side on this machine: a virtual modem, a simulated SMSC, a webhook receiver and the bridge."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from infra.local.paths import PROJECT_BIN, ROOT
from infra.local.progress import Progress, step
from infra.local.samples import bridge_toml
from infra.local.stack import LocalStack

SMSBRIDGE = PROJECT_BIN / "smsbridge"
SAMPLE = ROOT / "cloud.toml"
BRIDGE = "office"
READY_TIMEOUT = 30.0

Command = list[str | Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the stand-ins behave: seconds that the modem takes to send, and until the network reports."""

    modem_send_time: float = 0.0
    report_delay: float = 0.2
    fail_first_webhooks: int = 0


class Site:
    """Started beside a deployed stack, in its run directory and with its processes."""

    def __init__(self, stack: LocalStack, *, modem: str, smsc_port: int, webhook_port: int) -> None:
        self._stack = stack
        self.modem = modem
        self.smsc_port = smsc_port
        self.webhook_url = f"http://127.0.0.1:{webhook_port}/"
        self.notifications = stack.run_dir / "notifications.jsonl"
        self.webhook_secrets: dict[str, str] = {}

    @classmethod
    def start(cls, stack: LocalStack, *, progress: Progress, options: Options | None = None) -> Site:
        """Starts everything, applies the sample settings and returns when both lines are up."""
        options = options or Options()
        run_dir = stack.run_dir
        notifications = run_dir / "notifications.jsonl"
        modem_log, smsc_log = run_dir / "logs" / "modem.jsonl", run_dir / "logs" / "smsc.jsonl"
        for stale in (notifications, modem_log, smsc_log, *run_dir.glob("spool.db*")):
            stale.unlink(missing_ok=True)
        simulate: Command = [SMSBRIDGE, "simulate"]
        delay: Command = ["--json", "--report-delay", str(options.report_delay)]
        send_time = str(options.modem_send_time)
        webhooks: Command = [sys.executable, "-m", "infra.local.webhook_receiver"]
        webhooks += ["--fail-first", str(options.fail_first_webhooks)]
        with step(progress, "modem, SMSC and webhook receiver started"):
            modem = _serve(
                stack, "modem", [*simulate, "modem", *delay, "--send-time", send_time, "--log", modem_log]
            )
            smsc = _serve(stack, "smsc", [*simulate, "smsc", *delay, "--port", "0", "--log", smsc_log])
            receiver = _serve(stack, "webhooks", [*webhooks, "--log", notifications])
        site = cls(
            stack, modem=str(modem["device"]), smsc_port=int(smsc["port"]), webhook_port=int(receiver["port"])
        )
        with step(progress, "settings applied, bridge registered"):
            site._configure()
        with step(progress, "bridge connected, both lines up"):
            site.start_bridge()
        return site

    def _configure(self) -> None:
        applied = json.loads(self._admin("apply", str(SAMPLE), "--yes", "--json"))
        self.webhook_secrets = dict(applied["webhook_secrets"])
        token = json.loads(self._admin("bridge", "add", BRIDGE, "--json"))["token"]
        run_dir = self._stack.run_dir
        _write_private(run_dir / "token", token)
        _write_private(
            run_dir / "bridge.toml",
            bridge_toml(
                cloud_url=self._stack.endpoints.websocket_url,
                token_file=run_dir / "token",
                spool=run_dir / "spool.db",
                device=self.modem,
                smsc_port=self.smsc_port,
            ),
        )

    def start_bridge(self, *, timeout: float = READY_TIMEOUT) -> None:
        """Starts the bridge and returns when it is connected and its lines are up."""
        processes = self._stack.processes
        command: Command = [SMSBRIDGE, "run", "--json", "--config", self._stack.run_dir / "bridge.toml"]
        child = processes.spawn("bridge", command, env=self._stack.environment(), cwd=ROOT)
        processes.wait_ready(child, lambda: _lines_up(child.log), timeout=timeout)

    def stop_bridge(self) -> None:
        """Stops the bridge as a service manager would."""
        self._stack.processes.stop("bridge")

    def describe(self) -> dict[str, object]:
        """What .run/stack.json holds."""
        endpoints, logs = self._stack.endpoints, self._stack.run_dir / "logs"
        return {
            "api_url": endpoints.api_url,
            "websocket_url": endpoints.websocket_url,
            "aws_endpoint": endpoints.aws_endpoint,
            "admin_function": endpoints.admin_function,
            "smsc": f"127.0.0.1:{self.smsc_port}",
            "modem": self.modem,
            "bridge_config": str(self._stack.run_dir / "bridge.toml"),
            "webhook_url": self.webhook_url,
            "webhook_secrets": self.webhook_secrets,
            "notifications": str(self.notifications),
            "smsc_log": str(logs / "smsc.jsonl"),
            "modem_log": str(logs / "modem.jsonl"),
            "logs": str(logs),
        }

    def write_description(self) -> Path:
        """Writes stack.json, which holds secrets, for the owner's eyes only."""
        path = self._stack.run_dir / "stack.json"
        _write_private(path, json.dumps(self.describe(), indent=2) + "\n")
        return path

    def _admin(self, *arguments: str) -> str:
        return self._stack.processes.run(
            f"admin-{arguments[0]}", [SMSBRIDGE, "admin", *arguments], env=self._stack.environment(), cwd=ROOT
        )


def _serve(stack: LocalStack, name: str, command: Command) -> dict[str, str | int]:
    """Starts a server and returns the JSON object that it prints when it is ready."""
    child = stack.processes.spawn(name, command, env=stack.environment(), cwd=ROOT)
    line = stack.processes.first_line(child, timeout=READY_TIMEOUT)
    said: dict[str, str | int] = json.loads(line)
    return said


def _lines_up(log: Path) -> bool:
    """Whether the bridge's log says that it is connected and that both its lines are up."""
    connected = False
    up: set[str] = set()
    for line in log.read_text(errors="replace").splitlines():
        if not line.startswith("{"):
            continue
        entry = json.loads(line)
        connected |= entry["event"] == "cloud.connected"
        if entry["event"] == "line.state":
            (up.add if entry["state"] == "up" else up.discard)(entry["line"])
    return connected and len(up) == 2


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)
