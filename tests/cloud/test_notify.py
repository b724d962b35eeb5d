"""Notifications: signed as the specification says, and only to addresses that may be called."""

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address, ip_network
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qsl

import pytest
from standardwebhooks import Webhook

from gateway.adapters.webhooks import Webhooks, is_allowed
from gateway.domain.message import Item
from gateway.domain.notification import Notification, make_secret, of_item, signature_headers
from gateway.usecases.notify import Notifier
from gateway_contract.lifecycle import State
from tests.cloud.memory import MemoryConfigured, MemorySettings
from tests.cloud.test_reports import message

NOWHERE = MemoryConfigured({"numbering": {"country_code": "36"}})
LOOPBACK = MemoryConfigured(
    {"numbering": {"country_code": "36"}, "api": {"report_networks": ["127.0.0.0/8", "::1/128"]}}
)
SECRET = make_secret(bytes(range(32)))
NOT_POSTED = {"address is not allowed", "bad URL", "gaierror", "UnicodeError"}


def final_item(**more: Any) -> Item:
    return message(
        **{
            "state": State.UNDELIVERABLE,
            "sender": "Office",
            "error": "tpst:0x41",
            "error_text": "é & =",
            "segments": 2,
            "segments_sent": 1,
            "submitted_at": 1_790_000_001.9,
            "done_at": 1_790_000_002.0,
            **more,
        }
    )


def notification(url: str = "http://127.0.0.1/", **more: Any) -> Notification:
    made = of_item(final_item(report_url=url, **more))
    assert made is not None
    return made


def test_form_has_the_documented_fields_in_their_order() -> None:
    body = notification().body()
    assert body.startswith(b"NotificationName=SMSDeliveryReport&SmsId=a&")
    assert parse_qsl(body.decode(), keep_blank_values=True) == [
        ("NotificationName", "SMSDeliveryReport"),
        ("SmsId", "a"),
        ("ApiExtension", "9994"),
        ("Sender", "Office"),
        ("Recipient", "+36201234567"),
        ("State", "undeliverable"),
        ("ErrorCode", "tpst:0x41"),
        ("ErrorMessage", "é & ="),
        ("Segments", "2"),
        ("SegmentsSent", "1"),
        ("PossibleDuplicate", "false"),
        ("SubmitTime", "2026-09-21T14:13:21Z"),
        ("DoneTime", "2026-09-21T14:13:22Z"),
    ]


def test_notification_survives_the_queue() -> None:
    assert Notification.from_json(notification().to_json()) == notification()


def test_event_id_is_of_the_message_and_its_state() -> None:
    assert notification().event_id == notification(error="other").event_id
    others = {notification(state=State.UNKNOWN).event_id, notification(sms_id="b").event_id}
    assert len(others | {notification().event_id}) == 3


def test_signature_is_verified_by_the_reference_library() -> None:
    body = b'{"the library": "wants JSON"}'
    now = int(datetime.now(UTC).timestamp())
    headers = signature_headers(SECRET, event_id="e1", timestamp=now, body=body)
    assert Webhook(SECRET).verify(body, headers)
    expected = Webhook(SECRET).sign("e1", datetime.fromtimestamp(now, UTC), body.decode())
    assert headers["webhook-signature"] == expected


def test_form_is_signed_as_the_reference_library_signs_it() -> None:
    body, when = notification().body(), datetime(2026, 9, 21, tzinfo=UTC)
    headers = signature_headers(SECRET, event_id="e1", timestamp=int(when.timestamp()), body=body)
    assert headers["webhook-signature"] == Webhook(SECRET).sign("e1", when, body.decode())


# Posting to a real server


