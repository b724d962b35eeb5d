"""Requests that are repeated, and those that the caller is told to repeat."""

import pytest

from gateway.usecases.ports import OutcomeUnknownError, ThrottledError
from gateway.usecases.serve_http import HttpApi
from tests.cloud.calls import SEND, USERS, bad, basic, call
from tests.cloud.memory import MemoryMessages


def test_repeated_request_id_with_same_content_sends_once(api: HttpApi, messages: MemoryMessages) -> None:
    first, second = call(api, f"{SEND}&RequestId=r1"), call(api, f"{SEND}&RequestId=r1")
    assert (first.code, second.code) == ("200", "200")
    assert first.elements["SmsId"] == second.elements["SmsId"]
    assert len(messages.items) == 1


@pytest.mark.parametrize(
    "other",
    [
        SEND.replace("Hello", "Bye"),
        SEND.replace("36201234567", "36201234568"),
        f"{SEND}&Sender=Office",
        f"{SEND}&Priority=1",
        f"{SEND}&Flash=1",
        f"{SEND}&ValidityMinutes=5",
        f"{SEND}&Encoding=ucs2",
        f"{SEND}&DeliveryReportURL=http%3A%2F%2Fa",
    ],
)
def test_request_id_with_other_content_is_bad(api: HttpApi, messages: MemoryMessages, other: str) -> None:
    call(api, f"{SEND}&RequestId=r1")
    answered = call(api, f"{other}&RequestId=r1")
    assert (answered.code, answered.message) == ("302", bad("RequestId"))
    assert len(messages.items) == 1


def test_request_ids_of_different_callers_do_not_meet(api: HttpApi, messages: MemoryMessages) -> None:
    query = f"{USERS}&RequestId=r1"
    call(api, f"{SEND}&RequestId=r1")
    assert call(api, query, authorization=basic("user1000", "mypassword12")).code == "200"
    assert len(messages.items) == 2


def test_without_a_request_id_each_request_is_a_message(api: HttpApi, messages: MemoryMessages) -> None:
    assert call(api, SEND).elements["SmsId"] != call(api, SEND).elements["SmsId"]
    assert len(messages.items) == 2


def test_throttled_store_is_429_and_nothing_is_stored(api: HttpApi, messages: MemoryMessages) -> None:
    messages.refusals.append(ThrottledError())
    answered = call(api, SEND)
    assert (answered.code, answered.http_status, answered.message) == ("429", 429, "Too many requests")
    assert int(answered.headers["Retry-After"]) > 0
    assert not messages.items


@pytest.mark.parametrize("stored", [False, True])
def test_unknown_outcome_is_503_and_may_be_repeated(
    api: HttpApi, messages: MemoryMessages, stored: bool
) -> None:
    (messages.lost_answers if stored else messages.refusals).append(OutcomeUnknownError())
    query = f"{SEND}&RequestId=r1"
    answered = call(api, query)
    assert (answered.code, answered.http_status) == ("503", 503)
    assert answered.message == "Service unavailable, try again"
    assert int(answered.headers["Retry-After"]) > 0
    again = call(api, query)
    assert again.code == "200"
    assert list(messages.items) == [again.elements["SmsId"]]
