"""``bridge.toml``: every bad key at once, secrets from files, and the sample in the repository."""

from pathlib import Path

import pytest

from bridge.modem.settings import ModemSettings
from bridge.policy import Reports, WhenOutcomeUnknown
from bridge.settings import find, load
from bridge.smpp.settings import SmppSettings
from bridge.validation import SettingsError

ROOT = Path(__file__).parents[2]
GOOD = """
[cloud]
url = "wss://example.com/live"
token_file = "token"

[[line]]
name = "gsm1"
kind = "modem"
device = "/dev/ttyUSB0"
own_number = "+36201111111"
reports = "none"

[[line]]
name = "smpp1"
kind = "smpp"
host = "smpp.example.com"
system_id = "office"
password_file = "password"
when_outcome_unknown = "give_up"
"""


def write(folder: Path, text: str) -> Path:
    (folder / "token").write_text("office.secret\n")
    (folder / "password").write_text("pass\n")
    path = folder / "bridge.toml"
    path.write_text(text)
    return path


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as error:
        load(write(folder, text))
    return error.value.problems


def test_lines_of_both_kinds_are_read_and_secrets_come_from_files(tmp_path: Path) -> None:
    settings = load(write(tmp_path, GOOD))
    assert settings.cloud.token == "office.secret"
    modem, smpp = settings.lines
    assert isinstance(modem.driver, ModemSettings)
    assert (modem.driver.device, modem.common.reports) == ("/dev/ttyUSB0", Reports.NONE)
    assert isinstance(smpp.driver, SmppSettings)
    assert smpp.driver.password == "pass"
    assert smpp.common.when_outcome_unknown is WhenOutcomeUnknown.GIVE_UP


def test_every_bad_key_is_named_at_once(tmp_path: Path) -> None:
    text = """
[cloud]
url = "https://example.com"
token = "x"
colour = 1

[clouds]

[[line]]
name = "gsm1"
kind = "modem"
baud = "fast"
reports = "sometimes"

[[line]]
name = "smpp1"
kind = "smpp"
host = 5
system_id = "a"
password_file = "nowhere"

[[line]]
name = "x"
kind = "fax"
"""
    found = problems(tmp_path, text)
    for part in (
        "clouds: no such table",
        "cloud.colour: no such setting",
        "line gsm1.device: missing",
        "line gsm1.baud: should be an integer",
        'line gsm1.reports: should be one of "every", "last", "any", "none"',
        "line smpp1.host: should be a string",
        "line smpp1.password_file: cannot be read",
        'line x.kind: should be one of "modem", "smpp"',
    ):
        assert any(line.startswith(part) for line in found), (part, found)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ('url = "wss://', "cloud: url should start with wss://"),
        ('name = "gsm1"', "line: the name 'smpp1' is used twice"),
        ('own_number = "+36201111111"', "line gsm1: own_number should be 1 to 11 of"),
        ('device = "/dev/ttyUSB0"', "line gsm1: device should name a serial device"),
    ],
)
def test_values_that_cannot_be_are_named(tmp_path: Path, change: str, problem: str) -> None:
    replacements = {
        'url = "wss://': 'url = "http://',
        'name = "gsm1"': 'name = "smpp1"',
        'device = "/dev/ttyUSB0"': 'device = ""',
        'own_number = "+36201111111"': 'own_number = "Office Line 12345"',
    }
    found = problems(tmp_path, GOOD.replace(change, replacements[change]))
    assert [line for line in found if line.startswith(problem)], found


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "[cloud\n")
    assert "bridge.toml" in problem


def test_the_settings_file_is_found_where_the_variable_says(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    assert find(None, {"SMSBRIDGE_CONFIG": str(path)}) == path
    with pytest.raises(SettingsError, match=r"looked for .*missing\.toml"):
        find(tmp_path / "missing.toml", {})


def test_the_sample_in_the_repository_is_good(tmp_path: Path) -> None:
    (tmp_path / "smpp1.password").write_text("pass")
    settings = load(write(tmp_path, (ROOT / "bridge.toml").read_text(encoding="utf-8")))
    assert [line.common.name for line in settings.lines] == ["gsm1", "smpp1"]
