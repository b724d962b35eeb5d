"""The dial plan: the first rule that matches the normalised number wins."""

from typing import Any

import pytest

from gateway.domain.configuration import parse
from gateway.domain.dial_plan import Route, route
from gateway_contract.addresses import Msisdn, NationalNumber, ShortCode, parse_recipient, parse_sender

NUMBERING = {"country_code": "36", "national_prefix": "06", "international_prefix": "00"}
LINES = [{"name": name, "bridge": "office"} for name in ("one", "two", "three")]


def routed(
    rules: list[dict[str, Any]],
    recipient: str,
    *,
    sender: str = "",
    user: str = "",
    extension: int = 9994,
) -> Route | None:
    configuration = parse({"numbering": NUMBERING, "line": LINES, "rule": rules})
    return route(
        configuration,
        parse_recipient(recipient),
        sender=parse_sender(sender) if sender else None,
        user=user,
        extension=extension,
    )


def lines(rules: list[dict[str, Any]], recipient: str, **caller: Any) -> tuple[str, ...]:
    found = routed(rules, recipient, **caller)
    return found.lines if found else ()


@pytest.mark.parametrize(
    ("typed", "dialled", "line"),
    [
        ("+36201234567", "+36201234567", "gsm1"),
        ("+36 (20) 123-45.67", "+36201234567", "gsm1"),
        ("06201234567", "+36201234567", "gsm1"),
        ("0036201234567", "+36201234567", "gsm1"),
        ("+062554670", "+362554670", "gsm1"),
        ("+447700900123", "+447700900123", "smpp1"),
        ("00447700900123", "+447700900123", "smpp1"),
        ("+15551234567", None, None),
        ("36201234567", None, None),
        ("12345", None, None),
        ("36201", None, None),
    ],
)
def test_sample_dial_plan(
    settings: dict[str, Any], typed: str, dialled: str | None, line: str | None
) -> None:
    found = route(parse(settings), parse_recipient(typed), sender=None, user="", extension=9994)
    if dialled is None or line is None:
        assert found is None
    else:
        assert found == Route(recipient=Msisdn(dialled[1:]), lines=(line,))


def test_first_matching_rule_wins() -> None:
    rules: list[dict[str, Any]] = [
        {"prefix": "+3620", "lines": ["one"]},
        {"prefix": "+36", "lines": ["two"]},
        {"lines": ["three"]},
    ]
    assert lines(rules, "+36201234567") == ("one",)
    assert lines(rules, "+36301234567") == ("two",)
    assert lines(rules, "+447700900123") == ("three",)
    assert lines(rules[::-1], "+36201234567") == ("three",)


def test_lines_keep_their_order_of_preference() -> None:
    assert lines([{"lines": ["two", "one", "three"]}], "+36201234567") == ("two", "one", "three")


def test_conditions_must_all_hold() -> None:
    rules = [{"senders": ["Office"], "users": ["ann"], "extensions": [1], "lines": ["one"]}]
    good: dict[str, Any] = {"sender": "Office", "user": "ann", "extension": 1}
    assert lines(rules, "+36201234567", **good) == ("one",)
    for wrong in ({"sender": "Shop"}, {"sender": ""}, {"user": "bob"}, {"user": ""}, {"extension": 2}):
        assert lines(rules, "+36201234567", **{**good, **wrong}) == ()


def test_short_codes_need_a_rule_of_their_own() -> None:
    rules: list[dict[str, Any]] = [{"lines": ["one"]}, {"short_code": True, "prefix": "17", "lines": ["two"]}]
    assert routed(rules, "1700") == Route(recipient=ShortCode("1700"), lines=("two",))
    assert routed(rules, "1800") is None
    assert lines(rules, "1700123456") == ("one",)


def test_number_is_rewritten_for_the_line() -> None:
    strip = [{"prefix": "+36", "strip": "+36", "prepend": "06", "lines": ["one"]}]
    found = routed(strip, "+36201234567")
    assert found is not None
    assert found.recipient == NationalNumber("06201234567")
    prepend = [{"prefix": "9", "strip": "9", "prepend": "+44", "lines": ["one"]}]
    found = routed(prepend, "97700900123")
    assert found is not None
    assert found.recipient == Msisdn("447700900123")
