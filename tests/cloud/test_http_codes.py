"""The HTTP API on the sample settings: codes, their messages, and the order of the checks."""

import pytest

from gateway.usecases.serve_http import HttpApi
from tests.cloud.calls import OPEN, SEND, TO, USERS, bad, call
from tests.cloud.memory import MemoryConfigured, MemoryMessages


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
