"""The network's side of TPDUs: reads SMS-SUBMIT, writes SMS-STATUS-REPORT (3GPP TS 23.040)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

_MAIN: Final = "".join(
    (
        "@\u00a3$\u00a5\u00e8\u00e9\u00f9\u00ec\u00f2\u00c7\n\u00d8\u00f8\r\u00c5\u00e5",
        "\u0394_\u03a6\u0393\u039b\u03a9\u03a0\u03a8\u03a3\u0398\u039e \u00c6\u00e6\u00df\u00c9",
        " !\"#\u00a4%&'()*+,-./",
        "0123456789:;<=>?",
        "\u00a1ABCDEFGHIJKLMNO",
        "PQRSTUVWXYZ\u00c4\u00d6\u00d1\u00dc\u00a7",
        "\u00bfabcdefghijklmno",
        "pqrstuvwxyz\u00e4\u00f6\u00f1\u00fc\u00e0",
    )
)
_SHIFTED: Final = {
    10: "\f",
    20: "^",
    40: "{",
    41: "}",
    47: "\\",
    60: "[",
    61: "~",
    62: "]",
    64: "|",
    101: "€",
}
_SHIFT: Final = 27


class BadTpduError(ValueError):
    """Octets that are no SMS-SUBMIT."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedMessage:
    """What a client asked the network to send."""

    recipient: str
    address: bytes
    """The destination field as it came: length, type and value."""
    text: str | None
    """None for 8-bit data."""
    udh: bytes
    """Header elements without their length; empty when there is none."""
    dcs: int
    report_requested: bool
    tpdu: bytes


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.rest = data

    def take(self, count: int) -> bytes:
        if count > len(self.rest):
            raise BadTpduError("too short")
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken


def read_submit(tpdu: bytes) -> SubmittedMessage:
    """Read an SMS-SUBMIT.

    Raises:
        BadTpduError: it is none, is too short or has octets left over.
    """
    cursor = _Cursor(tpdu)
    first, _reference = cursor.take(2)
    if first & 3 != 1:
        raise BadTpduError("no SMS-SUBMIT")
    (digits,) = cursor.take(1)
    if not 0 < digits <= 20:
        raise BadTpduError("address length")
    rest = cursor.take(1 + (digits + 1) // 2)
    _pid, dcs = cursor.take(2)
    cursor.take({0x00: 0, 0x10: 1, 0x08: 7, 0x18: 7}[first & 0x18])
    (length,) = cursor.take(1)
    gsm = dcs & 0x0C == 0 if dcs < 0x80 else not (dcs >> 4 == 0xF and dcs & 4) and dcs >> 4 != 0xE
    user_data = cursor.take(-(-length * 7 // 8) if gsm else length)
    if cursor.rest or len(user_data) > 140:
        raise BadTpduError("user data length")
    header = user_data[: 1 + user_data[0]] if first & 0x40 and user_data else b""
    if header and len(header) != 1 + header[0]:
        raise BadTpduError("header length")
    return SubmittedMessage(
        recipient=_number(digits, rest),
        address=bytes((digits,)) + rest,
        text=_text(user_data, len(header), length, gsm=gsm, ucs2=not gsm and dcs & 0x0C == 0x08),
        udh=header[1:],
        dcs=dcs,
        report_requested=bool(first & 0x20),
        tpdu=tpdu,
    )


def _number(digits: int, rest: bytes) -> str:
    swapped = "".join(f"{octet & 15:x}{octet >> 4:x}" for octet in rest[1:])[:digits]
    plus = "+" if rest[0] & 0x70 == 0x10 else ""
    return plus + swapped.translate({ord("a"): "*", ord("b"): "#"})


def _text(user_data: bytes, header: int, length: int, *, gsm: bool, ucs2: bool) -> str | None:
    if gsm:
        bits = "".join(f"{octet:08b}"[::-1] for octet in user_data)
        start = -(-header * 8 // 7)
        codes = [int(bits[7 * n : 7 * n + 7][::-1], 2) for n in range(start, length)]
        text, shifted = "", False
        for code in codes:
            if shifted:
                text += _SHIFTED.get(code, _MAIN[code])
                shifted = False
            elif code == _SHIFT:
                shifted = True
            else:
                text += _MAIN[code]
        return text
    return user_data[header:].decode("utf-16-be", "replace") if ucs2 else None


def write_status_report(message: SubmittedMessage, reference: int, status: int, at: datetime) -> bytes:
    """An SMS-STATUS-REPORT for a message, with an empty SMSC part; ``at`` is in UTC."""
    stamp = bytes(
        value // 10 | value % 10 << 4
        for value in (at.year % 100, at.month, at.day, at.hour, at.minute, at.second, 0)
    )
    return bytes((0x00, 0x06, reference)) + message.address + stamp + stamp + bytes((status,))
