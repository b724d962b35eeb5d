"""Who may do what: the checks between the command's name and its own parameters, in the contract's order."""

import hmac
from base64 import b64decode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from gateway.domain.configuration import Configuration, Extension, Network
from gateway.domain.passwords import verify
from gateway.domain.replies import Code, Refusal
from gateway.domain.request import Request

_REMEMBER_S: Final = 60.0
_REMEMBER_MOST: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls through which API extension."""

    extension: Extension
    user: str
    """Empty where no authentication is asked for."""


class PasswordMemory:
    """Remembers for a minute, by keyed digest, which pairs were good, so that a hash is not paid per call."""

    def __init__(self, key: bytes, monotonic: Callable[[], float]) -> None:
        self._key = key
        self._monotonic = monotonic
        self._good: dict[bytes, float] = {}

    def check(self, user: str, password: str, password_hash: str | None) -> bool:
        """Whether the password is right; as slow for an unknown user (no hash) as for a wrong password."""
        pair = "\0".join((user, password, password_hash or "")).encode()
        digest = hmac.digest(self._key, pair, sha256)
        now = self._monotonic()
        if self._good.get(digest, -1.0) > now:
            return True
        if not verify(password, password_hash):
            return False
        if len(self._good) >= _REMEMBER_MOST:
            self._good.clear()
        self._good[digest] = now + _REMEMBER_S
        return True


def check_address(source_ip: str, allow: Sequence[Network], deny: Sequence[Network]) -> None:
    """Let the caller's address pass, or not.

    Raises:
        Refusal: ADDRESS_FORBIDDEN.
    """
    try:
        address: IPv4Address | IPv6Address | None = ip_address(source_ip)
    except ValueError:
        address = None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    inside = address is not None and (not allow or any(address in network for network in allow))
    if not inside or any(address in network for network in deny):
        raise Refusal(Code.ADDRESS_FORBIDDEN)


def open_extension(configuration: Configuration, number: int, source_ip: str) -> Extension:
    """The API extension, if it is there, enabled and open to that address.

    Raises:
        Refusal: EXTENSION_UNAVAILABLE or ADDRESS_FORBIDDEN.
    """
    extension = configuration.extensions.get(number)
    if extension is None or not extension.enabled:
        raise Refusal(Code.EXTENSION_UNAVAILABLE, str(number))
    check_address(source_ip, extension.allow, extension.deny)
    return extension


def authenticate(
    configuration: Configuration,
    extension: Extension,
    request: Request,
    command: str,
    memory: PasswordMemory,
) -> Caller:
    """The caller, with the user where authentication is on.

    Raises:
        Refusal: AUTHENTICATION_REQUIRED, AUTHENTICATION_FAILED or NOT_IN_ACL.
    """
    if not (configuration.api.authentication or extension.authentication):
        return Caller(extension=extension, user="")
    name, password = _credentials(request, command)
    user = configuration.users.get(name)
    password_hash = user.password_hash if user is not None and user.enabled else None
    if not memory.check(name, password, password_hash):
        raise Refusal(Code.AUTHENTICATION_FAILED)
    if extension.users and name not in extension.users:
        raise Refusal(Code.NOT_IN_ACL)
    return Caller(extension=extension, user=name)


def _credentials(request: Request, command: str) -> tuple[str, str]:
    """User and password from ``Authorization: Basic`` (RFC 7617), else from the parameters."""
    scheme, _, encoded = request.authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            name, colon, password = b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:  # not Base64, or not UTF-8 inside
            raise Refusal(Code.AUTHENTICATION_FAILED) from None
        if colon:
            return name, password
    found = request.get("Username", command), request.get("Password", command)
    if not found[0] or found[1] is None:
        raise Refusal(Code.AUTHENTICATION_REQUIRED)
    return found[0], found[1]
