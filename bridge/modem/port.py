"""A serial port for one event loop: one thread reads, everything else happens in the loop."""

import asyncio
import contextlib
import threading
from collections.abc import Callable

import serial


class Port:
    """An open serial device that nobody else may open.

    Args:
        received: called in the loop with each chunk; with nothing (``b""``) once, when the device is gone.
    """

    def __init__(
        self, device: serial.Serial, loop: asyncio.AbstractEventLoop, received: Callable[[bytes], None]
    ) -> None:
        self._device = device
        self._loop = loop
        self._received = received
        self._closing = False
        self._reader = threading.Thread(target=self._read, name=f"read {device.port}", daemon=True)
        self._reader.start()

    def write(self, data: bytes) -> None:
        """Hand bytes to the system, which has room for any command.

        Raises:
            OSError: the device is gone or takes nothing (serial.SerialException is one).
        """
        self._device.write(data)

    async def close(self) -> None:
        """End the reader and free the device."""
        self._closing = True
        with contextlib.suppress(OSError):
            self._device.cancel_read()
        await asyncio.to_thread(self._reader.join)
        self._device.close()

    def _read(self) -> None:
        # The device vanishing shows as OSError, or as TypeError when pyserial's descriptor is gone already.
        with contextlib.suppress(OSError, TypeError):
            while not self._closing:
                data = self._device.read(1)
                if data:
                    data += self._device.read(self._device.in_waiting)
                    self._loop.call_soon_threadsafe(self._received, data)
        if not self._closing:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._received, b"")


async def open_port(
    device: str, baud: int, *, write_timeout_s: float, received: Callable[[bytes], None]
) -> Port:
    """Open a device exclusively.

    Raises:
        OSError: it is absent, in use or no serial device (serial.SerialException is one).
    """

    def opening() -> serial.Serial:
        return serial.Serial(device, baud, timeout=None, write_timeout=write_timeout_s, exclusive=True)

    return Port(await asyncio.to_thread(opening), asyncio.get_running_loop(), received)
