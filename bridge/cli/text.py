"""``smsbridge text``: how a text travels."""

import sys
from dataclasses import asdict

import click

from bridge.cli.lines_in import fail, print_json, show_table
from gateway_contract.text import split as split_text
from gateway_contract.vocabulary import Encoding


@click.group()
def text() -> None:
    """How a text travels: its alphabet, its length, and where it is cut."""


@text.command()
@click.argument("text", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--raw", is_flag=True, help="Keep the last line feed of standard input, too.")
@click.option(
    "--encoding",
    type=click.Choice([item.value for item in Encoding]),
    default=Encoding.AUTO.value,
    show_default=True,
    help="auto takes GSM 7-bit where it can hold the text.",
)
@click.option(
    "--ref-bits",
    type=click.Choice(["8", "16"]),
    default="8",
    show_default=True,
    help="Size of the concatenation reference, which costs room in each segment.",
)
def split(text: str | None, as_json: bool, raw: bool, encoding: str, ref_bits: str) -> None:
    """Show alphabet, units and segments of TEXT, and which characters forced UCS-2.

    Without TEXT, the text is all of standard input: UTF-8, with carriage returns kept and one final line
    feed dropped. A unit is a septet (gsm7: 160 in one segment, 153 in each of several; ^{}\\[~]| and € take
    two) or 16 bits (ucs2: 70 and 67; an emoji takes at least two). Positions count characters from 0.

    \b
    smsbridge text split 'Szia, jövő héten ½ 8-kor?'
    smsbridge text split --json < message.txt | jq '.segments | length'
    """
    try:
        whole = _stdin_text(raw=raw) if text is None else text
        found = split_text(whole, encoding=Encoding(encoding), ref_bits=16 if ref_bits == "16" else 8)
    except ValueError as error:
        fail(error, as_json=as_json)
        sys.exit(1)
    result = asdict(found)
    if as_json:
        print_json(result)
    else:
        show_table(
            {**result, "segments": list(result["segments"]), "forced_ucs2": list(result["forced_ucs2"])}
        )


def _stdin_text(*, raw: bool) -> str:
    octets = sys.stdin.buffer.read()
    return (octets if raw else octets.removesuffix(b"\n")).decode()
