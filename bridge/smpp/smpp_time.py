"""Times as SMPP writes them (7.1.1), and as receipts write them."""

import re
from datetime import datetime, timedelta, timezone
from typing import Final

_LAYOUTS: Final[dict[int, tuple[str, ...]]] = {
    10: ("%y%m%d%H%M",),
    12: ("%y%m%d%H%M%S", "%Y%m%d%H%M"),
    14: ("%Y%m%d%H%M%S",),
}
_ABSOLUTE: Final = re.compile(r"([0-9]{12})([0-9])([0-9]{2})([+-])\Z")
_MAX_DAYS: Final = 99


def relative_period(seconds: int) -> str:
    """A validity_period from now: ``YYMMDDhhmmss000R`` with days as the largest unit, up to 99 days."""
    minutes, second = divmod(max(seconds, 1), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days > _MAX_DAYS:
        days, hour, minute, second = _MAX_DAYS, 0, 0, 0
    return f"0000{days:02}{hour:02}{minute:02}{second:02}000R"


def parse_receipt_date(text: str) -> datetime | None:
    """A date of a receipt; aware only where it names its zone, else the SMSC's local time.

    Takes 10 digits (YYMMDDhhmm), 12 (YYMMDDhhmmss or YYYYMMDDhhmm), 14 (YYYYMMDDhhmmss) and the absolute time
    of SMPP with its zone. Anything else, zeros too, is None: no receipt fails because of a date.
    """
    text = text.strip("\0 ")
    absolute = _ABSOLUTE.match(text)
    if absolute:
        digits, tenths, quarters, sign = absolute.groups()
        local = _first_valid(digits, ("%y%m%d%H%M%S",))
        if local is None:
            return None
        offset = timedelta(minutes=15 * int(quarters)) * (-1 if sign == "-" else 1)
        if abs(offset) >= timedelta(days=1):
            return None
        return local.replace(tzinfo=timezone(offset), microsecond=int(tenths) * 100_000)
    if not text.isascii() or not text.isdigit():
        return None
    layouts = _LAYOUTS.get(len(text), ())
    # A year of two digits that reads as 19 or 20 is far less likely today than a year of four.
    return _first_valid(text, layouts[::-1] if text.startswith(("19", "20")) else layouts)


def _first_valid(digits: str, layouts: tuple[str, ...]) -> datetime | None:
    for layout in layouts:
        try:
            return datetime.strptime(digits, layout)  # noqa: DTZ007 - the zone is not in the text
        except ValueError:
            continue
    return None
