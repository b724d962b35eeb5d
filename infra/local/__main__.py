"""python -m infra.local up | down | demo: see the Makefile."""

from __future__ import annotations

import argparse
import signal
import sys
from types import FrameType

from infra.local.commands import demo, down, up
from infra.local.lock import InUseError
from infra.local.processes import ProcessError


def _terminate(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main() -> int:
    """Exit codes: 0 done, 1 it failed, 130 Ctrl-C, 143 SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    commands = {"up": up, "down": down, "demo": demo}
    parser.add_argument("command", choices=commands)
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _terminate)
    try:
        return commands[options.command]()
    except (ProcessError, InUseError) as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
