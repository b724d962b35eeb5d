"""Message ids of receipts against those of submit_sm_resp."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.line import NetworkReport
from bridge.matching import Candidate
from bridge.smpp.matching import MessageIdMatcher
from bridge.smpp.message_id import Likeness, canonical_keys, likeness, match
from gateway_contract.lifecycle import State

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "smpp_dlr.json").read_text(encoding="utf-8")
)
ids = st.one_of(
    st.from_regex(r"0{0,3}[0-9]{1,12}", fullmatch=True),
    st.from_regex(r"0{0,3}[0-9a-fA-F]{1,10}", fullmatch=True),
    st.text(max_size=12),
    st.integers(0, 2**40).map(lambda value: f"{value:x}"),
    st.integers(0, 2**40).map(str),
)


@pytest.mark.parametrize("pair", VECTORS["id_matching"], ids=lambda pair: pair["id"])
def test_sample_pairs(pair: dict[str, Any]) -> None:
    ours, theirs = pair["submit_sm_resp_id"], pair["receipt_id"]
    assert (likeness(ours, theirs) is not None) is pair["match"]
    assert (not set(canonical_keys(ours)).isdisjoint(canonical_keys(theirs))) is pair["match"]


@pytest.mark.parametrize(
    "scenario",
    [s for s in VECTORS["matching_scenarios"] if all(isinstance(i, str) for i in s["outstanding"])],
    ids=lambda scenario: scenario["id"],
)
def test_sample_scenarios(scenario: dict[str, Any]) -> None:
    if "receipt_id" in scenario and scenario["outstanding"] and "repeat" not in scenario:
        found = match((scenario["receipt_id"],), scenario["outstanding"])
        assert found in (scenario["expect"], *scenario.get("also", ()))


@pytest.mark.parametrize(
    ("submitted", "receipted"),
    [("33e95179", "870928761"), ("39f99dd5", "0972660181"), ("38601fa", "0059113978")],
)
def test_real_pairs_of_hexadecimal_and_decimal(submitted: str, receipted: str) -> None:
    assert likeness(submitted, receipted) is Likeness.CONVERTED
    assert likeness(receipted, submitted) is Likeness.CONVERTED


@given(ids, ids)
def test_ids_share_a_key_exactly_when_they_are_alike(ours: str, theirs: str) -> None:
    share = not set(canonical_keys(ours)).isdisjoint(canonical_keys(theirs))
    assert share is (likeness(ours, theirs) is not None)


@given(st.integers(0, 2**64), st.integers(0, 5))
def test_every_rewriting_of_a_number_shares_a_key(value: int, zeros: int) -> None:
    hexadecimal = f"{value:x}"
    for rewritten in (str(value), hexadecimal.upper(), "0" * zeros + hexadecimal, "0" * zeros + str(value)):
        assert not set(canonical_keys(hexadecimal)).isdisjoint(canonical_keys(rewritten))


def test_several_conversions_are_no_match() -> None:
    assert match(("10",), ("16", "a")) is None


def test_the_better_rule_wins_over_the_more_trusted_id() -> None:
    assert match(("38601fa", "0059113978"), ("0059113978", "38601FA")) == "0059113978"


def test_a_huge_id_is_compared_as_text() -> None:
    assert canonical_keys("9" * 5000) == ("t" + "9" * 5000,)


def candidate(reference: str, *, taken_at: float = 0.0, reported: State | None = None) -> Candidate:
    return Candidate(
        job_id=int(taken_at),
        seq=1,
        reference=reference,
        recipient="36301234567",
        taken_at=taken_at,
        reported=reported,
    )


def report(*references: str) -> NetworkReport:
    return NetworkReport(
        references=references, recipient="", state=State.DELIVERED, detail="", code="", done_at=None
    )


def test_matcher_prefers_exact_and_refuses_to_guess() -> None:
    matcher = MessageIdMatcher()
    exact, converted = candidate("256"), candidate("100")
    assert matcher.choose(report("256"), [converted, exact], now=0) is exact
    assert matcher.choose(report("10"), [candidate("16"), candidate("a")], now=0) is None
    assert matcher.choose(report("10"), [], now=0) is None


def test_an_id_used_again_means_the_newest_segment_without_a_report() -> None:
    first, second = candidate("7", taken_at=1), candidate("7", taken_at=2)
    done = candidate("7", taken_at=3, reported=State.DELIVERED)
    assert MessageIdMatcher().choose(report("7"), [first, done, second], now=9) is second


def test_matcher_keys_cover_all_ids_of_a_report() -> None:
    matcher = MessageIdMatcher()
    stored = matcher.keys_of_reference("38601FA")
    assert set(stored) <= set(matcher.keys_of_report(report("x-1", "0059113978")))
