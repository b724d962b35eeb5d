"""Operations of submitting: which segments go next, what came of them, what an interruption left behind."""

from dataclasses import dataclass, replace
from sqlite3 import Row

from bridge.line import Failure, FailureKind, Outcome, OutcomeUnknown, Submission, Taken
from bridge.matching import ReportMatcher
from bridge.policy import LinePolicy, Reports, Step, decide
from bridge.spool.database import Statements
from bridge.spool.handover import finish, hand_back_job
from bridge.spool.reports import conclude, take_early_reports
from gateway_contract.addresses import parse_address, parse_recipient
from gateway_contract.lifecycle import State
from gateway_contract.text import Alphabet
from gateway_contract.vocabulary import BridgeError


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A segment that is marked as being attempted."""

    job_id: int
    submission: Submission


def claim(
    do: Statements, line: str, *, limit: int, own_number: str, reports: Reports, now: float
) -> list[Claim]:
    """Mark the next segments of a line as attempted: higher priority first, then oldest first.

    After a kill exactly the segments marked here have an unknown outcome.
    """
    claims = []
    for row in do.rows("segments_to_submit", line=line, now=now, limit=limit):
        do.run("segment_attempt", job_id=row["id"], seq=row["seq"])
        if own_number:
            do.run("job_set_sender", id=row["id"], sender=own_number)
        text, alphabet = row["segment_text"], row["alphabet"]
        submission = _submission(row, seq=row["seq"], text=text, alphabet=alphabet, now=now)
        sender = row["sender"] or own_number
        claims.append(
            Claim(
                job_id=row["id"],
                submission=replace(
                    submission,
                    sender=parse_address(sender) if sender else None,
                    report=reports is not Reports.NONE,
                ),
            )
        )
    return claims


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What came of recording an outcome."""

    step: Step
    pause_s: float = 0.0
    finished: State | None = None


def record(
    do: Statements,
    line: str,
    made: Claim,
    outcome: Outcome,
    *,
    policy: LinePolicy,
    matcher: ReportMatcher,
    now: float,
) -> Recorded:
    """Write an outcome and what follows from it."""
    segment = do.row("segment_get", job_id=made.job_id, seq=made.submission.segment)
    job = do.row("job_get", id=made.job_id)
    if segment is None or job is None:
        raise LookupError(f"segment {made.submission.segment} of job {made.job_id} is not in the spool")
    segments = do.rows("segments_of", job_id=made.job_id)
    decision = decide(
        outcome,
        tries=segment["tries"],
        resends=segment["resends"],
        begun=bool(job["possible_duplicate"]) or _network_may_have_some(segments, but=segment["seq"]),
        policy=policy,
    )
    where = {"job_id": made.job_id, "seq": made.submission.segment}
    running = job["phase"] == "ready"
    failure = None if isinstance(outcome, Taken) else outcome.failure
    match decision.step:
        case Step.RECORD_TAKEN if isinstance(outcome, Taken):
            _record_taken(do, line, made, outcome, matcher=matcher, now=now)
            ended = _after_taken(do, job, policy, now=now)
            take_early_reports(do, line, policy=policy, matcher=matcher, now=now)
            return Recorded(step=decision.step, finished=ended)
        case Step.WAIT:
            do.run("segment_untried", **where)
        case Step.RETRY:
            do.run("segment_status", status="pending", **where)
        case Step.RESEND:
            do.run("segment_resend", **where)
            do.run("job_mark_duplicate", id=made.job_id)
        case Step.GIVE_UP:
            do.run("segment_status", status="unknown", **where)
        case Step.REJECT | Step.HAND_BACK:
            do.run("segment_status", status="refused", **where)
        case _:
            pass
    if not running or failure is None:
        return Recorded(step=decision.step, pause_s=decision.pause_s)
    finished = None
    if decision.step is Step.HAND_BACK:
        hand_back_job(do, made.job_id, error=failure.code, text=failure.text, now=now)
    elif decision.step in (Step.REJECT, Step.GIVE_UP):
        finished = State.REJECTED if decision.step is Step.REJECT else State.UNKNOWN
        finish(do, made.job_id, finished, error=failure.code, text=failure.text, now=now)
    else:
        do.run("job_postpone", id=made.job_id, not_before=now + decision.pause_s)
    return Recorded(step=decision.step, pause_s=decision.pause_s, finished=finished)


def recover(do: Statements, line: str, *, policy: LinePolicy, matcher: ReportMatcher, now: float) -> int:
    """Give the segments that a kill interrupted their outcome: unknown. How many there were."""
    interrupted = do.rows("segments_interrupted", line=line)
    for row in interrupted:
        outcome = OutcomeUnknown(
            failure=Failure(
                kind=FailureKind.UNKNOWN,
                code=BridgeError.OUTCOME_UNKNOWN,
                text="the bridge was stopped before the network answered",
            )
        )
        made = _reclaim(do, row["job_id"], row["seq"], now=now)
        record(do, line, made, outcome, policy=policy, matcher=matcher, now=now)
    return len(interrupted)


def expire(do: Statements, *, now: float, limit: int = 200) -> int:
    """End the jobs whose validity passed before the network took them whole; how many."""
    rows = do.rows("jobs_past_validity", now=now, limit=limit)
    for row in rows:
        text = "the validity passed before the message could be submitted"
        finish(do, row["id"], State.EXPIRED, error=BridgeError.EXPIRED, text=text, now=now)
    return len(rows)


def _record_taken(
    do: Statements, line: str, made: Claim, taken: Taken, *, matcher: ReportMatcher, now: float
) -> None:
    where = {"job_id": made.job_id, "seq": made.submission.segment}
    do.run("segment_taken", reference=taken.reference, now=now, **where)
    for key in matcher.keys_of_reference(taken.reference):
        do.run("report_key_insert", line=line, key=key, **where)


def _after_taken(do: Statements, job: Row, policy: LinePolicy, *, now: float) -> State | None:
    """Move the job on once the network has all of it; the state it ends in, if it ends."""
    do.run("outbox_put", job_id=job["id"])
    segments = do.rows("segments_of", job_id=job["id"])
    if job["phase"] != "ready" or any(segment["status"] != "taken" for segment in segments):
        return None
    do.run("job_submitted", id=job["id"], now=now)
    if policy.reports is Reports.NONE:
        finish(do, job["id"], State.SENT, now=now)
        return State.SENT
    conclude(do, job["id"], policy.reports, done_at=now)
    return None


def _network_may_have_some(segments: list[Row], *, but: int) -> bool:
    return any(
        segment["status"] in ("taken", "attempting", "unknown") and segment["seq"] != but
        for segment in segments
    )


def _reclaim(do: Statements, job_id: int, seq: int, *, now: float) -> Claim:
    job, segment = do.row("job_get", id=job_id), do.row("segment_get", job_id=job_id, seq=seq)
    if job is None or segment is None:
        raise LookupError(f"segment {seq} of job {job_id} is not in the spool")
    submission = _submission(job, seq=seq, text=segment["text"], alphabet=segment["alphabet"], now=now)
    return Claim(job_id=job_id, submission=submission)


def _submission(job: Row, *, seq: int, text: str, alphabet: str, now: float) -> Submission:
    return Submission(
        sms_id=job["sms_id"],
        segment=seq,
        segments=job["segments"],
        text=text,
        alphabet=Alphabet(alphabet),
        concat_ref=job["concat_ref"],
        sender=None,
        recipient=parse_recipient(job["recipient"]),
        validity_s=max(1, int(job["deadline"] - now)),
        priority=job["priority"],
        flash=bool(job["flash"]),
        report=False,
    )
