"""``smsbridge simulate smsc``."""

import asyncio
import json
from pathlib import Path

import click

from bridge.simulate.smsc.core import Behaviour
from bridge.simulate.smsc.serve import run


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=2775, show_default=True, help="TCP port; 0: a free one.")
@click.option("--system-id", default="", help="Refuse other binds; empty: take any.")
@click.option("--password", default="", help="Refuse other passwords; empty: take any.")
@click.option("--response-delay", default=0.0, show_default=True, help="Seconds until submit_sm is answered.")
@click.option("--report-delay", default=0.2, show_default=True, help="Seconds from there to the receipt.")
@click.option(
    "--receipt-state", default="DELIVRD", show_default=True, help="What the receipts say: UNDELIV, EXPIRED, …"
)
@click.option("--error-every", default=0, show_default=True, help="Refuse every n-th submit_sm; 0: none.")
@click.option("--error-status", default="0x58", show_default=True, help="With this command_status.")
@click.option("--log", "log_path", type=click.Path(path_type=Path, dir_okay=False), help="Log as JSON lines.")
@click.option("--seed", default=0, show_default=True, help="Where the message ids start.")
@click.option("--json", "as_json", is_flag=True, help="Say where it listens as one JSON object.")
def smsc(
    host: str,
    port: int,
    system_id: str,
    password: str,
    response_delay: float,
    report_delay: float,
    receipt_state: str,
    error_every: int,
    error_status: str,
    log_path: Path | None,
    seed: int,
    as_json: bool,
) -> None:
    """A simulated SMSC that takes SMPP 3.4 binds and messages, and gives delivery receipts.

    Point an SMPP line of bridge.toml, or any other SMPP client, at it. It runs until SIGTERM or Ctrl-C.
    """
    try:
        status = int(error_status, 0)
    except ValueError:
        raise click.BadParameter("should be a number such as 0x58", param_hint="--error-status") from None
    behaviour = Behaviour(
        system_id=system_id,
        password=password,
        response_delay=response_delay,
        receipt_delay=report_delay,
        receipt_state=receipt_state,
        error_every=error_every,
        error_status=status,
    )

    def ready(actual: int) -> None:
        if as_json:
            click.echo(json.dumps({"host": host, "port": actual}))
            return
        click.echo(f'listening; in bridge.toml: kind = "smpp", host = "{host}", port = {actual}')

    log = log_path.open("a", encoding="utf-8") if log_path else None
    try:
        ended = asyncio.run(run(behaviour, host=host, port=port, log=log, seed=seed, ready=ready))
    finally:
        if log is not None:
            log.close()
    if not as_json:
        click.echo(f"{ended.binds} bind(s), {ended.submitted} submit_sm")
