"""The deployed cloud on this machine."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from infra.local.deploy import Sources, build, deploy
from infra.local.emulator import Emulator, start_emulator
from infra.local.lock import exclusive
from infra.local.paths import PROJECT_BIN, REGION, clean_environment
from infra.local.processes import ProcessGroup
from infra.local.progress import Progress, step


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where the deployed stack is. `api_url` ends in a slash; `outputs` are those of the template."""

    api_url: str
    websocket_url: str
    aws_endpoint: str
    admin_function: str
    notifications_queue_url: str
    dead_letters_queue_url: str
    outputs: dict[str, str]


class LocalStack:
    """One emulator with one deployed stack, and the processes that are started beside it."""

    def __init__(
        self,
        run_dir: Path,
        endpoints: Endpoints,
        processes: ProcessGroup,
        held: ExitStack,
    ) -> None:
        self.run_dir = run_dir
        self.endpoints = endpoints
        self.processes = processes
        self._held = held

    @classmethod
    def start(
        cls,
        run_dir: Path,
        *,
        progress: Progress,
        sources: Sources | None = None,
        parameters: dict[str, str] | None = None,
        enforce_policies: bool = False,
    ) -> LocalStack:
        """Starts the emulator, builds what changed, deploys; an exception leaves nothing running.

        What an earlier run left running in `run_dir` is ended first. `parameters` are the template's.
        Raises ProcessError, or InUseError while another process has a stack in `run_dir`.
        """
        sources = sources or Sources()
        run_dir = run_dir.resolve()
        with ExitStack() as held:
            held.enter_context(exclusive(run_dir))
            processes = ProcessGroup(run_dir)
            processes.stop()
            held.callback(processes.stop)
            with step(progress, "emulated cloud"):
                emulator = start_emulator(processes, run_dir, enforce_policies=enforce_policies)
            with step(progress, "functions built"), exclusive(sources.build, wait=True):
                build(processes, run_dir, sources)
            with step(progress, "stack deployed"):
                local = {"ConnectionsEndpoint": emulator.connections_base, "ProtectTables": "false"}
                outputs = deploy(processes, run_dir, sources, emulator, local | (parameters or {}))
            return cls(run_dir, _endpoints(emulator, outputs), processes, held.pop_all())

    def environment(self) -> dict[str, str]:
        """For programs that call the emulated AWS, such as "smsbridge admin"."""
        return clean_environment(self.run_dir / "home", PROJECT_BIN) | {
            "AWS_ENDPOINT_URL": self.endpoints.aws_endpoint,
            "AWS_REGION": REGION,
            "SMSBRIDGE_ADMIN_FUNCTION": self.endpoints.admin_function,
        }

    def stop(self) -> None:
        """Ends every process of this run directory. Twice does no harm."""
        self._held.close()


def _endpoints(emulator: Emulator, outputs: dict[str, str]) -> Endpoints:
    return Endpoints(
        api_url=emulator.http_url(_api_id(outputs["ApiUrl"])),
        websocket_url=emulator.websocket_url(_api_id(outputs["WebSocketUrl"]), stage="live"),
        aws_endpoint=emulator.endpoint,
        admin_function=outputs["AdminFunctionName"],
        notifications_queue_url=outputs["NotificationsQueueUrl"],
        dead_letters_queue_url=outputs["DeadLettersQueueUrl"],
        outputs=outputs,
    )


def _api_id(url: str) -> str:
    """The id of an API from its address on AWS: scheme://ID.execute-api.…"""
    return url.split("//")[1].split(".")[0]
