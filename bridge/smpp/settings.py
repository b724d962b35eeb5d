"""The part of a ``[[line]]`` of ``bridge.toml`` that only an SMPP line has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bridge.line import FailureKind

_TON_MAX: Final = 6
_NPI_MAX: Final = 18


class DefaultAlphabet(StrEnum):
    """What the provider takes ``data_coding`` 0 for."""

    GSM7 = "gsm7"
    """GSM 7-bit default alphabet, one septet in each octet: what most providers do."""
    LATIN1 = "latin1"
    """ISO 8859-1."""


class Validity(StrEnum):
    """How the SMSC is told how long it may try."""

    RELATIVE = "relative"
    OFF = "off"
    """Not at all: the provider's default applies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TonNpi:
    """``ton_npi``: type of number and numbering plan for each kind of address, as [TON, NPI]."""

    msisdn: tuple[int, int] = (1, 1)
    national: tuple[int, int] = (2, 1)
    short_code: tuple[int, int] = (3, 0)
    alphanumeric: tuple[int, int] = (5, 0)

    def __post_init__(self) -> None:
        for name in ("msisdn", "national", "short_code", "alphanumeric"):
            ton, npi = getattr(self, name)
            if not (0 <= ton <= _TON_MAX and 0 <= npi <= _NPI_MAX):
                raise ValueError(f"{name} should be [0 to {_TON_MAX}, 0 to {_NPI_MAX}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmppSettings:
    """How to reach the provider and what it expects."""

    host: str
    port: int = 2775
    system_id: str
    password: str = field(default="", repr=False)
    """At most 8 characters (SMPP 3.4, 5.2.2); better kept in a file: ``password_file``."""
    system_type: str = ""
    address_range: str = ""
    """Only where the provider asks for it: which numbers' messages to receive."""
    service_type: str = ""
    window: int = 10
    """Messages that may wait for their answer at once; never above what the provider allows."""
    alphabet: DefaultAlphabet = DefaultAlphabet.GSM7
    data_coding_default: int = 0x00
    data_coding_ucs2: int = 0x08
    data_coding_flash: int = 0xF0
    data_coding_flash_ucs2: int = 0x18
    concat_ref_bits: int = 8
    """Size of the reference in the header of long messages: 8 or 16."""
    ton_npi: TonNpi = field(default_factory=TonNpi)
    validity: Validity = Validity.RELATIVE
    command_status: Mapping[str, FailureKind] = field(default_factory=dict)
    """The provider's own error codes: ``{ "0x0450" = "line", "0x0B" = "message" }``."""
    receipts_without_esm_class: bool = False
    """The provider forgets to mark receipts (esm_class 0): read texts that look like one as one."""
    smsc_utc_offset_min: int | None = None
    """Zone of the dates in receipts, in minutes east of UTC; without it such dates are not used."""

    def __post_init__(self) -> None:
        problems = [f"{name} should be {wanted}" for name, good, wanted in self._checks() if not good]
        if problems:
            raise ValueError("; ".join(problems))
        self.status_overrides()

    def status_overrides(self) -> dict[int, FailureKind]:
        """``command_status`` by number.

        Raises:
            ValueError: a key is no number.
        """
        try:
            return {int(code, 0): kind for code, kind in self.command_status.items()}
        except ValueError:
            raise ValueError('the keys of command_status should look like "0x0B"') from None

    def _checks(self) -> tuple[tuple[str, bool, str], ...]:
        codings = (
            self.data_coding_default,
            self.data_coding_ucs2,
            self.data_coding_flash,
            self.data_coding_flash_ucs2,
        )
        offset = self.smsc_utc_offset_min
        return (
            ("host", bool(self.host), "a name or an address"),
            ("port", 1 <= self.port <= 0xFFFF, "1 to 65535"),
            ("system_id", _fits(self.system_id, 15) and bool(self.system_id), "1 to 15 characters"),
            ("password", _fits(self.password, 8), "at most 8 characters"),
            ("system_type", _fits(self.system_type, 12), "at most 12 characters"),
            ("address_range", _fits(self.address_range, 40), "at most 40 characters"),
            ("service_type", _fits(self.service_type, 5), "at most 5 characters"),
            ("window", 1 <= self.window <= 1000, "1 to 1000"),
            ("data_coding_*", all(0 <= coding <= 0xFF for coding in codings), "0 to 255"),
            ("concat_ref_bits", self.concat_ref_bits in (8, 16), "8 or 16"),
            ("smsc_utc_offset_min", offset is None or abs(offset) <= 15 * 60, "-900 to 900"),
        )


def _fits(text: str, most: int) -> bool:
    """Whether a C-octet string can carry it."""
    return len(text) <= most and all(0 < ord(char) <= 0xFF for char in text)
