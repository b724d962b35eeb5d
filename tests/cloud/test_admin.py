"""The operator's commands: settings and bridges."""

from copy import deepcopy
from hashlib import sha256
from itertools import count
from typing import Any

import pytest

from gateway.adapters.cached_configuration import CachedConfiguration
from gateway.domain.passwords import is_hash, verify
from gateway.usecases.administer import AdminError, Administration
from gateway.usecases.ports import OutcomeUnknownError
from tests.cloud.memory import Clock, MemoryBridges, MemoryMessages, MemorySettings


@pytest.fixture
def stored() -> MemorySettings:
    return MemorySettings()


@pytest.fixture
def administration(
    stored: MemorySettings, bridges: MemoryBridges, messages: MemoryMessages, clock: Clock
) -> Administration:
    numbers = count(1)
    return Administration(
        settings=stored,
        bridges=bridges,
        messages=messages,
        random_bytes=lambda length: bytes([next(numbers)]) * length,
        now=clock,
    )


def apply(administration: Administration, settings: dict[str, Any], *, dry_run: bool = False) -> Any:
    return administration.run("apply", {"settings": deepcopy(settings), "dry_run": dry_run})


def problems(administration: Administration, command: str, **arguments: Any) -> list[str]:
    with pytest.raises(AdminError) as caught:
        administration.run(command, arguments)
    return caught.value.problems


# apply


def test_first_apply_makes_a_secret_for_every_extension(
    administration: Administration, stored: MemorySettings, settings: dict[str, Any]
) -> None:
    result = apply(administration, settings)
    assert (result["generation"], stored.generation, stored.content) == ("000001", "000001", settings)
    assert set(result["secrets"]) == {"9994", "9995", "9996", "9997", "9998"}
    assert len(set(result["secrets"].values())) == 5
    assert all(secret.startswith("whsec_") for secret in result["secrets"].values())
    assert {str(number): secret for number, secret in stored.secrets.items()} == result["secrets"]


def test_secrets_are_shown_once(
    administration: Administration, stored: MemorySettings, settings: dict[str, Any]
) -> None:
    apply(administration, settings)
    before = dict(stored.secrets)
    settings["extension"].append({"number": 9999})
    result = apply(administration, settings)
    assert set(result["secrets"]) == {"9999"}
    assert {number: stored.secrets[number] for number in before} == before


def test_same_settings_again_change_nothing(
    administration: Administration, stored: MemorySettings, settings: dict[str, Any]
) -> None:
    apply(administration, settings)
    assert apply(administration, settings) == {"generation": "000001", "changes": [], "secrets": {}}
    assert stored.generation == "000001"


def test_dry_run_shows_and_writes_nothing(
    administration: Administration, stored: MemorySettings, settings: dict[str, Any]
) -> None:
    result = apply(administration, settings, dry_run=True)
    assert result["changes"]
    assert result["secrets"] == {}
    assert stored == MemorySettings()


def test_secret_that_an_interrupted_apply_did_not_make_is_made_by_the_next(
    administration: Administration, stored: MemorySettings, settings: dict[str, Any]
) -> None:
    apply(administration, settings)
    del stored.secrets[9994]
    assert set(apply(administration, settings)["secrets"]) == {"9994"}


def test_differences_name_what_changes(administration: Administration, settings: dict[str, Any]) -> None:
    apply(administration, settings)
    settings["api"]["max_segments"] = 5
    settings["extension"][0]["enabled"] = False
    settings["extension"].pop(1)
    settings["user"][0]["password_hash"] = settings["user"][1]["password_hash"]
    settings["line"][1]["bridge"] = "depot"
    settings["rule"][0]["lines"] = ["smpp1"]
    changes = apply(administration, settings, dry_run=True)["changes"]
    text = "\n".join(changes)
    assert "api.max_segments: 10 → 5" in changes
    assert "extension.9994.enabled: nothing → False" in changes
    assert any(line.startswith("extension.9995: {") and line.endswith("→ nothing") for line in changes)
    assert "line.smpp1.bridge: 'office' → 'depot'" in changes
    assert "user.user1000.password_hash: changed" in changes
    assert "rule: " in text
    assert len(changes) == 6


def test_differences_show_no_hash(administration: Administration, settings: dict[str, Any]) -> None:
    assert "scrypt" not in str(apply(administration, settings)["changes"])
    settings["user"] = []
    settings["extension"][1]["users"] = []
    assert "scrypt" not in str(apply(administration, settings)["changes"])


