"""Callers' web servers: the name is resolved once, checked, and that very address is called."""

import socket
from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from ssl import SSLContext, create_default_context
from threading import Timer
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from gateway.domain.configuration import Network
from gateway.usecases.ports import Configured

_SILENCE_S: Final = 5.0
"""How long a server may say nothing."""
_TOTAL_S: Final = 8.0
"""How long a server may take in all, however busily it talks."""
_NAT64: Final = ip_network("64:ff9b::/96")
_NEVER: Final = tuple(
    map(
        ip_network,
        ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "3fff::/20", "5f00::/16", "fec0::/10"),
    )
)
"""Special networks that ``ipaddress`` takes for public, in whole or in some versions of Python."""
_USER_AGENT: Final = "sms-bridge"

Address = IPv4Address | IPv6Address


class Webhooks:
    """``gateway.usecases.notify.WebhookClient``. No redirects, small time-outs; of the answer only the head
    is read, which is enough to know whether it was 2xx."""

    def __init__(self, *, silence_s: float = _SILENCE_S, total_s: float = _TOTAL_S) -> None:
        self._silence_s = silence_s
        self._total_s = total_s

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
            context = create_default_context() if parts.scheme == "https" else None
            connection = _PinnedConnection(host, port, address, context, silence_s=self._silence_s)
            status = self._status(connection, parts, body, {**headers, **_credentials(parts)})
        except (OSError, HTTPException, UnicodeError) as error:
            return type(error).__name__
        return "" if 200 <= status < 300 else f"HTTP {status}"

    def _status(
        self, connection: "_PinnedConnection", parts: SplitResult, body: bytes, headers: dict[str, str]
    ) -> int:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        limit = Timer(self._total_s, connection.abort)
        limit.start()
        try:
            connection.request("POST", target, body, {"User-Agent": _USER_AGENT, **headers})
            status = connection.getresponse().status
            if connection.aborted:  # a head that was cut off looks like one that ended
                raise TimeoutError
            return status
        finally:
            limit.cancel()
            connection.close()


def is_allowed(address: Address, networks: Sequence[Network]) -> bool:
    """Whether a report may be posted there: the public internet, or a network that was opened."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or _from_nat64(address)
        if inner is not None:
            return is_allowed(inner, networks)
    if any(address in network for network in networks):
        return True
    if any(address in network for network in _NEVER):
        return False
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


class _PinnedConnection(HTTPConnection):
    """Connects to a checked address, with the name kept for the Host header and for TLS."""

    def __init__(
        self, host: str, port: int, address: Address, context: SSLContext | None, *, silence_s: float
    ) -> None:
        super().__init__(host, port, timeout=silence_s)
        self._address = str(address)
        self._context = context
        self.aborted = False
        if context is not None:
            self.default_port = 443

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)
        if self.aborted:
            raise TimeoutError

    def abort(self) -> None:
        """End the exchange from another thread."""
        self.aborted = True
        if self.sock is not None:
            with suppress(OSError):
                # Below TLS, whose own shutdown would wait for the server.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


def _credentials(parts: SplitResult) -> dict[str, str]:
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": "Basic " + b64encode(pair.encode()).decode()}
