"""``smsbridge simulate modem``."""

import asyncio
import json
import random
import signal
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import click

from bridge.simulate.modem.core import OWN_NUMBER, Behaviour, VirtualModem
from bridge.simulate.modem.serve import ModemServer


class _HexOctet(click.ParamType[int]):
    name = "hex"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            octet = value if isinstance(value, int) else int(str(value), 16)
        except ValueError:
            octet = -1
        if not 0 <= octet <= 0xFF:
            self.fail("should be 00 to FF", param, ctx)
        return octet


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the device as one JSON line.")
@click.option("--send-time", default=0.0, type=click.FloatRange(0), help="Seconds the network takes.")
@click.option("--report-delay", default=0.2, type=click.FloatRange(0), help="Seconds to the status report.")
@click.option("--report-status", default="00", type=_HexOctet(), help="TP-ST of reports, hexadecimal.")
@click.option(
    "--log",
    "log_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Append one JSON line for each message taken.",
)
@click.option("--seed", default=0, help="Chooses the first TP-MR.")
@click.option("--fail-every", default=0, type=click.IntRange(0), help="Refuse each n-th message.")
@click.option("--fail-code", default=38, type=click.IntRange(0), help="CMS error code of these.")
@click.option("--silent-every", default=0, type=click.IntRange(0), help="Never answer each n-th message.")
def modem(
    as_json: bool,
    send_time: float,
    report_delay: float,
    report_status: int,
    log_path: Path | None,
    seed: int,
    fail_every: int,
    fail_code: int,
    silent_every: int,
) -> None:
    """A GSM modem on a pseudo-terminal; runs until it is interrupted."""
    behaviour = Behaviour(
        send_time_s=send_time,
        report_delay_s=report_delay,
        report_status=report_status,
        fail_every=fail_every,
        fail_code=fail_code,
        silent_every=silent_every,
    )
    virtual = VirtualModem(
        behaviour, first_reference=random.Random(seed).randrange(256), utc=lambda: datetime.now(UTC)
    )
    asyncio.run(_run(virtual, log_path, as_json=as_json))


async def _run(virtual: VirtualModem, log_path: Path | None, *, as_json: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with ExitStack() as stack:
        log = None if log_path is None else stack.enter_context(log_path.open("a", encoding="utf-8"))
        server = stack.enter_context(ModemServer(virtual, unix_time=time.time, log=log))
        if as_json:
            click.echo(json.dumps({"device": server.device}))
        else:
            click.echo(f"Modem {OWN_NUMBER} listens on {server.device}; stop it with Ctrl-C.")
        await stop.wait()
