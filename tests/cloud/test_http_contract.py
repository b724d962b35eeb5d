"""The HTTP API on the sample settings: codes, their messages, and the order of the checks."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pytest

from gateway.domain.replies import Refusal, Reply
from gateway.domain.request import parse
from gateway.entrypoints.http_api import handler
from gateway.usecases.ports import OutcomeUnknownError, ThrottledError
from gateway.usecases.serve_http import HttpApi
from tests.cloud.memory import MemoryConfigured, MemoryMessages

FORM = "application/x-www-form-urlencoded"
TO = "Recipient=%2B36201234567"
SEND = f"command=SendSms&ApiExtension=9994&{TO}&Message=Hello"
OPEN = "command=SendSms&ApiExtension=9994"
USERS = f"command=SendSms&ApiExtension=9995&{TO}&Message=Hello"
OZEKI = (
    "ApiExtension=9994&Sender=%2b061554669&Recipient=%2b062554670&Message=Hello+world"
    "&DeliveryReportURL=http%3a%2f%2fxyz.com%2fdelivery_received.php"
)


@dataclass
class Answered:
    """A reply as its reader sees it."""

    http_status: int
    headers: dict[str, str]
    elements: dict[str, str]

    @property
    def code(self) -> str:
        return self.elements["Code"]

    @property
    def message(self) -> str:
        return self.elements["Message"]


def call(
    api: HttpApi,
    query: str = "",
    *,
    method: str = "GET",
    body: str = "",
    base64: bool = False,
    content_type: str = FORM,
    source_ip: str = "127.0.0.1",
    authorization: str = "",
) -> Answered:
    try:
        reply = api.answer(
            parse(
                method=method,
                query=query,
                body=body,
                body_is_base64=base64,
                content_type=content_type,
                source_ip=source_ip,
                authorization=authorization,
            )
        )
    except Refusal as refusal:
        reply = refusal.reply
    return read(reply)


def read(reply: Reply) -> Answered:
    root = ElementTree.fromstring(reply.xml())  # noqa: S314 - our own reply
    assert root.tag == "Response"
    elements = {element.tag: element.text or "" for element in root}
    return Answered(http_status=reply.http_status, headers=reply.headers, elements=elements)


def basic(name: str, password: str) -> str:
    return "Basic " + b64encode(f"{name}:{password}".encode()).decode()


def bad(parameter: str, command: str = "SendSms") -> str:
    return f"Missing or invalid parameter '{parameter}' for command '{command}'"


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        (SEND, "200", "Command successfully executed"),
        ("", "300", "Error occured during parsing message: 'no command'"),
        ("ApiExtension=9994", "300", "Error occured during parsing message: 'no command'"),
        ("command=", "300", "Error occured during parsing message: 'no command'"),
        (f"{OPEN}&Message=%FF", "300", "Error occured during parsing message: 'the query is not UTF-8'"),
        (
            "&".join(f"a{number}=1" for number in range(101)),
            "300",
            "Error occured during parsing message: 'the query has more than 100 parameters'",
        ),
        ("command=SendEmail&ApiExtension=9994", "301", "Not implemented command: 'SendEmail'"),
        (f"command=SendSms&{TO}&Message=Hello", "302", bad("ApiExtension")),
        (f"command=SendSms&ApiExtension=&{TO}&Message=Hello", "302", bad("ApiExtension")),
        (f"command=SendSms&ApiExtension=-1&{TO}&Message=Hello", "302", bad("ApiExtension")),
        (f"command=SendSms&ApiExtension=%D9%A1&{TO}&Message=Hello", "302", bad("ApiExtension")),
        (f"{OPEN}&Message=Hello", "302", bad("Recipient")),
        (f"{OPEN}&Recipient=Alice&Message=Hello", "302", bad("Recipient")),
        (f"{OPEN}&Recipient=12&Message=Hello", "302", bad("Recipient")),
        (f"{OPEN}&Recipient=%2B1234567890123456&Message=Hello", "302", bad("Recipient")),
        (f"{OPEN}&{TO}", "302", bad("Message")),
        (f"{OPEN}&{TO}&Message=", "302", bad("Message")),
        (f"{OPEN}&{TO}&Message=a%00b", "302", bad("Message")),
        (f"{OPEN}&{TO}&Message=" + "a" * (153 * 10), "200", "Command successfully executed"),
        (f"{OPEN}&{TO}&Message=" + "a" * (153 * 10 + 1), "302", bad("Message")),
        (f"{SEND}&Sender=abcdefghijkl", "302", bad("Sender")),
        (f"{SEND}&Sender=a%2Bb", "302", bad("Sender")),
        (f"{SEND}&Sender=A.1+%26_-b", "200", "Command successfully executed"),
        (f"{SEND}&DeliveryReportURL=ftp%3A%2F%2Fexample.com", "302", bad("DeliveryReportURL")),
        (f"{SEND}&DeliveryReportURL=http%3A%2F%2F", "302", bad("DeliveryReportURL")),
        (f"{SEND}&DelivaryReportURL=example.com", "302", bad("DeliveryReportURL")),
        (f"{SEND}&DeliveryReportURL=http%3A%2F%2Fa%0D%0Ab", "302", bad("DeliveryReportURL")),
        (f"{SEND}&DeliveryReportURL=http%3A%2F%2F%5B%3A%3A1", "302", bad("DeliveryReportURL")),
        (f"{SEND}&DeliveryReportURL=http%3A%2F%2Fa%3A99999", "302", bad("DeliveryReportURL")),
        (f"{SEND}&RequestId=", "302", bad("RequestId")),
        (f"{SEND}&RequestId={'r' * 129}", "302", bad("RequestId")),
        (f"{SEND}&Priority=4", "302", bad("Priority")),
        (f"{SEND}&Priority=-1", "302", bad("Priority")),
        (f"{SEND}&Priority=", "302", bad("Priority")),
        (f"{SEND}&Priority=3", "200", "Command successfully executed"),
        (f"{SEND}&ValidityMinutes=4", "302", bad("ValidityMinutes")),
        (f"{SEND}&ValidityMinutes=10081", "302", bad("ValidityMinutes")),
        (f"{SEND}&ValidityMinutes=10080", "200", "Command successfully executed"),
        (f"{SEND}&Flash=2", "302", bad("Flash")),
        (f"{SEND}&Flash=1", "200", "Command successfully executed"),
        (f"{SEND}&Encoding=latin1", "302", bad("Encoding")),
        (f"{SEND}&Encoding=UCS2", "200", "Command successfully executed"),
        (f"{OPEN}&{TO}&Message=%E6%97%A5&Encoding=gsm7", "302", bad("Encoding")),
        (f"command=SendSms&ApiExtension=9997&{TO}", "303", "Command 'SendSms' cannot be used here"),
        (USERS, "304", "Authentication required"),
        (f"{USERS}&Username=user1000", "304", "Authentication required"),
        (
            f"{USERS}&Username=user1000&Password=wrong",
            "305",
            "Authentication failed, bad username or password",
        ),
        (
            f"{USERS}&Username=nobody&Password=mypassword12",
            "305",
            "Authentication failed, bad username or password",
        ),
        (f"{USERS}&Username=user1000&Password=mypassword12", "200", "Command successfully executed"),
        (
            f"{USERS}&Username=user2000&Password=mypassword12",
            "306",
            "User is not allowed to use API in ACL",
        ),
        (
            f"command=SendSms&ApiExtension=9998&{TO}&Message=Hello",
            "307",
            "Use API from this address is forbidden",
        ),
        (
            f"command=SendSms&ApiExtension=9996&{TO}&Message=Hello",
            "401",
            "API extension '9996' unavailable, please check configuration or permissions",
        ),
        (
            f"command=SendSms&ApiExtension=1&{TO}&Message=Hello",
            "401",
            "API extension '1' unavailable, please check configuration or permissions",
        ),
        (f"{OPEN}&Recipient=%2B15551234567&Message=Hello", "501", "Destination of the SMS is not found"),
        (f"{OPEN}&Recipient=12345&Message=Hello", "501", "Destination of the SMS is not found"),
        (
            "command=GetSmsStatus&ApiExtension=9994&SmsId=x",
            "302",
            bad("SmsId", "GetSmsStatus"),
        ),
        ("command=GetSmsStatus&ApiExtension=9994", "302", bad("SmsId", "GetSmsStatus")),
    ],
)
def test_code_and_message(
    api: HttpApi, messages: MemoryMessages, query: str, code: str, message: str
) -> None:
    answered = call(api, query)
    assert (answered.code, answered.message, answered.http_status) == (code, message, 200)
    assert list(messages.items) == ([answered.elements["SmsId"]] if code == "200" else [])


def test_address_is_checked_before_the_command(api: HttpApi, configured: MemoryConfigured) -> None:
    configured.content["api"]["deny"] = ["203.0.113.0/24"]
    assert call(api, "command=SendEmail", source_ip="203.0.113.9").code == "307"
    assert call(api, "command=SendEmail", source_ip="::ffff:203.0.113.9").code == "307"
    assert call(api, "command=SendEmail", source_ip="nonsense").code == "307"
    assert call(api, "command=SendEmail", source_ip="203.0.114.9").code == "301"


def test_parsing_comes_before_the_address(api: HttpApi, configured: MemoryConfigured) -> None:
    configured.content["api"]["deny"] = ["203.0.113.0/24"]
    assert call(api, "command=%FF", source_ip="203.0.113.9").code == "300"
    assert call(api, "ApiExtension=9994", source_ip="203.0.113.9").code == "300"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("command=SendEmail&ApiExtension=x", "301"),
        ("command=SendSms&ApiExtension=x&Username=user1000&Password=wrong", "302"),
        ("command=SendSms&ApiExtension=9996&Username=user1000&Password=wrong", "401"),
        ("command=SendSms&ApiExtension=9995&Recipient=Alice", "304"),
        ("command=SendSms&ApiExtension=9995&Username=user1000&Password=wrong&Recipient=Alice", "305"),
        ("command=SendSms&ApiExtension=9995&Username=user2000&Password=mypassword12&Recipient=Alice", "306"),
        ("command=SendSms&ApiExtension=9997&Recipient=Alice", "303"),
        ("command=SendSms&ApiExtension=9994&Recipient=%2B15551234567", "302"),
    ],
)
def test_first_failing_check_answers(api: HttpApi, query: str, code: str) -> None:
    assert call(api, query).code == code


def test_access_list_comes_before_may_send(api: HttpApi, configured: MemoryConfigured) -> None:
    extension = next(item for item in configured.content["extension"] if item["number"] == 9995)
    extension["may_send"] = False
    assert call(api, f"{USERS}&Username=user2000&Password=mypassword12").code == "306"
    assert call(api, f"{USERS}&Username=user1000&Password=mypassword12").code == "303"


def test_first_bad_parameter_is_named(api: HttpApi) -> None:
    wrong = ["Sender=%2B", "Recipient=x", "Message=", "DeliveryReportURL=x", "RequestId=", "Priority=x"]
    for number, parameter in enumerate(wrong):
        good = [TO] * (number > 1) + ["Message=Hello"] * (number > 2)
        query = "&".join([OPEN, *good, *reversed(wrong[number:])])
        assert call(api, query).message == bad(parameter.partition("=")[0])


def test_allowed_network_opens_an_extension(api: HttpApi) -> None:
    query = SEND.replace("9994", "9998")
    assert call(api, query, source_ip="192.0.2.77").code == "200"


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


@pytest.mark.parametrize(
    "text",
    ["<b>&amp;\"'</b>", "]]>", "a\x01b\x0cc\x7f", "\ufffe\uffff", "\U0001f600", "x" * 1000, "{0}{1}{name}"],
)
def test_reply_is_well_formed_whatever_is_echoed(api: HttpApi, text: str) -> None:
    answered = call(api, f"command={quote(text)}")
    allowed = "".join(char if char not in "\x01\x0c\ufffe\uffff" else "\ufffd" for char in text)
    assert answered.message == f"Not implemented command: '{allowed[:100]}'"


def test_reply_has_the_documented_shape(api: HttpApi) -> None:
    xml = Reply.xml(api.answer(request(SEND)))
    assert xml.startswith(
        '<?xml version="1.0"?><Response xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Code>200</Code>'
        "<Message>Command successfully executed</Message><SmsId>"
    )
    assert xml.endswith("</SmsId></Response>")


def request(query: str) -> Any:
    return parse(
        method="GET",
        query=query,
        body="",
        body_is_base64=False,
        content_type="",
        source_ip="127.0.0.1",
        authorization="",
    )


def test_status_shows_the_message(api: HttpApi) -> None:
    sms_id = call(api, f"{SEND}&Sender=Office").elements["SmsId"]
    answered = call(api, f"command=getsmsstatus&ApiExtension=9994&SmsId={sms_id.upper()}")
    assert answered.elements == {
        "Code": "200",
        "Message": "Command successfully executed",
        "SmsId": sms_id,
        "State": "queued",
        "Sender": "Office",
        "Recipient": "+36201234567",
        "Segments": "1",
        "SegmentsSent": "0",
        "CreateTime": "2026-09-21T14:13:20Z",
        "SubmitTime": "",
        "DoneTime": "",
        "ErrorCode": "",
        "ErrorMessage": "",
    }


def test_status_of_others_is_not_shown(api: HttpApi, configured: MemoryConfigured) -> None:
    extension = next(item for item in configured.content["extension"] if item["number"] == 9995)
    extension["users"] = []
    user1000, user2000 = (basic(name, "mypassword12") for name in ("user1000", "user2000"))
    sms_id = call(api, USERS, authorization=user1000).elements["SmsId"]
    status = f"command=GetSmsStatus&SmsId={sms_id}&ApiExtension="
    assert call(api, f"{status}9995", authorization=user1000).code == "200"
    for other in (
        call(api, f"{status}9995", authorization=user2000),
        call(api, f"{status}9994"),
        call(api, f"{status.replace(sms_id, sms_id[:-1] + 'f')}9995", authorization=user1000),
    ):
        assert (other.code, other.message) == ("302", bad("SmsId", "GetSmsStatus"))


def test_extension_that_may_not_send_still_shows_status(api: HttpApi) -> None:
    query = f"command=GetSmsStatus&ApiExtension=9997&SmsId={'0' * 8}-0000-0000-0000-{'0' * 12}"
    assert call(api, query).code == "302"


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (basic("user1000", "mypassword12"), "200"),
        (basic("user1000", "mypassword12").replace("Basic", "bAsIc"), "200"),
        (basic("user2000", "mypassword12"), "306"),
        (basic("user1000", "wrong"), "305"),
        (basic("user1000", ""), "305"),
        ("Basic !!!", "305"),
        ("Basic /w==", "305"),
        ("Bearer abc", "304"),
        ("", "304"),
    ],
)
def test_basic_authentication(api: HttpApi, authorization: str, code: str) -> None:
    assert call(api, USERS, authorization=authorization).code == code


def test_disabled_user_is_refused(api: HttpApi, configured: MemoryConfigured) -> None:
    configured.content["user"][0]["enabled"] = False
    assert call(api, USERS, authorization=basic("user1000", "mypassword12")).code == "305"


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


@pytest.mark.parametrize("credentials", ["Basic é", "Basic ????", "Basic /w==", "Basic dXNlcg=="])
def test_credentials_that_cannot_be_read_are_refused(api: HttpApi, credentials: str) -> None:
    assert call(api, SEND.replace("9994", "9995"), authorization=credentials).code in ("304", "305")


def test_both_spellings_of_the_report_url_are_one_parameter_given_twice(api: HttpApi) -> None:
    urls = "&DeliveryReportURL=http://a.example/&DelivaryReportURL=http://b.example/"
    answered = call(api, SEND + urls)
    assert (answered.code, "DeliveryReportURL" in answered.message) == ("302", True)
