"""What an operator says of a modem."""

import re
from dataclasses import dataclass
from enum import StrEnum


class SenderPolicy(StrEnum):
    """What to do with a sender that a SIM cannot set."""

    IGNORE = "ignore"
    """Send it: the handset sees the SIM's own number."""
    REJECT = "reject"
    """Hand it back so that another line can take it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModemSettings:
    """One modem."""

    device: str
    """Serial device; a name that stays, such as one under ``/dev/serial/by-id/``."""
    baud: int = 115200
    """Bits a second; USB modems take any."""
    pin: str = ""
    """PIN of the SIM; empty: the SIM asks for none. A refused PIN is never tried twice."""
    smsc: str = ""
    """Service centre (with a plus when international); empty: the one on the SIM."""
    sender: SenderPolicy = SenderPolicy.IGNORE
    """For messages whose sender is not the SIM's own number."""

    def __post_init__(self) -> None:
        if not self.device:
            raise ValueError("device should name a serial device")
        if self.pin and not re.fullmatch(r"[0-9]{4,8}", self.pin):
            raise ValueError("pin should be 4 to 8 digits")
        if self.smsc and not re.fullmatch(r"\+?[0-9]{1,20}", self.smsc):
            raise ValueError("smsc should be a number, with a plus when international")
