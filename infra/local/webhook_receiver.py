"""A webhook receiver on 127.0.0.1 that writes down what it gets; for demonstrations and tests.

Run as a program it prints {"host": …, "port": …} once it listens, and serves until SIGTERM.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from infra.local.ports import LOOPBACK

READ_TIMEOUT = 10.0  # seconds that a client may take for its request


class Receiver(ThreadingHTTPServer):
    """Answers every request with 200, after answering the first `fail_first` with `fail_status`.

    Each request is appended to `log` as one JSON line before it is answered: time, method, path, headers
    (names in lower case), body, form (the fields of a form body in their order, as pairs), status.
    """

    daemon_threads = True

    def __init__(
        self,
        log: Path,
        *,
        port: int = 0,
        fail_first: int = 0,
        fail_status: int = 503,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self._log = log
        self._failures_left = fail_first
        self._fail_status = fail_status
        self._now = now
        self._lock = threading.Lock()
        log.parent.mkdir(parents=True, exist_ok=True)
        log.touch()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.server_port}/"

    def record(self, method: str, path: str, headers: dict[str, str], body: str) -> int:
        """Writes one request down and says with which status to answer it."""
        is_form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        with self._lock:
            status = 200
            if self._failures_left > 0:
                self._failures_left -= 1
                status = self._fail_status
            entry = {
                "time": self._now().isoformat(timespec="milliseconds"),
                "method": method,
                "path": path,
                "headers": headers,
                "body": body,
                "form": parse_qsl(body, keep_blank_values=True) if is_form else [],
                "status": status,
            }
            with self._log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        return status


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    timeout = READ_TIMEOUT

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status = self.server.record(self.command, self.path, headers, body.decode(errors="replace"))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = _answer  # noqa: N815 - the names are the base class's

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Nothing: the log of requests says it."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes down the webhooks that it receives.")
    parser.add_argument("--log", type=Path, required=True, help="file for one JSON line per request")
    parser.add_argument("--port", type=int, default=0, help="port of 127.0.0.1; 0: any free one")
    parser.add_argument(
        "--fail-first", type=int, default=0, metavar="N", help="answer the first N with an error"
    )
    parser.add_argument("--fail-status", type=int, default=503, metavar="STATUS", help="that error (503)")
    options = parser.parse_args()
    receiver = Receiver(
        options.log, port=options.port, fail_first=options.fail_first, fail_status=options.fail_status
    )
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=receiver.shutdown).start())
    sys.stdout.write(json.dumps({"host": LOOPBACK, "port": receiver.server_port}) + "\n")
    sys.stdout.flush()
    receiver.serve_forever(poll_interval=0.1)
    receiver.server_close()


if __name__ == "__main__":
    main()
