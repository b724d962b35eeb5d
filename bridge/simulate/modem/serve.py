"""The virtual modem on a pseudo-terminal."""

import asyncio
import contextlib
import json
import os
import tty
from collections.abc import Callable
from typing import TextIO

from bridge.simulate.modem.core import Sent, VirtualModem


class ModemServer:
    """A virtual modem behind a device name; use as a context manager inside a running loop.

    Its own end of the terminal stays open, so that clients may close and reopen the device.

    Args:
        log: gets one JSON line for each message the network took; None: no log.
        unix_time: what time the log shall say.
    """

    def __init__(
        self, modem: VirtualModem, *, unix_time: Callable[[], float], log: TextIO | None = None
    ) -> None:
        self._modem = modem
        self._log = log
        self._unix_time = unix_time
        self._timer: asyncio.TimerHandle | None = None
        self._master = -1
        self._slave = -1

    @property
    def device(self) -> str:
        """What a client opens."""
        return os.ttyname(self._slave)

    def __enter__(self) -> "ModemServer":
        self._loop = asyncio.get_running_loop()
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._loop.add_reader(self._master, self._readable)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.remove_reader(self._master)
        if self._timer is not None:
            self._timer.cancel()
        os.close(self._master)
        os.close(self._slave)

    def _readable(self) -> None:
        try:
            data = os.read(self._master, 4096)
        except BlockingIOError:
            return
        self._modem.receive(data, self._loop.time())
        self._flush()

    def _expire(self) -> None:
        self._modem.expire(self._loop.time())
        self._flush()

    def _flush(self) -> None:
        for sent in self._modem.sent():
            self._record(sent)
        output = self._modem.bytes_to_send()
        with contextlib.suppress(
            BlockingIOError
        ):  # nobody reads: a modem drops what its client does not take
            os.write(self._master, output)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self._modem.next_deadline()
        if deadline is not None:
            self._timer = self._loop.call_at(deadline, self._expire)

    def _record(self, sent: Sent) -> None:
        if self._log is None:
            return
        record = {
            "time": self._unix_time(),
            "recipient": sent.message.recipient,
            "text": sent.message.text,
            "tp_mr": sent.reference,
            "udh_hex": sent.message.udh.hex().upper(),
            "dcs": sent.message.dcs,
            "tpdu_hex": sent.message.tpdu.hex().upper(),
        }
        self._log.write(json.dumps(record, ensure_ascii=False) + "\n")
        self._log.flush()
