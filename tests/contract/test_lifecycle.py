"""The lifecycle table: final states stand, late and repeated reports change nothing."""

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from gateway_contract.lifecycle import FINAL, MEANING, PRIOR_STATES, TRANSITIONS, State, advance

_ENDINGS = sorted(FINAL - {State.FAILED, State.CANCELLED})


@st.composite
def _histories(draw: st.DrawFn) -> tuple[State, list[State]]:
    """What one owner reports of one attempt, in any order and with repeats; and where it really ended."""
    ending = draw(st.sampled_from(_ENDINGS))
    told = [State.SPOOLED, State.SUBMITTED, ending]
    if ending is State.UNKNOWN and draw(st.booleans()):
        told.append(State.DELIVERED)
    shuffled = draw(st.permutations(told + draw(st.lists(st.sampled_from(told), max_size=6))))
    return told[-1], shuffled


@given(_histories())
def test_any_order_with_repeats_ends_in_the_same_state(history: tuple[State, list[State]]) -> None:
    ending, reports = history
    assert reduce(advance, reports, State.QUEUED) is ending


@given(st.sampled_from(sorted(FINAL)), st.lists(st.sampled_from(list(State))))
def test_a_final_state_stands_whatever_is_reported_later(final: State, reports: list[State]) -> None:
    ended = reduce(advance, reports, final)
    assert ended is final or (final is State.UNKNOWN and ended is State.DELIVERED)


def test_every_state_that_is_not_final_leads_to_an_end() -> None:
    for state in State:
        assert (state in FINAL) or any(after in FINAL for after in TRANSITIONS[state])


def test_the_condition_of_a_write_says_the_same_as_the_table() -> None:
    for state in State:
        for reported in State:
            assert (state in PRIOR_STATES[reported]) == (
                advance(state, reported) is reported and state is not reported
            )


def test_every_state_has_a_meaning() -> None:
    assert set(MEANING) == set(State)
