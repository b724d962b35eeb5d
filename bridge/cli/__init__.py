"""The ``smsbridge`` command. Each subcommand has its own module, imported only when it is called."""

from importlib import import_module
from typing import Final

import click

_COMMANDS: Final = {
    "run": ("bridge.cli.run:run", "Run the bridge of this site."),
    "admin": ("bridge.cli.admin:admin", "Administer the cloud side (needs smsbridge[admin])."),
    "simulate": ("bridge.cli.simulate:simulate", "A modem or SMSC to try things with, without hardware."),
    "text": ("bridge.cli.text:text", "Show how a text is cut into segments."),
    "pdu": ("bridge.cli.pdu:pdu", "Read and write what a GSM modem sends and takes."),
    "smpp": ("bridge.cli.smpp:smpp", "Read what an SMPP connection carries."),
}


class _LazyGroup(click.Group):
    """Knows the names and short helps of its commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module, _, attribute = _COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="smsbridge")
def main() -> None:
    """Send SMS through your own GSM modems and SMPP accounts with one HTTPS call.

    Exit codes: 0 done, 1 it failed, 2 wrong usage or settings.
    """