def test_bad_settings_name_every_bad_key(
    administration: Administration, stored: MemorySettings, settings: dict[str, Any]
) -> None:
    settings["nonsense"] = 1
    settings["numbering"]["country_code"] = 36
    settings["api"] |= {"max_segments": 0, "allow": ["10.0.0.1/8"], "typo": True, "authentication": "yes"}
    settings["extension"][0]["number"] = "9994"
    settings["extension"][1]["users"] = ["nobody"]
    settings["user"][0]["password_hash"] = "mypassword12"
    del settings["line"][0]["bridge"]
    settings["rule"][0]["lines"] = ["gsm9"]
    settings["rule"][1] = {"prefix": "+44x"}
    found = problems(administration, "apply", settings=settings)
    keys = {problem.partition(":")[0] for problem in found}
    assert keys == {
        "nonsense",
        "numbering.country_code",
        "api.max_segments",
        "api.allow",
        "api.typo",
        "api.authentication",
        "extension[0].number",
        "extension 9995.users",
        "user[0].password_hash",
        "line[0].bridge",
        "rule[0].lines",
        "rule[1].prefix",
        "rule[1].lines",
    }
    assert stored == MemorySettings()


@pytest.mark.parametrize(
    ("table", "entry"),
    [
        ("extension", {"number": 9994}),
        ("user", {"name": "user1000", "password_hash": ""}),
        ("line", {"name": "gsm1", "bridge": "office"}),
    ],
)
def test_name_given_twice_is_bad(
    administration: Administration, settings: dict[str, Any], table: str, entry: dict[str, Any]
) -> None:
    settings[table].append(entry)
    found = problems(administration, "apply", settings=settings)
    assert any(problem.startswith(table) and "twice" in problem for problem in found)


@pytest.mark.parametrize("settings", [None, [], "x", {"numbering": 1}, {"rule": {}}, {"rule": [1]}, {}])
def test_settings_of_the_wrong_shape_are_bad(administration: Administration, settings: Any) -> None:
    assert problems(administration, "apply", settings=settings)


def test_two_operators_at_once_are_told(
    administration: Administration, stored: MemorySettings, settings: dict[str, Any]
) -> None:
    other = {**deepcopy(settings), "rule": []}
    stored.meanwhile.append(lambda: apply(administration, other))
    (problem,) = problems(administration, "apply", settings=settings)
    assert "same time" in problem
    assert stored.content == other


def test_settings_in_force_are_read_again_after_half_a_minute(
    stored: MemorySettings, administration: Administration, settings: dict[str, Any]
) -> None:
    clock = Clock(0.0)
    cached = CachedConfiguration(stored, clock)
    with pytest.raises(OutcomeUnknownError):
        cached.configuration()
    apply(administration, settings)
    assert cached.configuration().api.max_segments == 10
    settings["api"]["max_segments"] = 5
    apply(administration, settings)
    clock.time = 29.9
    assert cached.configuration().api.max_segments == 10
    clock.time = 30.0
    assert cached.configuration().api.max_segments == 5


# The other commands


def test_token_is_in_the_answer_and_only_its_hash_is_stored(
    administration: Administration, bridges: MemoryBridges
) -> None:
    answer = administration.run("add_bridge", {"bridge": "depot"})
    name, _, secret = answer["token"].partition(".")
    assert (name, answer["bridge"]) == ("depot", "depot")
    assert len(secret) >= 43
    item = bridges.items["depot"]
    assert item["token_hash"] == sha256(secret.encode()).hexdigest()
    assert secret not in str(item)


def test_bridge_is_added_once(administration: Administration, bridges: MemoryBridges) -> None:
    before = dict(bridges.items["office"])
    assert "already" in problems(administration, "add_bridge", bridge="office")[0]
    assert bridges.items["office"] == before


@pytest.mark.parametrize("name", ["", "a.b", "a b", "-a", "a" * 65, "a\n"])
def test_bad_name_of_a_bridge(administration: Administration, name: str) -> None:
    assert problems(administration, "add_bridge", bridge=name)


def test_lines_name_only_bridges_that_can_be_added(
    administration: Administration, settings: dict[str, Any]
) -> None:
    settings["line"][0]["bridge"] = "a.b"
    assert [
        problem.partition(":")[0] for problem in problems(administration, "apply", settings=settings)
    ] == ["line[0].bridge"]


def test_password_hash(administration: Administration) -> None:
    hashes = [administration.run("hash_password", {"password": "pässword"})["password_hash"] for _ in "ab"]
    assert hashes[0] != hashes[1]
    assert all(is_hash(text) and verify("pässword", text) for text in hashes)
    assert not verify("password", hashes[0])


def test_unknown_command(administration: Administration) -> None:
    assert problems(administration, "explode") == ["there is no command 'explode'"]