class Receiver(HTTPServer):
    """Keeps what was posted and answers as it was told."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(("127.0.0.1", 0), ReceiverHandler)
        self.status, self.headers, self.body = status, headers, body
        self.posts: list[tuple[str, Mapping[str, str], bytes]] = []

    def url(self, host: str = "127.0.0.1", path: str = "/report?a=1") -> str:
        return f"http://{host}:{self.server_port}{path}"


class ReceiverHandler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.body)

    do_GET = do_POST  # noqa: N815 - the name http.server wants

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name http.server wants
        pass


@contextmanager
def receiver(
    status: int = 200, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> Iterator[Receiver]:
    server = Receiver(status, headers or {}, body)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def post(url: str, configured: MemoryConfigured = LOOPBACK) -> str:
    return Webhooks().post(url, body=b"a=1", headers={"X-A": "1"}, configured=configured)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_counts(status: int) -> None:
    with receiver(status) as server:
        assert post(server.url()) == ""
        ((path, headers, body),) = server.posts
    assert (path, headers["X-A"], body) == ("/report?a=1", "1", b"a=1")
    assert headers["Host"] == f"127.0.0.1:{server.server_port}"


@pytest.mark.parametrize("status", [300, 304, 400, 404, 410, 429, 500, 503])
def test_other_answers_are_failures(status: int) -> None:
    with receiver(status) as server:
        assert post(server.url()) == f"HTTP {status}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(status: int) -> None:
    with receiver() as target, receiver(status, {"Location": target.url()}) as server:
        assert post(server.url()) == f"HTTP {status}"
        assert (len(server.posts), target.posts) == (1, [])


def test_credentials_of_the_url_are_sent_as_basic() -> None:
    with receiver() as server:
        assert post(server.url("us%40er:p%3Aw@127.0.0.1")) == ""
        assert server.posts[0][1]["Authorization"] == "Basic dXNAZXI6cDp3"


def test_notifier_signs_what_it_posts() -> None:
    now = datetime.now(UTC).timestamp()
    notifier = Notifier(
        settings=MemorySettings(secrets={9994: SECRET}),
        configured=LOOPBACK,
        webhooks=Webhooks(),
        now=lambda: now,
    )
    with receiver() as server:
        sent = notification(server.url())
        assert notifier.post(sent) == ""
        assert notifier.post(sent) == ""
    (_, headers, body), (_, again, _) = server.posts
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert body == sent.body()
    assert headers["webhook-id"] == again["webhook-id"] == sent.event_id
    when = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    assert headers["webhook-signature"] == Webhook(SECRET).sign(sent.event_id, when, body.decode())


@contextmanager
def raw_server(talk: Callable[[socket.socket, Event], None]) -> Iterator[str]:
    """A server that says what no HTTP server would, until the event is set or the client leaves."""
    over = Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):  # the client has had enough
                talk(connection, over)

        thread = Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        over.set()
        thread.join()


def silent(_: socket.socket, over: Event) -> None:
    over.wait(10)


def dripping_head(connection: socket.socket, over: Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-A: ")
    while not over.wait(0.02):
        connection.sendall(b"a")


def endless_head(connection: socket.socket, over: Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not over.is_set():
        connection.sendall(b"X-A: " + b"a" * 1000 + b"\r\n")


def endless_continue(connection: socket.socket, over: Event) -> None:
    while not over.wait(0.001):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def endless_body(connection: socket.socket, over: Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not over.is_set():
        connection.sendall(b"a" * 65536)


def dripping_body(connection: socket.socket, over: Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n")
    while not over.wait(0.02):
        connection.sendall(b"a")


def garbage(connection: socket.socket, _: Event) -> None:
    connection.sendall(b"\x00\xff\r\n\r\n" * 100)


@pytest.mark.parametrize(
    ("talk", "accepted"),
    [
        (silent, False),
        (dripping_head, False),
        (endless_head, False),
        (endless_continue, False),
        (garbage, False),
        (endless_body, True),
        (dripping_body, True),
    ],
)
def test_slow_or_endless_answer_is_bounded(
    talk: Callable[[socket.socket, Event], None], accepted: bool
) -> None:
    webhooks = Webhooks(silence_s=0.3, total_s=0.4)
    with raw_server(talk) as url:
        problem = webhooks.post(url, body=b"a=1", headers={}, configured=LOOPBACK)
    assert (problem == "") is accepted


def test_nobody_listening_is_a_failure() -> None:
    with receiver() as server:
        url = server.url()
    assert post(url) == "ConnectionRefusedError"


@pytest.mark.parametrize("url", ["", "x", "ftp://127.0.0.1/", "http://", "http://[::1", "http://a:b/"])
def test_bad_url_is_a_failure(url: str) -> None:
    assert post(url) == "bad URL"


# Addresses that may not be called

HOSTS_THAT_MEAN_HERE = [
    "127.0.0.1",
    "127.0.0.2",
    "127.255.255.254",
    "127.1",
    "127.0.1",
    "0177.0.0.1",
    "0x7f.1",
    "0x7f.0x0.0x0.0x1",
    "0x7f000001",
    "2130706433",
    "017700000001",
    "0",
    "0.0.0.0",
    "localhost",
    "LocalHost",
    "user:password@127.0.0.1",
    "example.com@127.0.0.1",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:0:0]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
]
ADDRESSES_THAT_ARE_NOT_PUBLIC = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.0.10",
    "192.88.99.1",
    "192.0.2.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::a00:1",
    "::ffff:10.0.0.1",
    "::ffff:100.64.0.1",
    "::ffff:169.254.169.254",
    "::ffff:192.168.0.1",
    "::ffff:224.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::c0a8:1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "64:ff9b:1::a9fe:a9fe",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::1",
    "2001:db8::1",
    "2002:a00:1::",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::",
    "2002:c0a8:1::1",
    "fc00::1",
    "fd00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::a9fe:a9fe",
    "fec0::1",
    "3fff::1",
    "5f00::1",
    "ff00::1",
    "ff02::1",
    "ff05::1",
    "ff0e::1",
]


@pytest.mark.parametrize("address", ADDRESSES_THAT_ARE_NOT_PUBLIC)
def test_address_that_is_not_public_is_not_allowed(address: str) -> None:
    assert not is_allowed(ip_address(address), ())


@pytest.mark.parametrize("address", ADDRESSES_THAT_ARE_NOT_PUBLIC)
def test_url_with_an_address_that_is_not_public_is_not_called(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    assert post(f"http://{host}/", NOWHERE) == "address is not allowed"


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450::1"]
)
def test_public_address_is_allowed(address: str) -> None:
    assert is_allowed(ip_address(address), ())


@pytest.mark.parametrize("address", ["::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"])
def test_public_address_in_another_form_is_allowed(address: str) -> None:
    assert is_allowed(ip_address(address), ())


@pytest.mark.parametrize("host", HOSTS_THAT_MEAN_HERE)
def test_no_spelling_of_this_host_reaches_a_listener(host: str) -> None:
    with receiver() as server:
        assert post(server.url(host), NOWHERE) in NOT_POSTED
        assert server.posts == []


def test_opened_network_opens_nothing_else() -> None:
    networks = (ip_network("127.0.0.0/8"), ip_network("10.1.0.0/16"))
    assert is_allowed(ip_address("127.0.0.1"), networks)
    assert is_allowed(ip_address("::ffff:10.1.2.3"), networks)
    assert not is_allowed(ip_address("10.2.0.1"), networks)
    assert not is_allowed(ip_address("::1"), networks)
    assert not is_allowed(ip_address("169.254.169.254"), networks)
