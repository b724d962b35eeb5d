"""The real "sam build" and "sam deploy" of template.yaml, against an emulated AWS."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.emulator import Emulator
from infra.local.paths import FUNCTIONS, PROJECT_BIN, ROOT, SAM_BIN, TEMPLATE, clean_environment
from infra.local.processes import ProcessGroup

STACK = "smsbridge"
BUILD = ROOT / ".aws-sam"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What to build, and where the built template and artifacts go."""

    template: Path = TEMPLATE
    functions: Path = FUNCTIONS
    build: Path = BUILD


def build(processes: ProcessGroup, run_dir: Path, sources: Sources) -> bool:
    """Builds the functions; False when nothing changed since the last build and there was nothing to do."""
    stamp = sources.build / "build" / "source-digest"  # goes whenever a build begins
    digest = source_digest(sources)
    if stamp.exists() and stamp.read_text() == digest:
        return False
    env = _sam_environment(run_dir) | _pip_environment() | {"PYTHON": str(PROJECT_BIN / "python")}
    command: list[str | Path] = [
        "build",
        "--template-file",
        sources.template,
        "--build-dir",
        sources.build / "build",
    ]
    command += ["--cached", "--cache-dir", sources.build / "cache", "--parallel", "--no-use-container"]
    processes.run("sam-build", [SAM_BIN / "sam", *command], env=env, cwd=sources.template.parent)
    stamp.write_text(digest)
    return True


def deploy(
    processes: ProcessGroup,
    run_dir: Path,
    sources: Sources,
    emulator: Emulator,
    parameters: Mapping[str, str],
) -> dict[str, str]:
    """Creates or updates the stack and returns its outputs."""
    env = _sam_environment(run_dir) | {"AWS_ENDPOINT_URL": emulator.endpoint}
    built = sources.build / "build" / "template.yaml"
    overrides = [f"{name}={value}" for name, value in parameters.items()]
    command: list[str | Path] = ["deploy", "--template-file", built, "--stack-name", STACK, "--resolve-s3"]
    command += ["--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-fail-on-empty-changeset"]
    command += ["--no-progressbar", "--parameter-overrides", *overrides]
    processes.run("sam-deploy", [SAM_BIN / "sam", *command], env=env, cwd=run_dir)
    listing = processes.run(
        "sam-outputs",
        [SAM_BIN / "sam", "list", "stack-outputs", "--stack-name", STACK, "--output", "json"],
        env=env,
        cwd=run_dir,
    )
    return {entry["OutputKey"]: entry["OutputValue"] for entry in json.loads(listing)}


def source_digest(sources: Sources) -> str:
    """Changes whenever a file does that goes into the build."""
    digest = hashlib.sha256()
    for path in [sources.template, *sorted(_files(sources.functions))]:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.name} {path.parent} {content}\n".encode())
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def _sam_environment(run_dir: Path) -> dict[str, str]:
    return clean_environment(run_dir / "sam", SAM_BIN) | {
        "SAM_CLI_TELEMETRY": "0",
        "__SAM_CLI_APP_DIR": str(run_dir / "sam"),  # instead of ~/.aws-sam
    }


def _pip_environment() -> dict[str, str]:
    """How pip reaches its index from this machine; nothing else of the user's enters the build."""
    wanted = (
        "HOME",
        "XDG_CONFIG_HOME",
        "HTTPS_PROXY",
        "https_proxy",
        "NO_PROXY",
        "no_proxy",
        "SSL_CERT_FILE",
    )
    return {name: value for name, value in os.environ.items() if name in wanted or name.startswith("PIP_")}
