"""Items as DynamoDB attribute values, and errors of its client as those of the ports."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from botocore.exceptions import ClientError, HTTPClientError

from gateway.usecases.ports import ConflictError, OutcomeUnknownError, ThrottledError

_THROTTLED: Final = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "OverLimit",
    }
)
CONDITION_FAILED: Final = "ConditionalCheckFailedException"


def to_attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as the low-level client wants it."""
    return {name: to_attribute(value) for name, value in item.items()}


def to_attribute(value: Any) -> dict[str, Any]:
    """One value: text, number, boolean, or list of texts."""
    if isinstance(value, str):
        return {"S": str(value)}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": repr(value)}
    if isinstance(value, list | tuple):
        return {"L": [to_attribute(part) for part in value]}
    raise TypeError(f"{type(value).__name__} is not stored")


def from_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The item in a low-level answer."""
    return {name: _from_attribute(value) for name, value in attributes.items()}


def _from_attribute(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            number = float(value)
            return int(number) if number.is_integer() and "." not in value else number
        case "L":
            return [_from_attribute(part) for part in value]
        case _:
            return value


@contextmanager
def translated() -> Iterator[None]:
    """Turn the client's errors into those of the ports; a failed condition is a ConflictError."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code == CONDITION_FAILED:
            raise ConflictError from error
        if code in _THROTTLED:
            raise ThrottledError(code) from error
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status >= 500:
            raise OutcomeUnknownError(code) from error
        raise
    except HTTPClientError as error:
        raise OutcomeUnknownError(type(error).__name__) from error
