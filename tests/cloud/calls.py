"""Calls of the HTTP API, and their replies as a caller reads them."""

from base64 import b64encode
from dataclasses import dataclass
from xml.etree import ElementTree

from gateway.domain.replies import Refusal, Reply
from gateway.domain.request import parse
from gateway.usecases.serve_http import HttpApi

FORM = "application/x-www-form-urlencoded"

TO = "Recipient=%2B36201234567"

SEND = f"command=SendSms&ApiExtension=9994&{TO}&Message=Hello"

OPEN = "command=SendSms&ApiExtension=9994"

USERS = f"command=SendSms&ApiExtension=9995&{TO}&Message=Hello"


@dataclass
class Answered:
    """A reply as its reader sees it."""

    http_status: int
    headers: dict[str, str]
    elements: dict[str, str]

    @property
    def code(self) -> str:
        return self.elements["Code"]

    @property
    def message(self) -> str:
        return self.elements["Message"]


def call(
    api: HttpApi,
    query: str = "",
    *,
    method: str = "GET",
    body: str = "",
    base64: bool = False,
    content_type: str = FORM,
    source_ip: str = "127.0.0.1",
    authorization: str = "",
) -> Answered:
    try:
        reply = api.answer(
            parse(
                method=method,
                query=query,
                body=body,
                body_is_base64=base64,
                content_type=content_type,
                source_ip=source_ip,
                authorization=authorization,
            )
        )
    except Refusal as refusal:
        reply = refusal.reply
    return read(reply)


def read(reply: Reply) -> Answered:
    root = ElementTree.fromstring(reply.xml())  # noqa: S314 - our own reply
    assert root.tag == "Response"
    elements = {element.tag: element.text or "" for element in root}
    return Answered(http_status=reply.http_status, headers=reply.headers, elements=elements)


def basic(name: str, password: str) -> str:
    return "Basic " + b64encode(f"{name}:{password}".encode()).decode()


def bad(parameter: str, command: str = "SendSms") -> str:
    return f"Missing or invalid parameter '{parameter}' for command '{command}'"
