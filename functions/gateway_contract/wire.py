"""Frames as JSON text, and back.

Unknown fields are ignored, so that a side may add one without breaking the other; absent fields take the
default of :mod:`gateway_contract.frames`. Fields that hold their default are not written.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

from gateway_contract import frames
from gateway_contract.frames import Frame, Job, Jobs, ReportItem
from gateway_contract.lifecycle import State
from gateway_contract.vocabulary import MAX_FRAME_BYTES, ErrorReason

_TYPES: Final[Mapping[str, type]] = {
    "hello": frames.Hello,
    "welcome": frames.Welcome,
    "pull": frames.Pull,
    "jobs": frames.Jobs,
    "report": frames.Report,
    "report_ack": frames.ReportAck,
    "lines": frames.Lines,
    "cancel": frames.Cancel,
    "error": frames.Error,
}
_NAMES: Final = {kind: name for name, kind in _TYPES.items()}
_RETURNED: Final = "returned"
_MAX_INTEGER: Final = 2**53


class WireError(ValueError):
    """A text that is no frame of this version: ``reason`` is for the ``error`` frame that answers it."""

    def __init__(self, reason: ErrorReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class FrameTooLargeError(ValueError):
    """Our own misuse: a frame above MAX_FRAME_BYTES was about to be sent."""


def encode(frame: Frame) -> str:
    """The JSON text of a frame.

    Raises:
        FrameTooLargeError: it is longer than MAX_FRAME_BYTES in UTF-8.
    """
    text = _dumps({"type": _NAMES[type(frame)], **_to_json(frame)})
    if len(text.encode()) > MAX_FRAME_BYTES:
        raise FrameTooLargeError(f"a {_NAMES[type(frame)]} frame of {len(text.encode())} bytes")
    return text


def decode(text: str) -> Frame:
    """The frame in a JSON text.

    Raises:
        WireError: BAD_FRAME (the detail names the field and what it should be) or UNKNOWN_TYPE.
    """
    if len(text) > MAX_FRAME_BYTES or len(text.encode("utf-8", "replace")) > MAX_FRAME_BYTES:
        raise WireError(ErrorReason.BAD_FRAME, f"longer than {MAX_FRAME_BYTES} bytes")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise WireError(ErrorReason.BAD_FRAME, "not JSON") from None
    if not isinstance(value, dict):
        raise WireError(ErrorReason.BAD_FRAME, "not a JSON object")
    kind = value.get("type")
    if not isinstance(kind, str):
        raise WireError(ErrorReason.BAD_FRAME, "type: should be a string")
    if kind not in _TYPES:
        raise WireError(ErrorReason.UNKNOWN_TYPE, kind[:40])
    frame: Frame = _reader(_TYPES[kind])(value, kind)
    return frame


def job_frames(jobs: Iterable[Job], *, more: bool, pull: int | None) -> Iterator[Jobs]:
    """Cut jobs into frames that stay under the limit; at least one frame, and only the last says ``more``
    as given (the earlier ones: True) so that a bridge knows when it has seen all.

    A job too large for any frame is left out; the caller's own limits on texts keep that from happening.
    """
    batches = list(_batches(jobs))
    for batch in batches[:-1]:
        yield Jobs(jobs=tuple(batch), more=True, pull=pull)
    yield Jobs(jobs=tuple(batches[-1]) if batches else (), more=more, pull=pull)


def report_batches(items: Iterable[ReportItem]) -> Iterator[tuple[ReportItem, ...]]:
    """Cut report items into groups that each fit one ``report`` frame."""
    for batch in _batches(items):
        yield tuple(batch)


_ENVELOPE_BYTES: Final = 200
"""More than the part of a jobs or report frame outside its items takes."""

_Item = TypeVar("_Item", Job, ReportItem)


def _batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    batch: list[_Item] = []
    used = _ENVELOPE_BYTES
    for item in items:
        size = len(_dumps(_to_json(item)).encode()) + 1
        if size > MAX_FRAME_BYTES - _ENVELOPE_BYTES:
            continue
        if used + size > MAX_FRAME_BYTES:
            yield batch
            batch, used = [], _ENVELOPE_BYTES
        batch.append(item)
        used += size
    if batch:
        yield batch


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _to_json(value: Any) -> dict[str, Any]:
    record = {}
    for name, default in _DEFAULTS[type(value)]:
        item = getattr(value, name)
        if item != default:
            record[name] = (
                [_to_json(x) if is_dataclass(x) else x for x in item] if isinstance(item, tuple) else item
            )
    if isinstance(value, ReportItem):
        record["state"] = value.state or _RETURNED
    return record


_DEFAULTS: Final[Mapping[type, tuple[tuple[str, object], ...]]] = {
    kind: tuple((item.name, item.default) for item in fields(kind))
    for kind in (*_NAMES, Job, ReportItem, frames.LineInfo)
}


_Read = Callable[[Any, str], Any]
"""Turns a JSON value into a field's value, or raises WireError; the second argument names the field."""


