"""Operations of submitting: which segments go next, what came of them, what an interruption left behind."""

from collections.abc import Mapping
from dataclasses import dataclass
from sqlite3 import Row

from bridge.line import Failure, FailureKind, Outcome, OutcomeUnknown, Submission, Taken
from bridge.matching import ReportMatcher
from bridge.policy import LinePolicy, Reports, Step, decide
from bridge.spool.database import Statements
from bridge.spool.handover import finish, hand_back_job
from bridge.spool.reports import conclude, take_early_reports
from gateway_contract.addresses import AddressError, parse_address
from gateway_contract.lifecycle import State
from gateway_contract.text import Alphabet
from gateway_contract.vocabulary import BridgeError


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What a look for work came to."""

    claims: list["Claim"]
    rejected: int
    """Jobs that ended because nobody can send them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A segment that is marked as being attempted."""

    job_id: int
    submission: Submission


def claim(do: Statements, line: str, *, limit: int, own_number: str, reports: Reports, now: float) -> Claimed:
    """Mark the next segments of a line as attempted: higher priority first, then oldest first.

    After a kill exactly the segments marked here have an unknown outcome.
    """
    claims: list[Claim] = []
    rejected = 0
    for row in do.rows("segments_to_submit", line=line, now=now, limit=limit):
        try:
            part = _submission(row, own_number=own_number, reports=reports, now=now)
        except AddressError as error:
            # One message that nobody can send must not keep the others of its line from going out.
            finish(do, row["id"], State.REJECTED, error=BridgeError.BAD_ADDRESS, text=str(error), now=now)
            rejected += 1
            continue
        do.run("segment_attempt", job_id=row["id"], seq=row["seq"])
        if own_number:
            do.run("job_set_sender", id=row["id"], sender=own_number)
        claims.append(Claim(job_id=row["id"], submission=part))
    return Claimed(claims=claims, rejected=rejected)


def _submission(row: Row, *, own_number: str, reports: Reports, now: float) -> Submission:
    sender = row["sender"] or own_number
    return Submission(
        sms_id=row["sms_id"],
        segment=row["seq"],
        segments=row["segments"],
        text=row["segment_text"],
        alphabet=Alphabet(row["alphabet"]),
        concat_ref=row["concat_ref"],
        sender=parse_address(sender) if sender else None,
        recipient=parse_address(row["recipient"]),
        validity_s=max(1, int(row["deadline"] - now)),
        priority=row["priority"],
        flash=bool(row["flash"]),
        report=reports is not Reports.NONE,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What came of recording an outcome."""

    step: Step
    pause_s: float = 0.0
    finished: State | None = None


def record(
    do: Statements,
    line: str,
    job_id: int,
    seq: int,
    outcome: Outcome,
    *,
    policy: LinePolicy,
    matcher: ReportMatcher,
    now: float,
) -> Recorded:
    """Write an outcome and what follows from it."""
    where = {"job_id": job_id, "seq": seq}
    segment = do.row("segment_get", **where)
    job = do.row("job_get", id=job_id)
    if segment is None or job is None:
        raise LookupError(f"segment {seq} of job {job_id} is not in the spool")
    segments = do.rows("segments_of", job_id=job_id)
    decision = decide(
        outcome,
        tries=segment["tries"],
        resends=segment["resends"],
        begun=bool(job["possible_duplicate"]) or _network_may_have_some(segments, but=segment["seq"]),
        policy=policy,
    )
    running = job["phase"] == "ready"
    failure = None if isinstance(outcome, Taken) else outcome.failure
    match decision.step:
        case Step.RECORD_TAKEN if isinstance(outcome, Taken):
            _record_taken(do, line, where, outcome, matcher=matcher, now=now)
            ended = _after_taken(do, job, policy, now=now)
            take_early_reports(do, line, outcome.reference, policy=policy, matcher=matcher, now=now)
            return Recorded(step=decision.step, finished=ended)
        case Step.WAIT:
            do.run("segment_untried", **where)
        case Step.RETRY:
            do.run("segment_status", status="pending", **where)
        case Step.RESEND:
            do.run("segment_resend", **where)
            do.run("job_mark_duplicate", id=job_id)
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
        hand_back_job(do, job_id, error=failure.code, text=failure.text, now=now)
    elif decision.step in (Step.REJECT, Step.GIVE_UP):
        finished = State.REJECTED if decision.step is Step.REJECT else State.UNKNOWN
        finish(do, job_id, finished, error=failure.code, text=failure.text, now=now)
    else:
        do.run("job_postpone", id=job_id, not_before=now + decision.pause_s)
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
        record(do, line, row["job_id"], row["seq"], outcome, policy=policy, matcher=matcher, now=now)
    return len(interrupted)


def expire(do: Statements, *, now: float, limit: int = 200) -> int:
    """End the jobs whose validity passed before the network took them whole; how many."""
    rows = do.rows("jobs_past_validity", now=now, limit=limit)
    for row in rows:
        if row["possible_duplicate"]:  # an earlier try may have delivered it
            state, text = State.UNKNOWN, "the validity passed after a try whose outcome is not known"
        else:
            state, text = State.EXPIRED, "the validity passed before the message could be submitted"
        finish(do, row["id"], state, error=BridgeError.EXPIRED, text=text, now=now)
    return len(rows)


def _record_taken(
    do: Statements, line: str, where: Mapping[str, int], taken: Taken, *, matcher: ReportMatcher, now: float
) -> None:
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
