"""The virtual modem without I/O: AT commands in, answers, reports and records out."""

import heapq
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bridge.simulate.modem.pdu import BadTpduError, SubmittedMessage, read_submit, write_status_report

OWN_NUMBER: Final = "+36201111111"
_CTRL_Z: Final = 0x1A
_ESCAPE: Final = 0x1B
_INVALID_PDU: Final = 304
_NOT_IN_TEXT_MODE: Final = 303
_EMPTY_PLACE: Final = 321
_NO_ACKNOWLEDGEMENT_EXPECTED: Final = 340

_FIXED: Final[dict[str, str]] = {
    "I": "SMS Bridge\r\nvirtual modem",
    "+CGMI": "SMS Bridge",
    "+CGMM": "virtual modem",
    "+CGMR": "1",
    "+CGSN": "490154203237518",
    "+CIMI": "216300000000001",
    "+CPIN?": "+CPIN: READY",
    "+CREG?": "+CREG: 0,1",
    "+CGREG?": "+CGREG: 0,1",
    "+CEREG?": "+CEREG: 0,1",
    "+COPS?": '+COPS: 0,0,"Virtual",7',
    "+CSQ": "+CSQ: 25,99",
    "+CNUM": f'+CNUM: "","{OWN_NUMBER}",145',
    "+CSCA?": '+CSCA: "+36200000000",145',
    "+CMGF=?": "+CMGF: (0,1)",
    "+CSMS=?": "+CSMS: (0,1)",
    "+CNMI=?": "+CNMI: (0-2),(0-1),(0,2),(0,1),(0,1)",
    "+CPMS=?": '+CPMS: ("SM"),("SM"),("SM")',
    "+CPMS?": '+CPMS: "SM",0,50,"SM",0,50,"SM",0,50',
    "+CMMS?": "+CMMS: 0",
    "+CMGL": "",
}
_ACCEPTED: Final = re.compile(
    r"(?:Z|&F|&W|V1|Q0|\+(?:CMMS|CSCA|CREG|CGREG|CEREG|CFUN|CSCS|COPS|CMGL|CMGD|IPR)=.+)\d?\Z"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How the network and the modem behave."""

    send_time_s: float = 0.0
    """From Ctrl-Z to ``+CMGS``."""
    report_delay_s: float = 0.2
    """From Ctrl-Z to the status report; may be shorter than ``send_time_s``."""
    report_status: int = 0x00
    """TP-ST of reports."""
    fail_every: int = 0
    """Refuse each n-th message; 0: none."""
    fail_code: int = 38
    """CMS code of these."""
    silent_every: int = 0
    """Never answer each n-th message; 0: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message the network took."""

    message: SubmittedMessage
    reference: int


class VirtualModem:
    """One modem.

    Args:
        first_reference: TP-MR of the first message (0..255).
        utc: what time reports shall say.
    """

    def __init__(self, behaviour: Behaviour, *, first_reference: int, utc: Callable[[], datetime]) -> None:
        self._behaviour = behaviour
        self._reference = first_reference
        self._utc = utc
        self._output = bytearray()
        self._line = bytearray()
        self._held = bytearray()
        self._due: list[tuple[float, int, str]] = []
        self._order = 0
        self._busy_until: float | None = None
        self._expected: int | None = None
        self._echo = True
        self._errors = "0"
        self._text_mode = "0"
        self._service = "0"
        self._cnmi = "0,0,0,0,0"
        self._unacknowledged = 0
        self._messages = 0
        self._sent: list[Sent] = []

    def bytes_to_send(self) -> bytes:
        """What to write now; each byte is given once."""
        output = bytes(self._output)
        self._output.clear()
        return output

    def sent(self) -> list[Sent]:
        """Messages the network took since the last call."""
        sent, self._sent = self._sent, []
        return sent

    def next_deadline(self) -> float | None:
        """When to call :meth:`expire`."""
        return self._due[0][0] if self._due else None

    def expire(self, now: float) -> None:
        """Say what is due at ``now``."""
        while self._due and self._due[0][0] <= now:
            _, _, text = heapq.heappop(self._due)
            if text.startswith("+CDS:"):
                self._unacknowledged += self._service == "1"
            self._say(text)
        if self._busy_until is not None and self._busy_until <= now:
            self._busy_until = None
            held = bytes(self._held)
            self._held.clear()
            self.receive(held, now)

    def receive(self, data: bytes, now: float) -> None:
        """Take what the client wrote; while a message is on its way, it waits."""
        for position, octet in enumerate(data):
            if self._busy_until is not None:
                self._held += data[position:]
                return
            if self._expected is not None:
                self._message_octet(octet, now)
            elif octet == 0x0D:
                line = self._line.decode("latin-1").strip()
                if self._echo:
                    self._output += self._line + b"\r"
                self._line.clear()
                self._command(line)
            elif octet not in (0x0A, _ESCAPE):
                self._line.append(octet)

    def _say(self, text: str) -> None:
        self._output += f"\r\n{text}\r\n".encode()

    def _fail(self, code: int | None = None) -> None:
        self._say("ERROR" if code is None or self._errors == "0" else f"+CMS ERROR: {code}")

    def _command(self, line: str) -> None:
        if line[:2].upper() != "AT":
            return
        name = line[2:].upper()
        if name in _FIXED:
            if _FIXED[name]:
                self._say(_FIXED[name])
        elif name in ("E0", "E1"):
            self._echo = name == "E1"
        elif match := re.match(r"\+CMEE=([012])\Z", name):
            self._errors = match[1]
        elif match := re.match(r"\+CMGF=([01])\Z", name):
            self._text_mode = match[1]
        elif match := re.match(r"\+CSMS=([01])\Z", name):
            self._service = match[1]
            self._say("+CSMS: 1,1,1")
        elif match := re.match(r"\+CNMI=([0-2]),([01]),([02]),([01])(,[01])?\Z", name):
            self._cnmi = name[6:]
        elif name in ("+CMGF?", "+CSMS?", "+CNMI?"):
            value = {"F": self._text_mode, "S": f"{self._service},1,1,1", "I": self._cnmi}[name[4]]
            self._say(f"{name[:5]}: {value}")
        elif name.startswith("+CPMS="):
            self._say("+CPMS: 0,50,0,50,0,50")
        elif name.startswith("+CMGS="):
            self._prompt(name[6:])
            return
        elif name.startswith("+CMGR="):
            self._fail(_EMPTY_PLACE)
            return
        elif name.split("=")[0] == "+CNMA":
            if not self._unacknowledged:
                self._fail(_NO_ACKNOWLEDGEMENT_EXPECTED)
                return
            self._unacknowledged -= 1
        elif name and not _ACCEPTED.match(name):
            self._fail()
            return
        self._say("OK")

    def _prompt(self, length: str) -> None:
        if self._text_mode == "1":
            self._fail(_NOT_IN_TEXT_MODE)
        elif not length.isdigit():
            self._fail(_INVALID_PDU)
        else:
            self._expected = int(length)
            self._output += b"\r\n> "

    def _message_octet(self, octet: int, now: float) -> None:
        if octet not in (_CTRL_Z, _ESCAPE):
            self._line.append(octet)
            return
        if self._echo:
            self._output += self._line
        text, expected = self._line.decode("latin-1"), self._expected
        self._line.clear()
        self._expected = None
        if octet == _ESCAPE:
            self._say("OK")
            return
        try:
            pdu = bytes.fromhex(text)
            tpdu = pdu[1 + pdu[0] :] if pdu else b""
            if len(tpdu) != expected:
                raise BadTpduError("not the announced length")
            message = read_submit(tpdu)
        except ValueError:
            self._fail(_INVALID_PDU)
            return
        self._submit(message, now)

    def _submit(self, message: SubmittedMessage, now: float) -> None:
        self._messages += 1
        behaviour = self._behaviour
        answered_at = now + behaviour.send_time_s
        if behaviour.silent_every and self._messages % behaviour.silent_every == 0:
            return
        if behaviour.send_time_s:
            self._busy_until = answered_at
        if behaviour.fail_every and self._messages % behaviour.fail_every == 0:
            self._later(
                answered_at, "ERROR" if self._errors == "0" else f"+CMS ERROR: {behaviour.fail_code}", now
            )
            return
        reference = self._reference
        self._reference = (reference + 1) % 256
        self._sent.append(Sent(message=message, reference=reference))
        if message.report_requested and self._cnmi.split(",")[3] == "1":
            report = write_status_report(message, reference, behaviour.report_status, self._utc())
            text = f"+CDS: {len(report) - 1}\r\n{report.hex().upper()}"
            self._later(now + behaviour.report_delay_s, text, now)
        self._later(answered_at, f"+CMGS: {reference}\r\n\r\nOK", now)

    def _later(self, at: float, text: str, now: float) -> None:
        self._order += 1
        heapq.heappush(self._due, (at, self._order, text))
        self.expire(now)
