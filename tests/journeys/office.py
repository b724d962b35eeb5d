"""A caller's view of the deployed stack: HTTP in, delivery reports out, nothing else."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic
from urllib.parse import urlencode
from urllib.request import urlopen
from xml.etree import ElementTree

from infra.local.site import Site

MODEM_NUMBER = "+36201234567"
SMPP_NUMBER = "+447700900123"
PATIENCE_S = 120.0
_POLL_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One request that the webhook receiver got."""

    headers: dict[str, str]
    body: str
    fields: dict[str, str]


class Caller:
    """A program that sends SMS."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._api_url = str(site.describe()["api_url"])
        self.secrets = site.webhook_secrets

    def call(self, **parameters: str) -> dict[str, str]:
        """One POST; the elements of the reply."""
        form = {"ApiExtension": "9994", **parameters}
        with urlopen(self._api_url, urlencode(form).encode()) as answer:
            return elements(answer.read())

    def send(self, recipient: str, text: str, **parameters: str) -> str:
        """Send one message with a delivery report; its SmsId."""
        reply = self.call(
            command="SendSms",
            Recipient=recipient,
            Message=text,
            DeliveryReportURL=self._site.webhook_url,
            **parameters,
        )
        assert reply["Code"] == "200", reply
        return reply["SmsId"]

    def status(self, sms_id: str) -> dict[str, str]:
        """GetSmsStatus."""
        return self.call(command="GetSmsStatus", SmsId=sms_id)

    def notifications(self) -> Iterator[Notification]:
        """What the receiver got so far."""
        for line in self._site.notifications.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            headers = {name.lower(): value for name, value in record["headers"].items()}
            fields = dict(record["form"])
            yield Notification(headers=headers, body=record["body"], fields=fields)

    def reports_of(self, sms_ids: set[str]) -> list[Notification]:
        """The notifications of these messages."""
        return [found for found in self.notifications() if found.fields["SmsId"] in sms_ids]

    def wait_for_reports(self, sms_ids: set[str]) -> list[Notification]:
        """Wait until each of these messages was reported."""
        wait_until(
            lambda: {found.fields["SmsId"] for found in self.reports_of(sms_ids)} == sms_ids,
            f"{len(sms_ids)} reports",
        )
        return self.reports_of(sms_ids)


def elements(xml: bytes) -> dict[str, str]:
    """The elements of a reply."""
    assert not re.search(rb"<!(DOCTYPE|ENTITY)", xml)
    return {child.tag: child.text or "" for child in ElementTree.fromstring(xml)}  # noqa: S314 - our own


def wait_until(condition: Callable[[], bool], what: str, *, timeout: float = PATIENCE_S) -> None:
    """Look again and again until a condition of another process holds."""
    deadline = monotonic() + timeout
    pause = threading.Event()
    while not condition():
        assert monotonic() < deadline, f"gave up waiting for {what}"
        pause.wait(_POLL_S)
