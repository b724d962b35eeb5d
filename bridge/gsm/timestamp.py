"""Time stamps: 3GPP TS 23.040, 9.2.3.11."""

from datetime import datetime, timedelta, timezone
from typing import Final

from bridge.gsm.octets import Octets

_SIGN: Final = 0x08


def decode_timestamp(octets: Octets) -> datetime | None:
    """Take a seven-octet time stamp: aware, in the zone of the SMSC; None where it is no date.

    Years below 90 are 20xx. A bad date never makes a message unreadable.

    Raises:
        PduError: the PDU ends within it.
    """
    field = octets.take(7, "time stamp")
    year, month, day, hour, minute, second = ((octet & 0xF) * 10 + (octet >> 4) for octet in field[:6])
    zone = field[6]
    quarters = (zone & 0x7) * 10 + (zone >> 4)
    offset = timedelta(minutes=-15 * quarters if zone & _SIGN else 15 * quarters)
    try:
        return datetime(
            year + (1900 if year >= 90 else 2000), month, day, hour, minute, second, tzinfo=timezone(offset)
        )
    except ValueError:
        return None
