"""The bridge's settings for the local stack."""

from __future__ import annotations

from pathlib import Path


def bridge_toml(*, cloud_url: str, token_file: Path, spool: Path, device: str, smsc_port: int) -> str:
    """bridge.toml with one modem and one SMPP account, named as in the sample cloud.toml."""
    return f"""\
[cloud]
url = "{cloud_url}"
token_file = "{token_file}"

[spool]
path = "{spool}"

[[line]]
name = "gsm1"
kind = "modem"
device = "{device}"

[[line]]
name = "smpp1"
kind = "smpp"
host = "127.0.0.1"
port = {smsc_port}
system_id = "office"
password = "secret"
"""
