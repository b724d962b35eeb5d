"""The virtual modem: its reading of the specifications against the vectors, and its program."""

import json
import os
import select
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import serial

from bridge.simulate.modem.core import Behaviour, VirtualModem
from bridge.simulate.modem.pdu import BadTpduError, read_submit

_SUBMIT: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "submit_pdu.json").read_text())


def _modem(behaviour: Behaviour | None = None) -> VirtualModem:
    return VirtualModem(
        behaviour or Behaviour(), first_reference=171, utc=lambda: datetime(2024, 2, 29, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    "vector", [pytest.param(v, id=v["id"]) for v in _SUBMIT["vectors"] if not v["id"].startswith("alnum")]
)
def test_submit_is_read_as_in_the_vector(vector: dict[str, Any]) -> None:
    message = read_submit(bytes.fromhex(vector["tpdu_hex"]))
    assert message.recipient == vector["recipient"]
    assert message.text == vector["text"]
    assert message.udh.hex().upper() == (vector["options"]["udh_hex"] or "").upper()
    assert message.report_requested is vector["options"]["status_report"]


@pytest.mark.parametrize("length", range(18))
def test_cut_submit_is_refused(length: int) -> None:
    with pytest.raises(BadTpduError):
        read_submit(bytes.fromhex("01000B914151550521F3000005C8329BFD06")[:length])


def test_octets_behind_a_submit_are_refused() -> None:
    with pytest.raises(BadTpduError):
        read_submit(bytes.fromhex("01000B914151550521F3000005C8329BFD0600"))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_dialogue_of_any_chunks_gives_reference_and_report(size: int) -> None:
    modem = _modem()
    client = b"ATE0\rAT+CNMI=2,1,0,1,0\rAT+CMGS=18\r0021000B914151550521F3000005C8329BFD06\x1a"
    for start in range(0, len(client), size):
        modem.receive(client[start : start + size], 0.0)
    assert modem.bytes_to_send() == (b"ATE0\r\r\nOK\r\n\r\nOK\r\n\r\n> \r\n+CMGS: 171\r\n\r\nOK\r\n")
    assert modem.next_deadline() == 0.2
    modem.expire(0.2)
    report = b"0006AB0B914151550521F3422092000000004220920000000000"
    assert modem.bytes_to_send() == b"\r\n+CDS: 25\r\n" + report + b"\r\n"


def test_wrong_length_is_refused_with_its_code() -> None:
    modem = _modem()
    modem.receive(b"ATE0\rAT+CMEE=1\rAT+CMGS=17\r0021000B914151550521F3000005C8329BFD06\x1a", 0.0)
    assert modem.bytes_to_send().endswith(b"> \r\n+CMS ERROR: 304\r\n")


def _talk(device: str, command: bytes) -> bytes:
    with serial.Serial(device, exclusive=True, timeout=5) as port:
        port.write(command)
        answer: bytes = port.read_until(b"OK\r\n")
        return answer


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_program_says_its_device_survives_reopening_and_ends_on_a_signal(
    number: signal.Signals, tmp_path: Path
) -> None:
    log = tmp_path / "sent.jsonl"
    program = "from bridge.simulate.modem.cli import modem; modem()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "--json", "--log", str(log)], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], 10)[0]
        device = json.loads(process.stdout.readline())["device"]
        assert _talk(device, b"AT\r") == b"AT\r\r\nOK\r\n"
        assert _talk(device, b"ATE0\r") == b"ATE0\r\r\nOK\r\n"
        sending = b"AT+CMGS=18\r0021000B914151550521F3000005C8329BFD06\x1a"
        assert b"+CMGS: " in _talk(device, sending)
        assert json.loads(log.read_text())["text"] == "Hello"
        os.kill(process.pid, number)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.communicate()
