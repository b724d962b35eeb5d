"""What scripts ask of the dialogue, and what the dialogue tells the driver."""

from collections.abc import Generator
from dataclasses import dataclass

from bridge.line import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command line, without its carriage return."""

    text: str
    timeout_s: float
    payload: str = ""
    """Hexadecimal PDU to write at the prompt."""
    may_time_out: bool = False
    """Silence is no reason to give the modem up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Wait; what arrives meanwhile is taken."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back for a command."""

    ok: bool = False
    answered: bool = True
    """False: no final result came."""
    prompted: bool = False
    """The PDU and Ctrl-Z were written."""
    cms: int | None = None
    cme: int | None = None
    lines: tuple[str, ...] = ()

    def value(self, prefix: str) -> str | None:
        """What follows ``prefix`` in the first line that has it."""
        return next((line[len(prefix) :].strip() for line in self.lines if line.startswith(prefix)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The modem can send; repeated when the signal changes."""

    own_number: str
    operator: str
    signal_dbm: int | None
    acknowledge: bool
    """Routed reports and messages must be acknowledged (``+CSMS`` service 1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The modem cannot send yet and is asked again."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsPerson:
    """SIM or PIN were refused."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Concluded:
    """The outcome of the submission."""

    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a PDU lies on the SIM or in the modem."""

    storage: str
    """Empty: the modem does not name its storages."""
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A PDU from the network; the driver settles it once it is durable."""

    pdu: bytes
    place: Place | None
    """None: it was routed, not stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The modem is out of step: close it, open it again with a new dialogue."""

    reason: str


Event = Ready | Waiting | NeedsPerson | Concluded | Arrived | Lost
Script = Generator[Command | Pause | Event, Answer, None]
