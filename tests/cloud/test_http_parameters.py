"""How a request is read: its method, query, body and parameters."""

from base64 import b64encode
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest

from gateway.entrypoints.http_api import handler
from gateway.usecases.serve_http import HttpApi
from tests.cloud.calls import FORM, OPEN, SEND, TO, bad, call
from tests.cloud.memory import MemoryMessages

OZEKI = (
    "ApiExtension=9994&Sender=%2b061554669&Recipient=%2b062554670&Message=Hello+world"
    "&DeliveryReportURL=http%3a%2f%2fxyz.com%2fdelivery_received.php"
)


def test_names_and_command_are_case_insensitive(api: HttpApi) -> None:
    assert call(api, "COMMAND=sEnDsMs&apiextension=9994&RECIPIENT=%2B36201234567&message=x").code == "200"


def test_body_wins_over_query(api: HttpApi, messages: MemoryMessages) -> None:
    assert call(api, SEND, body="message=from+the+body").code == "200"
    assert [item["text"] for item in messages.items.values()] == ["from the body"]


@pytest.mark.parametrize("base64", [False, True])
def test_body_alone_is_enough(api: HttpApi, base64: bool) -> None:
    body = b64encode(SEND.encode()).decode() if base64 else SEND
    assert call(api, body=body, base64=base64, content_type=f"{FORM}; charset=UTF-8").code == "200"


def test_body_that_is_no_form_is_a_parse_error(api: HttpApi) -> None:
    assert call(api, SEND, body="{}", content_type="application/json").code == "300"
    assert call(api, SEND, body="/w==", base64=True).code == "300"
    assert call(api, SEND, body="!", base64=True).code == "300"
    assert call(api, SEND, body="Message=%FF").code == "300"


@pytest.mark.parametrize("name", ["Recipient", "Message", "ApiExtension", "Sender", "Priority"])
def test_parameter_given_twice_is_bad(api: HttpApi, messages: MemoryMessages, name: str) -> None:
    answered = call(api, f"{SEND}&Sender=1234&Priority=1&{name.upper()}=1")
    assert (answered.code, answered.message) == ("302", bad(name))
    assert not messages.items


def test_leading_blank_is_a_plus(api: HttpApi, messages: MemoryMessages) -> None:
    assert call(api, f"{OPEN}&Recipient=+36201234567&Message=Hello").code == "200"
    assert [item["recipient"] for item in messages.items.values()] == ["+36201234567"]


def test_plus_inside_a_message_is_a_blank(api: HttpApi, messages: MemoryMessages) -> None:
    call(api, f"{OPEN}&{TO}&Message=1+%2B+1;=2")
    assert [item["text"] for item in messages.items.values()] == ["1 + 1;=2"]


def test_request_of_the_ozeki_documentation(api: HttpApi, messages: MemoryMessages) -> None:
    answered = call(api, f"command=SendSms&{OZEKI}")
    assert answered.code == "200"
    item = messages.items[answered.elements["SmsId"]]
    assert (item["recipient"], item["line"], item["bridge"]) == ("+362554670", "gsm1", "office")
    assert item["report_url"] == "http://xyz.com/delivery_received.php"
    assert item["text"] == "Hello world"


def test_misspelt_report_url_is_understood(api: HttpApi, messages: MemoryMessages) -> None:
    call(api, f"{SEND}&DelivaryReportURL=http%3A%2F%2Fa.example%2F")
    assert [item["report_url"] for item in messages.items.values()] == ["http://a.example/"]


def event(query: str = "", **more: Any) -> dict[str, Any]:
    """As API Gateway makes it (payload format 2.0)."""
    return {
        "version": "2.0",
        "routeKey": "ANY /",
        "rawPath": "/",
        "rawQueryString": query,
        "headers": {"accept": "*/*", "content-length": "0", "host": "a.execute-api.example"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a",
            "http": {
                "method": "GET",
                "path": "/",
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "curl",
            },
            "requestId": "r",
            "routeKey": "ANY /",
            "stage": "$default",
            "time": "21/Sep/2026:14:13:20 +0000",
            "timeEpoch": 1790000000000,
        },
        "isBase64Encoded": False,
        **more,
    }


@pytest.mark.parametrize(
    ("call_event", "reason"),
    [
        (event("command=%FF"), "the query is not UTF-8"),
        (event(body="{}", headers={"Content-Type": "application/json"}), f"the body should be {FORM}"),
        (event(body="/w==", isBase64Encoded=True, headers={"content-type": FORM}), "the body is not UTF-8"),
        (
            event(body=urlencode({"a": "ÿ"}, encoding="latin-1"), headers={"content-type": FORM}),
            "the body is",
        ),
    ],
)
def test_handler_answers_what_cannot_be_parsed(call_event: dict[str, Any], reason: str) -> None:
    response = handler(call_event, None)
    assert response["statusCode"] == 200
    assert response["headers"]["Content-Type"] == "application/xml"
    root = ElementTree.fromstring(response["body"])  # noqa: S314 - our own reply
    assert root.findtext("Code") == "300"
    assert reason in (root.findtext("Message") or "")


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_get_and_post_do_anything(api: HttpApi, messages: MemoryMessages, method: str) -> None:
    assert call(api, SEND, method=method).code == "300"
    assert not messages.items


def test_both_spellings_of_the_report_url_are_one_parameter_given_twice(api: HttpApi) -> None:
    urls = "&DeliveryReportURL=http://a.example/&DelivaryReportURL=http://b.example/"
    answered = call(api, SEND + urls)
    assert (answered.code, "DeliveryReportURL" in answered.message) == ("302", True)
