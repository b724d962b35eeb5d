"""Callers' web servers: the name is resolved once, checked, and that very address is called."""

import socket
from base64 import b64encode
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from ssl import SSLContext, create_default_context
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from gateway.domain.configuration import Network
from gateway.usecases.ports import Configured

_TIMEOUT_S: Final = 5.0
_READ_AT_MOST: Final = 4096
_NAT64: Final = ip_network("64:ff9b::/96")
_USER_AGENT: Final = "sms-bridge"

Address = IPv4Address | IPv6Address


class Webhooks:
    """``gateway.usecases.notify.WebhookClient``. No redirects, small time-outs, little of the answer read."""

    def post(self, url: str, *, body: bytes, headers: dict[str, str], configured: Configured) -> str:
        """Post once; empty when any 2xx came back, else a short reason without the URL."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            return "bad URL"
        if parts.scheme not in ("http", "https") or not host:
            return "bad URL"
        try:
            address = _permitted_address(host, port, configured.configuration().api.report_networks)
            if address is None:
                return "address is not allowed"
            status = _post(parts, host, port, address, body, {**headers, **_credentials(parts)})
        except (OSError, HTTPException, UnicodeError) as error:
            return type(error).__name__
        return "" if 200 <= status < 300 else f"HTTP {status}"


def is_allowed(address: Address, networks: Sequence[Network]) -> bool:
    """Whether a report may be posted there: the public internet, or a network that was opened."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or _from_nat64(address)
        if inner is not None:
            return is_allowed(inner, networks)
    if any(address in network for network in networks):
        return True
    return address.is_global and not address.is_multicast and not address.is_reserved


def _from_nat64(address: IPv6Address) -> IPv4Address | None:
    return IPv4Address(int(address) & 0xFFFF_FFFF) if address in _NAT64 else None


def _permitted_address(host: str, port: int, networks: Sequence[Network]) -> Address | None:
    """The address to call: the first one, and only if every one that the name has may be called."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ip_address(str(entry[4][0]).split("%")[0]) for entry in found]
    if not addresses or not all(is_allowed(address, networks) for address in addresses):
        return None
    return addresses[0]


def _post(
    parts: SplitResult, host: str, port: int, address: Address, body: bytes, headers: dict[str, str]
) -> int:
    context = create_default_context() if parts.scheme == "https" else None
    connection = _PinnedConnection(host, port, address, context)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, body, {"User-Agent": _USER_AGENT, **headers})
        answer = connection.getresponse()
        answer.read(_READ_AT_MOST)
        return answer.status
    finally:
        connection.close()


class _PinnedConnection(HTTPConnection):
    """Connects to a checked address, with the name kept for the Host header and for TLS."""

    def __init__(self, host: str, port: int, address: Address, context: SSLContext | None) -> None:
        super().__init__(host, port, timeout=_TIMEOUT_S)
        self._address = str(address)
        self._context = context
        if context is not None:
            self.default_port = 443

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)


def _credentials(parts: SplitResult) -> dict[str, str]:
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": "Basic " + b64encode(pair.encode()).decode()}
