"""The TCP shell of the simulated SMSC."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from random import Random
from time import monotonic, time
from typing import IO, Any

from bridge.simulate.smsc.core import Behaviour, Bind, Ids, Receipts


class SimulatedSmsc:
    """Any number of binds on one listening port."""

    def __init__(self, behaviour: Behaviour, *, log: IO[str] | None, seed: int) -> None:
        self._behaviour = behaviour
        self._log = log
        self._ids = Ids(Random(seed).randrange(0x10000000, 0x40000000))
        self._receipts = Receipts()
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self.binds = 0

    @property
    def submitted(self) -> int:
        """How many submit_sm came so far."""
        return self._ids.submitted

    async def start(self, host: str, port: int) -> int:
        """Listen; the port, which is a free one where 0 is asked for."""
        self._server = await asyncio.start_server(self._accept, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and drop every connection."""
        if self._server is not None:
            self._server.close()
        self.disconnect()
        await asyncio.gather(*self._clients, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    def disconnect(self) -> None:
        """Drop every connection, as a failing network does."""
        for task in self._clients:
            task.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        self._clients.add(task)
        bind = Bind(self._behaviour, self._ids, self._receipts, self._write_log, wall=time)
        try:
            async with asyncio.TaskGroup() as tasks:
                due = asyncio.Event()
                sender = tasks.create_task(self._send(bind, writer, due))
                while data := await reader.read(65536):
                    bind.receive(data, now=monotonic())
                    due.set()
                sender.cancel()
        except* (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._clients.discard(task)
            self.binds += bind.bound
            bind.close(now=monotonic())
            writer.transport.abort()

    async def _send(self, bind: Bind, writer: asyncio.StreamWriter, due: asyncio.Event) -> None:
        while True:
            data = bind.bytes_to_send(now=monotonic())
            if data:
                writer.write(data)
                await writer.drain()
            if bind.closing:
                writer.close()
                return
            deadline = bind.next_deadline()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if deadline is None else deadline - monotonic()):
                    await due.wait()
            due.clear()

    def _write_log(self, entry: dict[str, Any]) -> None:
        if self._log is not None:
            self._log.write(json.dumps({"time": round(time(), 3), **entry}, ensure_ascii=False) + "\n")
            self._log.flush()


async def run(
    behaviour: Behaviour,
    *,
    host: str,
    port: int,
    log: IO[str] | None,
    seed: int,
    ready: Callable[[int], None],
) -> SimulatedSmsc:
    """Serve until SIGTERM or SIGINT; ``ready`` is told the port."""
    import signal

    smsc = SimulatedSmsc(behaviour, log=log, seed=seed)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    ready(await smsc.start(host, port))
    await stopped.wait()
    await smsc.stop()
    return smsc
