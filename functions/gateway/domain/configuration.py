"""The settings of a deployment (``cloud.toml``) as typed values, checked whole: every bad key at once."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final

from gateway.domain.passwords import is_hash
from gateway_contract.addresses import Numbering

Network = IPv4Network | IPv6Network
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")
BRIDGE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")
"""Without the dot, which ends the name in a bridge's token."""
BRIDGE_NAME_WANTED: Final = "1 to 64 letters, digits, _ or -"
_DIGITS: Final = re.compile(r"[0-9]{1,8}\Z")
_NUMBER_START: Final = re.compile(r"\+?[0-9]{0,15}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What holds for all API extensions."""

    authentication: bool
    allow: tuple[Network, ...]
    """Callers' networks; empty: all."""
    deny: tuple[Network, ...]
    max_segments: int
    report_window_hours: int
    bridge_gone_after_minutes: int
    report_networks: tuple[Network, ...]
    """Networks that are not public where report URLs may point all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """An API extension: a door with its own rules."""

    number: int
    enabled: bool
    may_send: bool
    authentication: bool
    users: tuple[str, ...]
    """Who may use it where authentication is on; empty: every user."""
    allow: tuple[Network, ...]
    deny: tuple[Network, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An office user."""

    name: str
    password_hash: str
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOwner:
    """A line and the bridge that holds it."""

    name: str
    bridge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the dial plan; empty conditions match all."""

    prefix: str
    short_code: bool
    senders: tuple[str, ...]
    users: tuple[str, ...]
    extensions: tuple[int, ...]
    strip: str
    prepend: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """All settings of one generation."""

    numbering: Numbering
    api: Api
    extensions: Mapping[int, Extension]
    users: Mapping[str, User]
    lines: Mapping[str, LineOwner]
    rules: tuple[Rule, ...]

    def lines_of(self, bridge_id: str) -> tuple[str, ...]:
        """The lines that belong to a bridge."""
        return tuple(line.name for line in self.lines.values() if line.bridge == bridge_id)


class ConfigurationError(Exception):
    """Settings that cannot be used; one line for each bad key."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def parse(values: Mapping[str, Any]) -> Configuration:
    """Check and type the parsed TOML.

    Raises:
        ConfigurationError: with every problem found.
    """
    problems: list[str] = []
    root = _Table(values, "", problems)
    extensions = [_extension(table) for table in root.tables("extension")]
    users = [_user(table) for table in root.tables("user")]
    lines = [_line(table) for table in root.tables("line")]
    configuration = Configuration(
        numbering=_numbering(root.table("numbering")),
        api=_api(root.table("api")),
        extensions={item.number: item for item in extensions},
        users={item.name: item for item in users},
        lines={item.name: item for item in lines},
        rules=tuple(map(_rule, root.tables("rule"))),
    )
    root.finish()
    _check_names("extension", [item.number for item in extensions], problems)
    _check_names("user", [item.name for item in users], problems)
    _check_names("line", [item.name for item in lines], problems)
    _check_references(configuration, problems)
    if problems:
        raise ConfigurationError(problems)
    return configuration


def _numbering(table: "_Table") -> Numbering:
    numbering = Numbering(
        country_code=table.text("country_code", matching=_DIGITS, wanted="digits"),
        national_prefix=table.text("national_prefix", "", matching=_DIGITS, wanted="digits"),
        international_prefix=table.text("international_prefix", "00", matching=_DIGITS, wanted="digits"),
    )
    table.finish()
    return numbering


def _api(table: "_Table") -> Api:
    api = Api(
        authentication=table.flag("authentication", False),
        allow=table.networks("allow"),
        deny=table.networks("deny"),
        max_segments=table.integer("max_segments", 10, 1, 255),
        report_window_hours=table.integer("report_window_hours", 48, 1, 240),
        bridge_gone_after_minutes=table.integer("bridge_gone_after_minutes", 10, 1, 1440),
        report_networks=table.networks("report_networks"),
    )
    table.finish()
    return api


def _extension(table: "_Table") -> Extension:
    extension = Extension(
        number=table.integer("number", None, 0, 999_999_999),
        enabled=table.flag("enabled", True),
        may_send=table.flag("may_send", True),
        authentication=table.flag("authentication", False),
        users=table.texts("users"),
        allow=table.networks("allow"),
        deny=table.networks("deny"),
    )
    table.finish()
    return extension


def _user(table: "_Table") -> User:
    user = User(
        name=table.text("name", matching=_NAME, wanted="1 to 64 letters, digits, _ . -"),
        password_hash=table.text("password_hash"),
        enabled=table.flag("enabled", True),
    )
    if user.password_hash and not is_hash(user.password_hash):
        table.problem("password_hash", "should be a hash made by: smsbridge admin hash-password")
    table.finish()
    return user


def _line(table: "_Table") -> LineOwner:
    line = LineOwner(
        name=table.text("name", matching=_NAME, wanted="1 to 64 letters, digits, _ . -"),
        bridge=table.text("bridge", matching=BRIDGE_NAME, wanted=BRIDGE_NAME_WANTED),
    )
    table.finish()
    return line


def _rule(table: "_Table") -> Rule:
    wanted = "the start of a number: digits, with or without +"
    rule = Rule(
        prefix=table.text("prefix", "", matching=_NUMBER_START, wanted=wanted),
        short_code=table.flag("short_code", False),
        senders=table.texts("senders"),
        users=table.texts("users"),
        extensions=table.integers("extensions"),
        strip=table.text("strip", "", matching=_NUMBER_START, wanted=wanted),
        prepend=table.text("prepend", "", matching=_NUMBER_START, wanted=wanted),
        lines=table.texts("lines"),
    )
    if not rule.lines:
        table.problem("lines", "should name at least one line")
    table.finish()
    return rule


def _check_names(kind: str, names: Sequence[int | str], problems: list[str]) -> None:
    problems += [f"{kind} {name}: is there twice" for name, times in Counter(names).items() if times > 1]


def _check_references(configuration: Configuration, problems: list[str]) -> None:
    for number, rule in enumerate(configuration.rules):
        problems += [
            f"rule[{number}].lines: there is no line {name!r}"
            for name in rule.lines
            if name not in configuration.lines
        ]
    for extension in configuration.extensions.values():
        problems += [
            f"extension {extension.number}.users: there is no user {name!r}"
            for name in extension.users
            if name not in configuration.users
        ]


class _Table:
    """A TOML table being read; what is wrong is noted, and reading goes on with a harmless value."""

    def __init__(self, values: object, where: str, problems: list[str]) -> None:
        self._where = where
        self._problems = problems
        if not isinstance(values, Mapping):
            self._problems.append(f"{where}: should be a table")
            values = {}
        self._values: dict[str, Any] = dict(values)

    def problem(self, key: str, what: str) -> None:
        self._problems.append(f"{self._path(key)}: {what}")

    def finish(self) -> None:
        """What was not read is not known."""
        for key in sorted(self._values):
            self.problem(key, "no such setting")

    def table(self, key: str) -> "_Table":
        return _Table(self._values.pop(key, {}), self._path(key), self._problems)

    def tables(self, key: str) -> list["_Table"]:
        values = self._values.pop(key, [])
        if not isinstance(values, list):
            self.problem(key, "should be a list of tables")
            return []
        return [
            _Table(value, f"{self._path(key)}[{number}]", self._problems)
            for number, value in enumerate(values)
        ]

    def flag(self, key: str, default: bool) -> bool:
        return bool(self._take(key, default, lambda value: isinstance(value, bool), "true or false"))

    def integer(self, key: str, default: int | None, least: int, most: int) -> int:
        def fits(value: object) -> bool:
            return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most

        return int(self._take(key, default, fits, f"a whole number from {least} to {most}") or 0)

    def text(
        self,
        key: str,
        default: str | None = None,
        *,
        matching: re.Pattern[str] | None = None,
        wanted: str = "",
    ) -> str:
        def fits(value: object) -> bool:
            return isinstance(value, str) and (matching is None or value == "" or bool(matching.match(value)))

        return str(self._take(key, default, fits, wanted or "a text") or "")

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(self._take(key, [], lambda value: _all(value, str), "a list of texts") or ())

    def integers(self, key: str) -> tuple[int, ...]:
        return tuple(self._take(key, [], lambda value: _all(value, int), "a list of whole numbers") or ())

    def networks(self, key: str) -> tuple[Network, ...]:
        found = []
        for text in self.texts(key):
            try:
                found.append(ip_network(text))
            except ValueError:
                self.problem(key, f"{text!r} should be a network such as 192.0.2.0/24 or 2001:db8::/32")
        return tuple(found)

    def _take(self, key: str, default: Any, fits: Callable[[Any], bool], wanted: str) -> Any:
        value = self._values.pop(key, default)
        if value is None:
            self.problem(key, f"missing; should be {wanted}")
        elif not fits(value):
            self.problem(key, f"should be {wanted}")
            return default
        return value

    def _path(self, key: str) -> str:
        return f"{self._where}.{key}" if self._where else key


def _all(value: object, kind: type) -> bool:
    return isinstance(value, list) and all(type(item) is kind for item in value)
