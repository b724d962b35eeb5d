"""The main job: an HTTP call becomes an SMS and comes back as a delivery report."""

import json
from collections import Counter
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook

from infra.local.site import Site
from tests.journeys.office import MODEM_NUMBER, SMPP_NUMBER, Caller

LONG_TEXT = "Árvíztűrő tükörfúrógép 👩‍👩‍👧 " * 12


def sent_texts(log: object, recipient: str) -> list[str]:
    lines = Path(str(log)).read_text(encoding="utf-8").splitlines()
    digits = recipient.removeprefix("+")
    entries = [json.loads(line) for line in lines]
    return [
        entry["text"]
        for entry in entries
        if str(entry.get("recipient", entry.get("destination", ""))).removeprefix("+") == digits
    ]


def test_a_hundred_messages_over_each_line_are_delivered_and_reported_once(caller: Caller) -> None:
    sms_ids = {
        caller.send(number, f"Message {index}")
        for index in range(100)
        for number in (MODEM_NUMBER, SMPP_NUMBER)
    }
    reports = caller.wait_for_reports(sms_ids)
    assert Counter(report.fields["SmsId"] for report in reports) == Counter(sms_ids)
    assert {report.fields["State"] for report in reports} == {"delivered"}
    assert len({report.headers["webhook-id"] for report in reports}) == 200
    webhook = Webhook(caller.secrets["9994"])
    for report in reports:
        webhook.verify(report.body, report.headers, json_parse=False)


@pytest.mark.parametrize(("recipient", "log"), [("+36209998877", "modem_log"), ("+447700900777", "smsc_log")])
def test_a_long_text_with_emoji_arrives_whole(site: Site, caller: Caller, recipient: str, log: str) -> None:
    sms_id = caller.send(recipient, LONG_TEXT)
    (report,) = caller.wait_for_reports({sms_id})
    assert report.fields["State"] == "delivered"
    assert report.fields["Segments"] == report.fields["SegmentsSent"]
    assert "".join(sent_texts(site.describe()[log], recipient)) == LONG_TEXT


def test_the_report_says_what_the_status_says(caller: Caller) -> None:
    sms_id = caller.send(SMPP_NUMBER, "Hello", Sender="ACME & Co")
    (report,) = caller.wait_for_reports({sms_id})
    status = caller.status(sms_id)
    assert list(report.fields) == [
        "NotificationName",
        "SmsId",
        "ApiExtension",
        "Sender",
        "Recipient",
        "State",
        "ErrorCode",
        "ErrorMessage",
        "Segments",
        "SegmentsSent",
        "PossibleDuplicate",
        "SubmitTime",
        "DoneTime",
    ]
    for name in ("SmsId", "Sender", "Recipient", "State", "Segments", "SubmitTime", "DoneTime"):
        assert report.fields[name] == status[name]


def test_a_repeated_request_id_sends_once(site: Site, caller: Caller) -> None:
    recipient = "+447700900555"
    ids = {caller.send(recipient, "Only once", RequestId="order-17") for _ in range(3)}
    caller.wait_for_reports(ids)
    assert len(ids) == 1
    assert sent_texts(site.describe()["smsc_log"], recipient) == ["Only once"]


def test_messages_sent_while_the_bridge_is_away_are_delivered_when_it_is_back(
    site: Site, caller: Caller
) -> None:
    site.stop_bridge()
    sms_ids = {
        caller.send(number, f"Waiting {index}")
        for index in range(10)
        for number in (MODEM_NUMBER, SMPP_NUMBER)
    }
    assert {caller.status(sms_id)["State"] for sms_id in sms_ids} == {"queued"}
    site.start_bridge()
    reports = caller.wait_for_reports(sms_ids)
    assert {report.fields["State"] for report in reports} == {"delivered"}
