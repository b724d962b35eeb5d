"""The spool as one message meets it: offered, confirmed, submitted, reported, told to the cloud."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import pytest

from bridge.line import Failure, FailureKind, NetworkReport, OutcomeUnknown, Refused, Taken
from bridge.matching import StatusReportMatcher
from bridge.policy import LinePolicy, Reports, Step, WhenOutcomeUnknown
from bridge.spool import handover, housekeeping, queries, reports, submission
from bridge.spool.database import SpoolError, Statements, open_database
from bridge.spool.submission import Claim
from gateway_contract.frames import Job, ReportItem
from gateway_contract.lifecycle import State
from gateway_contract.vocabulary import Answer

NOW = 1_790_000_000.0
POLICY = LinePolicy()
MATCHER = StatusReportMatcher()


@pytest.fixture
def do(tmp_path: Path) -> Iterator[Statements]:
    connection = open_database(tmp_path / "spool.db")
    yield Statements(connection)
    connection.close()


def offer(
    do: Statements, sms_id: str = "a", *, text: str = "Hello", priority: int = 0, attempt: int = 1
) -> None:
    job = Job(
        sms_id=sms_id,
        attempt=attempt,
        line="gsm1",
        sender="",
        recipient="+36201234567",
        text=text,
        created=NOW,
        deadline=NOW + 3600,
        priority=priority,
    )
    handover.offer(do, [job], now=NOW)


def answer(do: Statements, kind: Answer = Answer.DONE) -> list[ReportItem]:
    """Let the cloud answer everything in the outbox."""
    told = handover.news(do, after=0, limit=100)
    for news in told:
        handover.settle(do, news, kind, now=NOW)
    return [news.item for news in told]


def claim(do: Statements, *, limit: int = 10, now: float = NOW) -> list[Claim]:
    return submission.claim(
        do, "gsm1", limit=limit, own_number="+36200000001", reports=Reports.EVERY, now=now
    ).claims


def record(
    do: Statements, made: Claim, outcome: Taken | Refused | OutcomeUnknown, policy: LinePolicy = POLICY
) -> submission.Recorded:
    segment = made.submission.segment
    return submission.record(
        do, "gsm1", made.job_id, segment, outcome, policy=policy, matcher=MATCHER, now=NOW
    )


def report(do: Statements, reference: str, state: State | None = State.DELIVERED, code: str = "") -> None:
    reports.take_report(
        do,
        "gsm1",
        NetworkReport(
            references=(reference,),
            recipient="0036201234567",
            state=state,
            detail="",
            code=code,
            done_at=datetime.fromtimestamp(NOW + 5, UTC),
        ),
        policy=POLICY,
        matcher=MATCHER,
        now=NOW,
    )


def failure(kind: FailureKind, code: str = "cms:38") -> Failure:
    return Failure(kind=kind, code=code, text="said no")


def ready(do: Statements, text: str = "Hello", sms_id: str = "a") -> list[Claim]:
    offer(do, sms_id, text=text)
    answer(do)
    return claim(do)


def test_a_job_is_not_submitted_before_the_cloud_has_confirmed_the_hand_over(do: Statements) -> None:
    offer(do)
    assert claim(do) == []
    assert [item.state for item in answer(do, Answer.RETRY)] == [State.SPOOLED]
    assert claim(do) == []
    answer(do, Answer.DONE)
    assert [made.submission.sms_id for made in claim(do)] == ["a"]


@pytest.mark.parametrize("kind", [Answer.SUPERSEDED, Answer.UNKNOWN, Answer.NOT_YOURS])
def test_a_job_that_the_cloud_gave_elsewhere_is_dropped(do: Statements, kind: Answer) -> None:
    offer(do)
    answer(do, kind)
    assert claim(do) == []
    assert answer(do) == []


def test_a_repeated_offer_is_answered_but_not_taken_again(do: Statements) -> None:
    (made,) = ready(do)
    record(do, made, Taken(reference="7"))
    answer(do)
    offer(do)
    assert [item.state for item in answer(do)] == [State.SUBMITTED]
    assert claim(do) == []


def test_a_message_is_delivered_once_every_segment_is(do: Statements) -> None:
    first, second = ready(do, "x" * 200)
    assert first.submission.concat_ref == second.submission.concat_ref
    record(do, first, Taken(reference="7"))
    record(do, second, Taken(reference="8"))
    report(do, "8")
    assert [item.state for item in answer(do)] == [State.SUBMITTED]
    report(do, "7")
    (item,) = answer(do)
    assert (item.state, item.references, item.segments_sent) == (State.DELIVERED, ("7", "8"), 2)
    assert item.done_at == NOW + 5
    assert item.sender == "+36200000001"


def test_reports_in_any_order_and_repeated_end_in_the_same_state(tmp_path: Path) -> None:
    told = [("1", State.DELIVERED), ("2", State.UNDELIVERABLE), ("3", State.EXPIRED), ("1", None)]
    endings: set[State | None] = set()
    for number, order in enumerate(permutations(told)):
        connection = open_database(tmp_path / f"{number}.db")
        do = Statements(connection)
        for made in ready(do, "x" * 400):
            record(do, made, Taken(reference=str(made.submission.segment)))
        for reference, state in (*order, *order):
            report(do, reference, state)
        endings.update(item.state for item in answer(do))
        connection.close()
    assert endings == {State.UNDELIVERABLE}


def test_a_report_that_overtakes_the_answer_to_its_submit_still_delivers(do: Statements) -> None:
    (made,) = ready(do)
    report(do, "7")
    record(do, made, Taken(reference="7"))
    assert [item.state for item in answer(do)] == [State.DELIVERED]


def test_a_report_of_the_first_segment_before_the_last_is_taken_counts(do: Statements) -> None:
    first, second = ready(do, "x" * 200)
    record(do, first, Taken(reference="7"))
    report(do, "7")
    report(do, "8")
    record(do, second, Taken(reference="8"))
    assert [item.state for item in answer(do)] == [State.DELIVERED]


def test_a_wrapped_reference_goes_to_the_newest_segment_still_without_report(do: Statements) -> None:
    for sms_id in ("a", "b"):
        (made,) = ready(do, sms_id=sms_id)
        record(do, made, Taken(reference="7"))
        report(do, "7")
        assert [(item.sms_id, item.state) for item in answer(do)] == [(sms_id, State.DELIVERED)]


def test_a_report_for_another_number_is_not_taken(do: Statements) -> None:
    (made,) = ready(do)
    record(do, made, Taken(reference="7"))
    stranger = NetworkReport(
        references=("7",),
        recipient="+36309999999",
        state=State.DELIVERED,
        detail="",
        code="",
        done_at=None,
    )
    assert reports.take_report(do, "gsm1", stranger, policy=POLICY, matcher=MATCHER, now=NOW) is None


def test_a_refused_message_is_rejected_and_says_how_much_left(do: Statements) -> None:
    first, second = ready(do, "x" * 200)
    record(do, first, Taken(reference="7"))
    record(do, second, Refused(failure=failure(FailureKind.MESSAGE, "cms:28")))
    (item,) = answer(do)
    assert (item.state, item.error, item.segments_sent) == (State.REJECTED, "cms:28", 1)


def test_a_failure_of_the_line_hands_back_what_it_has_not_begun(do: Statements) -> None:
    (made,) = ready(do)
    record(do, made, Refused(failure=failure(FailureKind.LINE, "cms:50")))
    (item,) = answer(do)
    assert (item.state, item.error) == (None, "cms:50")
    assert claim(do) == []


def test_a_message_that_has_begun_never_leaves_its_line(do: Statements) -> None:
    first, second = ready(do, "x" * 200)
    record(do, first, Taken(reference="7"))
    assert record(do, second, Refused(failure=failure(FailureKind.LINE))).step is Step.RETRY
    assert [made.submission.segment for made in claim(do, now=NOW + 5)] == [2]


def test_temporary_failures_back_off_and_then_reject(do: Statements) -> None:
    ready(do)
    now, made = NOW, Claim(job_id=1, submission=ready(do, sms_id="b")[0].submission)
    pauses = []
    for _ in range(20):
        recorded = record(do, made, Refused(failure=failure(FailureKind.TEMPORARY)))
        pauses.append(recorded.pause_s)
        if recorded.finished:
            break
        now += recorded.pause_s
        (made,) = [made for made in claim(do, now=now) if made.job_id == 1] or [made]
    assert pauses == [5.0, 30.0, 120.0, 600.0, 0.0]


def test_an_unknown_outcome_is_sent_once_more_and_marked(do: Statements) -> None:
    (made,) = ready(do)
    record(do, made, OutcomeUnknown(failure=failure(FailureKind.UNKNOWN)))
    (again,) = claim(do, now=NOW + 60)
    record(do, again, OutcomeUnknown(failure=failure(FailureKind.UNKNOWN, "bridge:outcome_unknown")))
    assert claim(do, now=NOW + 600) == []
    (item,) = answer(do)
    assert (item.state, item.possible_duplicate) == (State.UNKNOWN, True)


def test_give_up_never_sends_a_segment_of_unknown_outcome_again(do: Statements) -> None:
    policy = LinePolicy(when_outcome_unknown=WhenOutcomeUnknown.GIVE_UP)
    ready(do)
    submission.recover(do, "gsm1", policy=policy, matcher=MATCHER, now=NOW)
    assert claim(do, now=NOW + 600) == []
    assert [(item.state, item.possible_duplicate) for item in answer(do)] == [(State.UNKNOWN, False)]


def test_what_a_kill_interrupted_is_known_after_the_restart(do: Statements) -> None:
    ready(do, "x" * 200)
    assert submission.recover(do, "gsm1", policy=POLICY, matcher=MATCHER, now=NOW) == 2
    assert [made.submission.segment for made in claim(do, now=NOW + 60)] == [1, 2]


def test_higher_priority_first_then_oldest_first(do: Statements) -> None:
    for sms_id, priority in (("a", 0), ("b", 2), ("c", 0), ("d", 2)):
        offer(do, sms_id, priority=priority)
    answer(do)
    assert [made.submission.sms_id for made in claim(do)] == ["b", "d", "a", "c"]


def test_deadlines_end_what_they_should(do: Statements) -> None:
    offer(do, "late")
    (made,) = ready(do, sms_id="silent")[:1]
    record(do, made, Taken(reference="1"))
    handover.cancel(do, ["late"], now=NOW)
    offer(do, "stuck")
    answer(do)
    closed = housekeeping.run(do, now=NOW + 3700, report_window_s=7200, remember_s=9e9)
    assert (closed, [item.state for item in answer(do)]) == (1, [State.EXPIRED])
    housekeeping.run(do, now=NOW + 20_000, report_window_s=7200, remember_s=9e9)
    (item,) = answer(do)
    assert (item.state, item.error) == (State.UNKNOWN, "bridge:no_report")


def test_validity_that_passes_after_an_unknown_outcome_ends_unknown(do: Statements) -> None:
    (made,) = ready(do)
    record(do, made, OutcomeUnknown(failure=failure(FailureKind.UNKNOWN)))
    housekeeping.run(do, now=NOW + 3700, report_window_s=7200, remember_s=9e9)
    assert [(item.state, item.possible_duplicate) for item in answer(do)] == [(State.UNKNOWN, True)]


def test_jobs_of_a_line_that_is_no_longer_configured_do_not_stay(do: Statements) -> None:
    first, _ = ready(do, "x" * 200, sms_id="begun")
    record(do, first, Taken(reference="1"))
    offer(do, "unbegun")
    answer(do)
    offer(do, "offered")
    assert housekeeping.close_removed_lines(do, {"gsm2"}, now=NOW) == 3
    ended = {item.sms_id: item.state for item in answer(do)}
    assert ended == {"begun": State.UNKNOWN, "unbegun": None, "offered": None}
    assert housekeeping.close_removed_lines(do, {"gsm2"}, now=NOW) == 0


def test_a_late_positive_report_corrects_unknown(do: Statements) -> None:
    (made,) = ready(do)
    record(do, made, Taken(reference="1"))
    housekeeping.run(do, now=NOW + 20_000, report_window_s=7200, remember_s=9e9)
    report(do, "1")
    assert [item.state for item in answer(do)] == [State.DELIVERED]


def test_news_that_changed_while_under_way_is_told_again(do: Statements) -> None:
    (made,) = ready(do)
    record(do, made, Taken(reference="1"))
    (under_way,) = handover.news(do, after=0, limit=10)
    report(do, "1")
    handover.settle(do, under_way, Answer.DONE, now=NOW)
    assert [item.state for item in answer(do)] == [State.DELIVERED]


def test_finished_jobs_are_forgotten_after_their_time_and_their_texts_at_once(do: Statements) -> None:
    (made,) = ready(do)
    record(do, made, Taken(reference="1"))
    report(do, "1")
    row = do.row("job_get", id=1)
    assert row is not None
    assert row["text"] == ""
    answer(do)
    housekeeping.run(do, now=NOW + 100, report_window_s=1, remember_s=50)
    assert do.row("job_get", id=1) is None


def test_a_newer_schema_and_a_damaged_file_are_refused_with_their_path(tmp_path: Path) -> None:
    newer = tmp_path / "newer.db"
    with sqlite3.connect(newer) as connection:
        connection.execute(f"PRAGMA user_version = {len(queries.migrations()) + 1}")
    connection.close()
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"not a database" * 100)
    for path in (newer, damaged):
        with pytest.raises(SpoolError, match=path.name):
            open_database(path)
