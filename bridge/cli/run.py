"""``smsbridge run``: the on-premises process."""

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from bridge import settings
from bridge.cli import logs
from bridge.validation import SettingsError


@click.command()
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Settings file. Default: $SMSBRIDGE_CONFIG, else ./bridge.toml, else /etc/smsbridge/bridge.toml.",
)
@click.option("--check-config", is_flag=True, help="Only read the settings and say what is wrong with them.")
@click.option("--json", "as_json", is_flag=True, help="JSON log lines, also on a terminal.")
@click.option("-v", "--verbose", is_flag=True, help="Log what a developer wants to see, too.")
def run(config: Path | None, check_config: bool, as_json: bool, verbose: bool) -> None:
    """Run the bridge of this site until SIGTERM or Ctrl-C.

    It connects out to the cloud, opens every line of its settings, and sends what it is given. A stop lets
    what is with the network come to its outcome first; everything else waits in the spool.
    """
    try:
        path = settings.find(config, os.environ)
        loaded = settings.load(path)
    except SettingsError as error:
        for problem in error.problems:
            click.echo(problem, err=True)
        sys.exit(2)
    if check_config:
        click.echo(f"{path}: {len(loaded.lines)} line(s), nothing wrong")
        return
    from bridge.daemon import serve
    from bridge.spool.database import SpoolError

    logs.set_up(verbose=verbose, as_json=as_json)
    try:
        asyncio.run(serve(loaded))
    except* SpoolError as failures:
        for failure in _leaves(failures):
            click.echo(str(failure), err=True)
        sys.exit(1)


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
