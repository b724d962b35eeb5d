"""The HTTP API as a caller without any library of ours sees it."""

from __future__ import annotations

import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass

TIMEOUT = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer as it came, and its fields; both sides of the exchange are UTF-8."""

    body: str
    fields: dict[str, str]


def get(api_url: str, parameters: Mapping[str, str]) -> Reply:
    """A command as GET."""
    return _send(f"{api_url}?{urllib.parse.urlencode(parameters)}", None)


def post(api_url: str, parameters: Mapping[str, str]) -> Reply:
    """A command as POST of a form."""
    return _send(api_url, urllib.parse.urlencode(parameters).encode())


def _send(url: str, form: bytes | None) -> Reply:
    # Address and answer are those of the local stack; no stranger's file or XML is read.
    with urllib.request.urlopen(url, form, timeout=TIMEOUT) as answer:  # noqa: S310
        body = answer.read().decode()
    return Reply(body=body, fields={child.tag: child.text or "" for child in ET.fromstring(body)})  # noqa: S314
