"""Passwords of office users: salted scrypt (RFC 7914), compared in constant time."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from typing import Final

_N, _R, _P = 2**14, 8, 1
_LENGTH: Final = 32
_MAX_MEMORY: Final = 64 * 1024 * 1024


def hash_password(password: str, *, salt: bytes) -> str:
    """``scrypt$N$r$p$salt$key`` with salt and key in Base64."""
    key = _derive(password, salt)
    return f"scrypt${_N}${_R}${_P}${b64encode(salt).decode()}${b64encode(key).decode()}"


def is_hash(text: str) -> bool:
    """Whether a text is a hash that :func:`verify` can use."""
    return _parts(text) is not None


def verify(password: str, hashed: str | None) -> bool:
    """Whether the password is the hashed one. Without a hash it takes as long, and the answer is no."""
    parts = _parts(hashed) if hashed else None
    salt, expected = parts or (b"\0" * 16, b"\0" * _LENGTH)
    return hmac.compare_digest(_derive(password, salt), expected) and parts is not None


def _derive(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P, dklen=_LENGTH, maxmem=_MAX_MEMORY)


def _parts(text: str) -> tuple[bytes, bytes] | None:
    pieces = text.split("$")
    if len(pieces) != 6 or pieces[:4] != ["scrypt", str(_N), str(_R), str(_P)]:
        return None
    try:
        salt, key = b64decode(pieces[4], validate=True), b64decode(pieces[5], validate=True)
    except Base64Error:
        return None
    return (salt, key) if len(salt) >= 16 and len(key) == _LENGTH else None
