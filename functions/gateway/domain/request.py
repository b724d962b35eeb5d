"""An HTTP request as parameters: parsed by hand, because API Gateway's maps lose repeats and bad UTF-8."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from gateway.domain.replies import Code, Refusal

_FORM: Final = "application/x-www-form-urlencoded"
MAX_PARAMETERS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call of the API."""

    parameters: Mapping[str, str]
    """By lower-case name; the body's value where both query and body have one."""
    repeated: frozenset[str]
    """Names that occurred more than once in the query or in the body."""
    source_ip: str
    authorization: str

    def get(self, name: str, command: str) -> str | None:
        """A parameter's value; None when it is absent.

        Raises:
            Refusal: BAD_PARAMETER, it was given twice.
        """
        if name.lower() in self.repeated:
            raise Refusal(Code.BAD_PARAMETER, name, command)
        return self.parameters.get(name.lower())


def parse(
    *,
    method: str,
    query: str,
    body: str,
    body_is_base64: bool,
    content_type: str,
    source_ip: str,
    authorization: str,
) -> Request:
    """Read the parameters of a call.

    Raises:
        Refusal: PARSE_ERROR, with what is wrong.
    """
    if method not in ("GET", "POST"):
        raise Refusal(Code.PARSE_ERROR, "the method should be GET or POST")
    in_query, repeated = _pairs(query, "query")
    in_body: dict[str, str] = {}
    if body:
        if content_type.split(";")[0].strip().lower() != _FORM:
            raise Refusal(Code.PARSE_ERROR, f"the body should be {_FORM}")
        in_body, twice = _pairs(_body_text(body, body_is_base64), "body")
        repeated |= twice
    return Request(
        parameters=in_query | in_body,
        repeated=frozenset(repeated),
        source_ip=source_ip,
        authorization=authorization,
    )


def _body_text(body: str, is_base64: bool) -> str:
    try:
        return b64decode(body, validate=True).decode() if is_base64 else body
    except ValueError:  # not Base64, or not UTF-8 inside
        raise Refusal(Code.PARSE_ERROR, "the body is not UTF-8") from None


def _pairs(text: str, where: str) -> tuple[dict[str, str], set[str]]:
    values: dict[str, str] = {}
    repeated: set[str] = set()
    parts = [part for part in text.split("&") if part]
    if len(parts) > MAX_PARAMETERS:
        raise Refusal(Code.PARSE_ERROR, f"the {where} has more than {MAX_PARAMETERS} parameters")
    for part in parts:
        name, _, value = part.partition("=")
        name = _unquote(name, where).lower()
        if name in values:
            repeated.add(name)
        values[name] = _unquote(value, where)
    return values, repeated


def _unquote(text: str, where: str) -> str:
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode()
    except UnicodeError:
        raise Refusal(Code.PARSE_ERROR, f"the {where} is not UTF-8") from None
