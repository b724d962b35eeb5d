"""``smsbridge simulate``: stand-ins for hardware and providers."""

import click

from bridge.simulate.modem.cli import modem
from bridge.simulate.smsc.cli import smsc


@click.group()
def simulate() -> None:
    """A virtual GSM modem and a simulated SMSC, to try SMS Bridge (or any other program) without hardware."""


simulate.add_command(modem)
simulate.add_command(smsc)
