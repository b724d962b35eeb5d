"""The README says what the code says."""

import re
from pathlib import Path

from click import Context

from bridge.cli import main
from gateway_contract.lifecycle import FINAL, MEANING, State

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_state_table_is_that_of_the_lifecycle() -> None:
    table = README.partition("<!-- states:")[2].partition("<!-- end of states -->")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (yes)? ?\|$", table, re.MULTILINE)
    assert rows == [(state, MEANING[state], "yes" if state in FINAL else "") for state in State]


def test_every_file_and_folder_that_it_links_to_is_there() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)", README):
        assert (ROOT / target).exists(), target
    for folder in re.findall(r"^\| `([\w/]+)` \|", README.partition("| folder |")[2], re.MULTILINE):
        assert (ROOT / folder).is_dir(), folder


def test_every_make_target_and_command_that_it_names_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:`|    )make (\w+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    with Context(main) as context:
        known = main.list_commands(context)
    for command in re.findall(r"smsbridge ([a-z]+)", README):
        assert command in known
