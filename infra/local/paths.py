"""Where things are in the checkout, and the environments that started programs see."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT_BIN = Path(sys.prefix) / "bin"
EMULATOR_BIN = ROOT / ".tools" / "emulator" / "bin"
SAM_BIN = ROOT / ".tools" / "sam" / "bin"
TEMPLATE = ROOT / "template.yaml"
FUNCTIONS = ROOT / "functions"
REGION = "us-east-1"


def clean_environment(home: Path, *bins: Path) -> dict[str, str]:
    """Variables for a program that shall see nothing of the user's: neither credentials nor settings.

    `home` becomes its home and temporary folder and is made; `bins` come first in its PATH.
    """
    temporary = home / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    nothing = str(home / "none")
    return {
        "PATH": ":".join([*map(str, bins), "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "LANG": "C.UTF-8",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": nothing,
        "AWS_SHARED_CREDENTIALS_FILE": nothing,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
