"""Servers of this host that notifications are posted to."""

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event, Thread

from gateway.adapters.webhooks import Webhooks
from tests.cloud.memory import MemoryConfigured

NOWHERE = MemoryConfigured({"numbering": {"country_code": "36"}})

LOOPBACK = MemoryConfigured(
    {"numbering": {"country_code": "36"}, "api": {"report_networks": ["127.0.0.0/8", "::1/128"]}}
)


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
