"""Replies of the HTTP API: the codes of the Ozeki contract and their XML."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final
from xml.sax.saxutils import escape


class Code(IntEnum):
    """Codes of a reply; 429 and 503 are HTTP status codes too."""

    OK = 200
    PARSE_ERROR = 300
    UNKNOWN_COMMAND = 301
    BAD_PARAMETER = 302
    COMMAND_NOT_HERE = 303
    AUTHENTICATION_REQUIRED = 304
    AUTHENTICATION_FAILED = 305
    NOT_IN_ACL = 306
    ADDRESS_FORBIDDEN = 307
    EXTENSION_UNAVAILABLE = 401
    TOO_MANY_REQUESTS = 429
    NO_DESTINATION = 501
    TRY_AGAIN = 503


_MESSAGES: Final[Mapping[Code, str]] = {
    Code.OK: "Command successfully executed",
    Code.PARSE_ERROR: "Error occured during parsing message: '{0}'",
    Code.UNKNOWN_COMMAND: "Not implemented command: '{0}'",
    Code.BAD_PARAMETER: "Missing or invalid parameter '{0}' for command '{1}'",
    Code.COMMAND_NOT_HERE: "Command '{0}' cannot be used here",
    Code.AUTHENTICATION_REQUIRED: "Authentication required",
    Code.AUTHENTICATION_FAILED: "Authentication failed, bad username or password",
    Code.NOT_IN_ACL: "User is not allowed to use API in ACL",
    Code.ADDRESS_FORBIDDEN: "Use API from this address is forbidden",
    Code.EXTENSION_UNAVAILABLE: (
        "API extension '{0}' unavailable, please check configuration or permissions"
    ),
    Code.TOO_MANY_REQUESTS: "Too many requests",
    Code.NO_DESTINATION: "Destination of the SMS is not found",
    Code.TRY_AGAIN: "Service unavailable, try again",
}
_LONGEST_ECHO: Final = 100
_RETRY_AFTER: Final[Mapping[Code, str]] = {Code.TOO_MANY_REQUESTS: "1", Code.TRY_AGAIN: "2"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What the caller gets."""

    code: Code
    arguments: tuple[str, ...] = ()
    """What fills the places of the code's message."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Elements after ``Message``: ``SmsId`` and so on."""

    @property
    def http_status(self) -> int:
        """200, but for the two codes that HTTP clients themselves should understand."""
        return int(self.code) if self.code in _RETRY_AFTER else 200

    @property
    def headers(self) -> dict[str, str]:
        """HTTP headers of the reply."""
        headers = {"Content-Type": "application/xml", "Cache-Control": "no-store"}
        if self.code in _RETRY_AFTER:
            headers["Retry-After"] = _RETRY_AFTER[self.code]
        return headers

    @property
    def message(self) -> str:
        """The code's message with its places filled; what is echoed is cut to a sane length."""
        return _MESSAGES[self.code].format(*(argument[:_LONGEST_ECHO] for argument in self.arguments))

    def xml(self) -> str:
        """The body."""
        elements = {"Code": str(int(self.code)), "Message": self.message, **self.fields}
        return (
            '<?xml version="1.0"?>'
            '<Response xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
            ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
            + "".join(f"<{name}>{escape(_xml_text(value))}</{name}>" for name, value in elements.items())
            + "</Response>"
        )


def _xml_text(text: str) -> str:
    """A text with what XML 1.0 cannot hold (section 2.2) replaced by U+FFFD."""
    return "".join(char if _is_xml_char(ord(char)) else "\ufffd" for char in text)


def _is_xml_char(code: int) -> bool:
    return (
        code in (0x9, 0xA, 0xD)
        or 0x20 <= code <= 0xD7FF
        or 0xE000 <= code <= 0xFFFD
        or 0x10000 <= code <= 0x10FFFF
    )


class Refusal(Exception):  # noqa: N818 - it is a reply, raised to leave the checks at once
    """A request that gets another code than 200."""

    def __init__(self, code: Code, *arguments: str) -> None:
        super().__init__(code.name)
        self.reply = Reply(code, arguments)
