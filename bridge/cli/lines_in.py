"""Lines in, objects out: what the debugging commands share."""

import json
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

Object = dict[str, Any]
"""What one JSON line holds."""


def each_line(
    arguments: Sequence[str], read: Callable[[str], Object], *, as_json: bool, show: Callable[[Object], None]
) -> None:
    """Print what ``read`` makes of each argument, or of each line of standard input where there is none.

    Ends the program with 1 if a line was bad, after the last one.

    Args:
        read: raises ValueError, with a message for people, on a bad line.
        show: prints an object for people.
    """
    failed = False
    for line in arguments or _stdin_lines():
        try:
            found = read(line.decode() if isinstance(line, bytes) else line)
        except ValueError as error:
            failed = True
            fail(error, as_json=as_json)
        else:
            if as_json:
                print_json(found)
            else:
                show(found)
    if failed:
        sys.exit(1)


def _stdin_lines() -> Iterator[bytes]:
    for line in sys.stdin.buffer:
        yield line.rstrip(b"\r\n")


def octets(line: str) -> bytes:
    """The octets of a line in hexadecimal; blanks are passed over.

    Raises:
        ValueError: it is something else, or empty.
    """
    try:
        found = bytes.fromhex(line)
    except ValueError:
        raise ValueError("should be hexadecimal digits, two for each octet") from None
    if not found:
        raise ValueError("should be hexadecimal digits, and there are none")
    return found


def print_json(found: Object) -> None:
    """One line that is plain ASCII, so that any locale and any reader takes it."""
    click.echo(json.dumps(found))


def fail(error: ValueError, *, as_json: bool) -> None:
    """Say what is wrong with a line: in the output for programs, on standard error for people."""
    problem = "should be UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
    if as_json:
        print_json({"error": problem})
    else:
        click.echo(problem, err=True)


def show_table(found: Object) -> None:
    """Print an object as a table of what is known, with a table of its own for each list of objects."""
    console = Console()
    names = Table(box=None, show_header=False, pad_edge=False)
    names.add_column(style="bold", no_wrap=True)
    names.add_column(overflow="fold")
    for name, value in _flat(found):
        names.add_row(name, _cell(value))
    console.print(names)
    for name, value in found.items():
        if _is_rows(value):
            console.print(_rows(name, value))
    console.print()


def _flat(found: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in found.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif value is not None and value not in ("", []) and not _is_rows(value):
            yield f"{prefix}{name}", value


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _rows(title: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("#", justify="right")
    for name in rows[0]:
        table.add_column(name, overflow="fold")
    for number, row in enumerate(rows, start=1):
        table.add_row(str(number), *(_cell(value) for value in row.values()))
    return table


def _cell(value: object) -> Text:
    """A value without markup, and without control characters: a stranger's text must not steer a terminal."""
    text = value if isinstance(value, str) else json.dumps(value)
    return Text(
        "".join(
            char.encode("unicode_escape").decode() if unicodedata.category(char) == "Cc" else char
            for char in text
        )
    )
