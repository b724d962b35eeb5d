"""Addresses of short messages: parsed once at the edge, domain types inside.

The four kinds are those that 3GPP TS 23.040 (9.1.2.5) and SMPP 3.4 (5.2.5) tell apart by type of number.
"""

import re
from dataclasses import dataclass
from typing import Final

_DIGITS: Final = re.compile(r"[0-9]+\Z")
_NUMBER: Final = re.compile(r"(\+?)([0-9]{3,15})\Z")
_ALPHANUMERIC: Final = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 .&_-]{1,11}\Z")
_PUNCTUATION: Final = str.maketrans("", "", " -./()")
_SHORT_CODE_MAX: Final = 6


class AddressError(ValueError):
    """A text that is no address; the message says what one looks like and never repeats the text."""


def _check_digits(digits: str, least: int, most: int) -> None:
    if not (least <= len(digits) <= most and _DIGITS.match(digits)):
        raise AddressError(f"should have {least} to {most} digits")


@dataclass(frozen=True, slots=True)
class Msisdn:
    """An international number (ITU-T E.164), without the plus."""

    digits: str

    def __post_init__(self) -> None:
        _check_digits(self.digits, 3, 15)

    def __str__(self) -> str:
        return f"+{self.digits}"


@dataclass(frozen=True, slots=True)
class NationalNumber:
    """A number as dialled inside one country, possibly with its trunk prefix."""

    digits: str

    def __post_init__(self) -> None:
        _check_digits(self.digits, 1, 20)

    def __str__(self) -> str:
        return self.digits


@dataclass(frozen=True, slots=True)
class ShortCode:
    """A network-specific number of 3 to 6 digits."""

    digits: str

    def __post_init__(self) -> None:
        _check_digits(self.digits, 3, _SHORT_CODE_MAX)

    def __str__(self) -> str:
        return self.digits


@dataclass(frozen=True, slots=True)
class AlphanumericSender:
    """A name in place of a number: 1 to 11 characters with at least one letter; only a sender can be one."""

    text: str

    def __post_init__(self) -> None:
        if not _ALPHANUMERIC.match(self.text):
            raise AddressError("should be 1 to 11 of A-Z a-z 0-9 blank . & _ - with a letter")

    def __str__(self) -> str:
        return self.text


Address = Msisdn | NationalNumber | ShortCode | AlphanumericSender
Recipient = Msisdn | NationalNumber | ShortCode


def parse_recipient(text: str) -> Recipient:
    """Parse what a caller typed as a number.

    Blanks and ``-./()`` are dropped; then an optional plus and 3 to 15 digits. A plus that was sent without
    percent-encoding arrives as a blank, so exactly one leading blank before a digit is read as ``+``.

    Raises:
        AddressError: it is no number.
    """
    if len(text) > 1 and text[0] == " " and text[1] in "0123456789":
        text = f"+{text[1:]}"
    match = _NUMBER.match(text.translate(_PUNCTUATION))
    if match is None:
        raise AddressError("should be a phone number: an optional + and 3 to 15 digits")
    plus, digits = match.groups()
    if plus:
        return Msisdn(digits)
    return ShortCode(digits) if len(digits) <= _SHORT_CODE_MAX else NationalNumber(digits)


def parse_sender(text: str) -> Address:
    """Parse a sender: a number as in :func:`parse_recipient`, or an alphanumeric name.

    Raises:
        AddressError: it is neither.
    """
    try:
        return parse_recipient(text)
    except AddressError:
        pass
    try:
        return AlphanumericSender(text)
    except AddressError:
        raise AddressError(
            "should be a phone number, or 1 to 11 of A-Z a-z 0-9 blank . & _ - with a letter"
        ) from None


def parse_address(text: str) -> Address:
    """Parse the ``str()`` of an address, as it stands in frames and tables.

    Raises:
        AddressError: it is none.
    """
    if text.startswith("+"):
        return Msisdn(text[1:])
    if _DIGITS.match(text):
        return ShortCode(text) if 3 <= len(text) <= _SHORT_CODE_MAX else NationalNumber(text)
    return AlphanumericSender(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """How numbers are dialled where the office is; empty prefixes mean that there is none."""

    country_code: str
    national_prefix: str
    international_prefix: str

    def normalise(self, address: Recipient) -> Recipient:
        """The international form of a number where its form tells it; short codes stay as they are.

        With country code 36, national prefix 06 and international prefix 00: ``0044…`` → ``+44…``,
        ``0620…`` → ``+3620…``, and ``+0620…`` → ``+3620…`` too, because no country code starts with 0.
        """
        if isinstance(address, ShortCode):
            return address
        digits = address.digits
        if isinstance(address, Msisdn) and not digits.startswith("0"):
            return address
        for prefix, code in (
            (self.international_prefix, ""),
            (self.national_prefix, self.country_code),
        ):
            rest = digits.removeprefix(prefix)
            if prefix and rest != digits and 3 <= len(code + rest) <= 15:
                return Msisdn(code + rest)
        return address
