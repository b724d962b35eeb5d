"""Words and numbers that both sides use literally."""

from enum import StrEnum
from typing import Final

PROTOCOL_VERSION: Final = 1
"""Version of the frames between cloud and bridge."""

MAX_FRAME_BYTES: Final = 32_000
"""Largest frame in either direction; API Gateway closes the connection above 32 KiB a frame."""

PULL_INTERVAL_S: Final = 30.0
"""How often a bridge asks for work that no push announced; also its keep-alive."""

MAX_PRIORITY: Final = 3


class Encoding(StrEnum):
    """How the caller wants a text encoded."""

    AUTO = "auto"
    GSM7 = "gsm7"
    UCS2 = "ucs2"


class Answer(StrEnum):
    """The cloud's answer to one item of a report; all but RETRY settle it for good."""

    DONE = "done"
    SUPERSEDED = "superseded"
    """The message has moved on (cancelled, expired or another attempt): the bridge drops the job."""
    UNKNOWN = "unknown"
    """No such message."""
    NOT_YOURS = "not_yours"
    """The message belongs to another bridge."""
    RETRY = "retry"
    """Not recorded now; report the item again."""


class LineKind(StrEnum):
    """What a line is made of."""

    MODEM = "modem"
    SMPP = "smpp"


class ErrorReason(StrEnum):
    """Reasons in an ``error`` frame."""

    BAD_FRAME = "bad_frame"
    UNKNOWN_TYPE = "unknown_type"
    VERSION_TOO_OLD = "version_too_old"
    REVOKED = "revoked"
    SPOOL_IN_USE = "spool_in_use"
    """Another spool uses this bridge's name and was seen in the last minute."""
    STALE_CONNECTION = "stale_connection"
    """A newer connection of this bridge exists: this one must close."""
    HELLO_FIRST = "hello_first"
    TRY_AGAIN = "try_again"


class BridgeError(StrEnum):
    """ErrorCode values that no network gave."""

    EXPIRED = "bridge:expired"
    NO_REPORT = "bridge:no_report"
    OUTCOME_UNKNOWN = "bridge:outcome_unknown"
    LINE_DOWN = "bridge:line_down"
    LINE_REFUSED = "bridge:line_refused"
    LINE_REMOVED = "bridge:line_removed"
    SENDER_REFUSED = "bridge:sender_refused"
    TRIES_EXHAUSTED = "bridge:tries_exhausted"
    NOT_ENCODABLE = "bridge:not_encodable"
    BAD_ADDRESS = "bridge:bad_address"
