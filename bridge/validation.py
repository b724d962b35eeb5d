"""Turns parsed TOML into typed settings, naming every bad key at once."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

import cattrs
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError, IterableValidationError

T = TypeVar("T")


class SettingsError(Exception):
    """Settings that cannot be used; ``problems`` has one line for each bad key."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def structure(values: Mapping[str, object], kind: type[T], *, where: str) -> T:
    """Build ``kind`` (a dataclass) from a TOML table.

    Raises:
        SettingsError: names each bad key as ``where.key`` and says what it should be.
    """
    try:
        return _converter().structure(values, kind)
    except ClassValidationError as error:
        raise SettingsError(list(_problems(error, where))) from None


class _WrongTypeError(ValueError):
    pass


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True)
    for kind, name in ((str, "a string"), (bool, "true or false"), (int, "an integer")):
        converter.register_structure_hook(kind, _strict(kind, name))
    converter.register_structure_hook(float, _number)
    # Found before the hook of str, which every StrEnum is too.
    converter.register_structure_hook(StrEnum, _one_of)
    return converter


def _strict(kind: type, name: str) -> Any:
    def hook(value: object, _: type) -> object:
        if type(value) is not kind:
            raise _WrongTypeError(f"should be {name}")
        return value

    return hook


def _number(value: object, _: type) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _WrongTypeError("should be a number")
    return float(value)


def _one_of(value: object, kind: type[StrEnum]) -> StrEnum:
    try:
        return kind(str(value))
    except ValueError:
        raise _WrongTypeError("should be one of " + ", ".join(f'"{item}"' for item in kind)) from None


def _problems(error: BaseException, where: str) -> list[str]:
    if isinstance(error, ClassValidationError):
        noted, rest = error.group_exceptions()
        found = [line for item, note in noted for line in _problems(item, f"{where}.{note.name}")]
        return found + [line for item in rest for line in _problems(item, where)]
    if isinstance(error, IterableValidationError):
        listed, others = error.group_exceptions()
        found = [line for item, note in listed for line in _problems(item, f"{where}[{note.index}]")]
        return found + [line for item in others for line in _problems(item, where)]
    if isinstance(error, ForbiddenExtraKeysError):
        return [f"{where}.{key}: no such setting" for key in sorted(error.extra_fields)]
    if isinstance(error, KeyError):
        return [f"{where}: missing"]
    if isinstance(error, TypeError):
        return [f"{where}: has the wrong shape"]
    return [f"{where}: {error}"]
