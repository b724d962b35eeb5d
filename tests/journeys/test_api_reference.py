"""Every curl line of docs/api.md gives the code that stands above it."""

import os
import re
import shutil
import subprocess

import pytest

from infra.local.paths import ROOT
from infra.local.site import Site
from tests.journeys.office import elements

EXAMPLES = re.findall(
    r"^# (\d{3})\n(curl .+)$", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.MULTILINE
)
DOCUMENTED = set(
    re.findall(r"^\| (\d{3}) \|", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.MULTILINE)
)


def test_every_code_that_a_request_can_ask_for_has_an_example() -> None:
    assert {code for code, _ in EXAMPLES} == DOCUMENTED - {"429", "503"}


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize(
    ("code", "line"), EXAMPLES, ids=[f"{code}-{n}" for n, (code, _) in enumerate(EXAMPLES)]
)
def test_the_line_gives_its_code(site: Site, code: str, line: str) -> None:
    answer = subprocess.run(
        ["bash", "-c", f"{line} --silent --show-error --include"],
        env={"PATH": os.environ["PATH"], "API": str(site.describe()["api_url"])},
        capture_output=True,
        check=True,
    ).stdout
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b" 200 " in head.splitlines()[0]
    assert b"application/xml" in head
    assert elements(body)["Code"] == code
