"""From the bytes of a modem to lines with a meaning (3GPP TS 27.007, ITU-T V.250), whatever the chunks."""

import re
from dataclasses import dataclass
from typing import Final

_MAX_LINE: Final = 4096
"""Far above any line of PDU mode; what is longer is noise from a wrong speed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A final result code."""

    ok: bool
    cms: int | None = None
    cme: int | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """The modem waits for a PDU."""


@dataclass(frozen=True, slots=True)
class Boot:
    """The modem has restarted: all settings are lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """``+CDS`` (report) or ``+CMT`` (message) with its PDU."""

    report: bool
    pdu: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """``+CDSI`` (report) or ``+CMTI`` (message): where the modem has put one."""

    report: bool
    storage: str
    index: int


@dataclass(frozen=True, slots=True)
class Info:
    """Any other line: an answer, an echo or an unsolicited result."""

    text: str


Line = Result | Prompt | Boot | Routed | Stored | Info

_ERROR: Final = re.compile(r"\+CM([SE]) ERROR: *(\d+)?")
_ROUTED: Final = re.compile(r"\+(CDS|CMT):")
_STORED: Final = re.compile(r'\+(CDSI|CMTI): *"?(\w+)"?, *(\d+)')
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+\Z")
_BOOT: Final = ("RDY", "^SYSSTART")


class LineReader:
    """Cuts a stream into lines; never fails, noise comes out as :class:`Info`."""

    def __init__(self) -> None:
        self._buffer = ""
        self._header: Routed | None = None

    def receive(self, data: bytes) -> list[Line]:
        """Take bytes; give the lines that are complete with them."""
        self._buffer += data.decode("latin-1")
        lines: list[Line] = []
        while True:
            self._buffer = self._buffer.lstrip("\r\n\0 ")
            if self._buffer.startswith(">"):
                self._buffer = self._buffer[1:]
                lines.append(Prompt())
                continue
            text, end, rest = self._cut()
            if not end:
                break
            self._buffer = rest
            lines += self._line(text.rstrip())
        self._buffer = self._buffer[-_MAX_LINE:]
        return lines

    def _cut(self) -> tuple[str, str, str]:
        position = min((p for p in map(self._buffer.find, "\r\n") if p >= 0), default=-1)
        if position < 0:
            return self._buffer, "", ""
        return self._buffer[:position], self._buffer[position], self._buffer[position + 1 :]

    def _line(self, text: str) -> list[Line]:
        header, self._header = self._header, None
        if header is not None and _HEX.match(text):
            return [Routed(report=header.report, pdu=bytes.fromhex(text))]
        if text == "OK":
            return [Result(ok=True)]
        if text in ("ERROR", "COMMAND NOT SUPPORT"):
            return [Result(ok=False)]
        if text in _BOOT:
            return [Boot()]
        if match := _ERROR.match(text):
            code = int(match[2]) if match[2] else None
            return [Result(ok=False, **{"cms" if match[1] == "S" else "cme": code})]
        if match := _STORED.match(text):
            return [Stored(report=match[1] == "CDSI", storage=match[2], index=int(match[3]))]
        if match := _ROUTED.match(text):
            self._header = Routed(report=match[1] == "CDS", pdu=b"")
            return []
        return [Info(text)]