def _bad(where: str, wanted: str) -> WireError:
    return WireError(ErrorReason.BAD_FRAME, f"{where}: should be {wanted}")


@cache
def _reader(kind: Any) -> _Read:
    """The reader for a type that occurs in a frame."""
    origin, arguments = get_origin(kind), get_args(kind)
    if is_dataclass(kind) and isinstance(kind, type):
        return _object_reader(kind)
    if origin in (Union, UnionType):
        inner = _reader(next(x for x in arguments if x is not NoneType))
        return lambda value, where: None if value is None else inner(value, where)
    if origin is tuple:
        return _list_reader(_reader(arguments[0]))
    if origin is dict:
        return _read_counts
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _enum_reader(kind)
    return _SCALARS[kind]


def _object_reader(kind: type) -> _Read:
    hints = get_type_hints(kind)
    readers = {item.name: _reader(hints[item.name]) for item in fields(kind)}
    if kind is ReportItem:
        readers["state"] = _read_reported_state
    required = [
        item.name for item in fields(kind) if item.default is MISSING and item.default_factory is MISSING
    ]

    def read(value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            raise _bad(where, "an object")
        for name in required:
            if name not in value:
                raise _bad(f"{where}.{name}", "present")
        known = {
            name: reader(value[name], f"{where}.{name}") for name, reader in readers.items() if name in value
        }
        return kind(**known)

    return read


def _list_reader(inner: _Read) -> _Read:
    def read(value: Any, where: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise _bad(where, "a list")
        return tuple(inner(item, f"{where}[{index}]") for index, item in enumerate(value))

    return read


def _enum_reader(kind: type[StrEnum]) -> _Read:
    def read(value: Any, where: str) -> StrEnum:
        try:
            return kind(value)
        except ValueError:
            raise _bad(where, "one of " + ", ".join(kind)) from None

    return read


def _read_reported_state(value: Any, where: str) -> State | None:
    if value == _RETURNED:
        return None
    state = _enum_reader(State)(value, where)
    return State(state)


def _read_counts(value: Any, where: str) -> dict[str, int]:
    if not isinstance(value, dict):
        raise _bad(where, "an object of integers")
    return {name: _read_integer(count, f"{where}.{name}"[:80]) for name, count in value.items()}


def _read_integer(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _MAX_INTEGER:
        raise _bad(where, "an integer")
    return value


def _read_number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _bad(where, "a number")
    if not math.isfinite(value) or abs(value) > _MAX_INTEGER:
        raise _bad(where, "a finite number")
    return float(value)


def _read_text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise _bad(where, "a string")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _bad(where, "without lone surrogates") from None
    return value


def _read_flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise _bad(where, "true or false")
    return value


_SCALARS: Final[Mapping[type, _Read]] = {
    int: _read_integer,
    float: _read_number,
    str: _read_text,
    bool: _read_flag,
}
