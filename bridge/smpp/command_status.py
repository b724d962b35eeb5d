"""What a command_status (SMPP 3.4, 5.1.3) means for the message and its line: the one table."""

from collections.abc import Mapping
from typing import Final

from bridge.line import Failure, FailureKind
from bridge.smpp.pdus import STATUS_DESCRIPTIONS

_MESSAGE: Final = (
    *(0x01, 0x02),  # length of the message or the command
    *(0x06, 0x07),  # priority and registered_delivery flags
    *(0x33, 0x34, 0x40, 0x44),  # distribution lists
    *(0x42, 0x54),  # replace flag
    0x43,  # esm_class
    *(0x48, 0x49, 0x50, 0x51),  # TON and NPI
    0x55,  # number of messages
    *(0x61, 0x62, 0x63),  # times, predefined message
    0x65,  # permanent error of the application
    *(0xC0, 0xC1, 0xC2, 0xC3, 0xC4),  # optional parameters
)
_LINE: Final = (
    *(0x0A, 0x0B),  # source or destination, which providers use for what the account may not do
    0x15,  # service_type
    0x66,  # rejected by the application
)
_THROTTLE: Final = (0x14, 0x58)
_REPAIR: Final = (
    *(0x03, 0x04, 0x05),  # command id, bind status, already bound
    *(0x0D, 0x0E, 0x0F, 0x53),  # the login
)
UNKNOWN_ERROR: Final = 0xFF
"""Stands for a refusal that says no reason."""
LOGIN_REFUSED: Final = frozenset((0x0D, 0x0E, 0x0F, 0x53))
"""Answers to a bind that a person has to look at."""

_KINDS: Final[Mapping[int, FailureKind]] = {
    **dict.fromkeys(_MESSAGE, FailureKind.MESSAGE),
    **dict.fromkeys(_LINE, FailureKind.LINE),
    **dict.fromkeys(_THROTTLE, FailureKind.THROTTLE),
    **dict.fromkeys(_REPAIR, FailureKind.REPAIR),
}


def code_of(status: int) -> str:
    """``smpp:0x0B``: upper case, at least two digits."""
    return f"smpp:0x{status:02X}"


class CommandStatusTable:
    """The table with the meanings that one provider gives to its own codes."""

    __slots__ = ("_kinds",)

    def __init__(self, overrides: Mapping[int, FailureKind] | None = None) -> None:
        self._kinds = {**_KINDS, **(overrides or {})}

    def kind(self, status: int) -> FailureKind:
        """What a status other than 0 asks for; unknown ones, the vendors' own too, are temporary."""
        return self._kinds.get(status, FailureKind.TEMPORARY)

    def failure(self, status: int, *, retry_after_s: float | None = None) -> Failure:
        """The failure that an answer with this status stands for."""
        return Failure(
            kind=self.kind(status),
            code=code_of(status),
            text=STATUS_DESCRIPTIONS.get(status, "the provider's own error code"),
            retry_after_s=retry_after_s,
        )
