"""The shape of a reply, and the status of a message."""

from typing import Any
from urllib.parse import quote

import pytest

from gateway.domain.replies import Reply
from gateway.domain.request import parse
from gateway.usecases.serve_http import HttpApi
from tests.cloud.calls import SEND, USERS, bad, basic, call
from tests.cloud.memory import MemoryConfigured


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
