"""Addresses: what callers type, and what it means where the office is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_contract.addresses import (
    Address,
    AddressError,
    AlphanumericSender,
    Msisdn,
    NationalNumber,
    Numbering,
    ShortCode,
    parse_address,
    parse_recipient,
    parse_sender,
)

HUNGARY = Numbering(country_code="36", national_prefix="06", international_prefix="00")


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("+36201234567", Msisdn("36201234567")),
        (" 36201234567", Msisdn("36201234567")),  # a plus that was not percent-encoded
        ("+36 (20) 123-45.67", Msisdn("36201234567")),
        ("06/20 123 4567", NationalNumber("06201234567")),
        ("1234", ShortCode("1234")),
        ("123456", ShortCode("123456")),
        ("1234567", NationalNumber("1234567")),
        ("+123456789012345", Msisdn("123456789012345")),
    ],
)
def test_a_recipient_is_parsed_as_typed(typed: str, address: Address) -> None:
    assert parse_recipient(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "12",
        "+12",
        "1234567890123456",
        "++3620",
        "3620;3630",
        "3620,3630",
        "abc",
        "  ",
        "+",
        "٣٦٢٠١٢٣",
        "36\n20",
    ],
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(AddressError):
        parse_recipient(typed)


def test_the_error_does_not_repeat_what_was_typed() -> None:
    with pytest.raises(AddressError) as error:
        parse_recipient("secret 12")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("name", ["ACME", "A.B & C-d_1", "Acme Ltd 11", "a"])
def test_an_alphanumeric_sender_is_taken_as_it_is(name: str) -> None:
    assert parse_sender(name) == AlphanumericSender(name)


@pytest.mark.parametrize("name", ["", "Twelve chars", "Ácme", "a\nb", "<b>", "---"])
def test_a_bad_sender_is_refused(name: str) -> None:
    with pytest.raises(AddressError):
        parse_sender(name)


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("0036201234567", "+36201234567"),
        ("06201234567", "+36201234567"),
        ("+061554669", "+361554669"),
        ("+442071234567", "+442071234567"),
        ("00442071234567", "+442071234567"),
        ("1234", "1234"),
        ("5512345", "5512345"),
    ],
)
def test_numbers_become_international_where_their_form_tells(typed: str, normal: str) -> None:
    assert str(HUNGARY.normalise(parse_recipient(typed))) == normal


@given(st.text(max_size=20))
def test_any_text_is_an_address_or_an_address_error(text: str) -> None:
    try:
        address = parse_sender(text)
    except AddressError:
        return
    assert parse_address(str(address)) == address
