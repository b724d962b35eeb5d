"""Posting to a real server: which answers count, and how long one may take."""

import socket
from collections.abc import Callable
from threading import Event

import pytest

from gateway.adapters.webhooks import Webhooks
from tests.cloud.receivers import LOOPBACK, post, raw_server, receiver


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
