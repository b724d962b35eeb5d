"""``bridge.toml``: where it is found, what stands in it, and what is wrong with it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from bridge.modem.settings import ModemSettings
from bridge.policy import Reports, WhenOutcomeUnknown
from bridge.smpp.settings import SmppSettings
from bridge.validation import SettingsError, structure
from gateway_contract.addresses import AddressError, parse_address
from gateway_contract.vocabulary import LineKind

SEARCH_PATH: Final = (Path("bridge.toml"), Path("/etc/smsbridge/bridge.toml"))
ENVIRONMENT_VARIABLE: Final = "SMSBRIDGE_CONFIG"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudSettings:
    """``[cloud]``: how to reach the deployed stack."""

    url: str
    """WebSocketUrl of the stack's outputs: ``wss://…``."""
    token: str
    """What ``smsbridge admin bridge add`` printed; better kept in a file: ``token_file``."""

    def __post_init__(self) -> None:
        if not self.url.startswith(("wss://", "ws://")):
            raise ValueError("url should start with wss://")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolSettings:
    """``[spool]``: the bridge's durable memory."""

    path: str = "/var/lib/smsbridge/spool.db"
    remember_days: float = 7.0
    """How long finished jobs are kept to recognise repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonLineSettings:
    """``[[line]]``: what every kind of line has, beside the settings of its kind."""

    name: str
    """As in the dial plan of ``cloud.toml``."""
    kind: LineKind
    own_number: str = ""
    """Default sender; empty: what the modem says of its SIM, else none."""
    reports: Reports = Reports.EVERY
    """Which segments' reports make a message delivered; ``none``: the line gives no reports."""
    when_outcome_unknown: WhenOutcomeUnknown = WhenOutcomeUnknown.RESEND
    """What to do with a segment that left and was never answered."""
    backlog: int = 100
    """Jobs that wait on site at most; what is above waits in the cloud."""

    def __post_init__(self) -> None:
        if not 1 <= self.backlog <= 100_000:
            raise ValueError("backlog should be 1 to 100000")
        if self.own_number:
            try:
                parse_address(self.own_number)
            except AddressError as error:
                raise ValueError(f"own_number {error}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line with the settings of its kind."""

    common: CommonLineSettings
    driver: ModemSettings | SmppSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeSettings:
    """All of ``bridge.toml``."""

    cloud: CloudSettings
    spool: SpoolSettings
    lines: tuple[Line, ...]


def find(path: Path | None, environ: Mapping[str, str]) -> Path:
    """The settings file: as given, else named by ``SMSBRIDGE_CONFIG``, else ``./`` or ``/etc/smsbridge/``.

    Raises:
        SettingsError: there is none.
    """
    named = path or (Path(environ[ENVIRONMENT_VARIABLE]) if environ.get(ENVIRONMENT_VARIABLE) else None)
    places = (named,) if named else SEARCH_PATH
    for place in places:
        if place.is_file():
            return place
    raise SettingsError([f"no settings file: looked for {', '.join(map(str, places))}"])


def load(path: Path) -> BridgeSettings:
    """Read and check the whole file.

    Raises:
        SettingsError: one line for each bad key.
    """
    try:
        with path.open("rb") as file:
            values = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError([f"{path}: {error}"]) from None
    return _Reader(path).read(values)


class _Reader:
    """Collects the problems of all tables before it complains."""

    def __init__(self, path: Path) -> None:
        self._folder = path.parent
        self._path = path
        self._problems: list[str] = []

    def read(self, values: dict[str, Any]) -> BridgeSettings:
        for key in sorted(values.keys() - {"cloud", "spool", "line"}):
            self._problems.append(f"{key}: no such table (there are [cloud], [spool] and [[line]])")
        cloud = self._table(values.get("cloud"), CloudSettings, "cloud")
        spool = self._table(values.get("spool", {}), SpoolSettings, "spool")
        tables = values.get("line", [])
        if not isinstance(tables, list) or not tables:
            self._problems.append("line: should be at least one [[line]] table")
            tables = []
        lines = [self._line(table, f"line[{index}]") for index, table in enumerate(tables)]
        names = [line.common.name for line in lines if line]
        for name in sorted({name for name in names if names.count(name) > 1}):
            self._problems.append(f"line: the name {name!r} is used twice")
        if self._problems or cloud is None or spool is None:
            raise SettingsError(self._problems)
        return BridgeSettings(cloud=cloud, spool=spool, lines=tuple(line for line in lines if line))

    def _line(self, table: object, where: str) -> Line | None:
        if not isinstance(table, dict):
            self._problems.append(f"{where}: should be a table")
            return None
        if isinstance(table.get("name"), str):
            where = f"line {table['name']}"
        common_keys = {item.name for item in fields(CommonLineSettings)}
        common = self._table(
            {key: value for key, value in table.items() if key in common_keys}, CommonLineSettings, where
        )
        rest = {key: value for key, value in table.items() if key not in common_keys}
        kind: type[ModemSettings] | type[SmppSettings]
        if table.get("kind") == LineKind.MODEM:
            kind = ModemSettings
        elif table.get("kind") == LineKind.SMPP:
            kind = SmppSettings
        else:
            return None
        driver = self._table(rest, kind, where)
        return Line(common=common, driver=driver) if common and driver else None

    def _table(self, table: object, kind: type[Any], where: str) -> Any:
        if not isinstance(table, dict):
            self._problems.append(f"{where}: should be a table")
            return None
        try:
            return structure(self._with_secrets(table, kind, where), kind, where=where)
        except SettingsError as error:
            self._problems.extend(error.problems)
            return None

    def _with_secrets(self, table: dict[str, Any], kind: type[Any], where: str) -> dict[str, Any]:
        """Replace ``password_file`` (``token_file``, ``pin_file``) by what the file holds."""
        names = {item.name for item in fields(kind)}
        result = {}
        for key, value in table.items():
            secret = key.removesuffix("_file")
            if secret == key or key in names or secret not in names:
                result[key] = value
            elif secret in table:
                self._problems.append(f"{where}.{key}: give either {secret} or {key}")
            else:
                result[secret] = self._secret(value, f"{where}.{key}")
        return result

    def _secret(self, value: object, where: str) -> str:
        try:
            return (self._folder / str(value)).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            self._problems.append(f"{where}: cannot be read: {error}")
            return ""
