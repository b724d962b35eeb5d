"""Operations of reports: which segment one speaks of, and what it makes of the message."""

import json
from dataclasses import asdict
from datetime import datetime
from sqlite3 import Row

from bridge.line import NetworkReport, ReceivedSegment
from bridge.matching import Candidate, ReportMatcher
from bridge.policy import LinePolicy, Reports, advance_segment, aggregate, worst
from bridge.spool.database import Statements
from bridge.spool.handover import finish
from gateway_contract.lifecycle import State, advance
from gateway_contract.vocabulary import BridgeError

_CREDIBLE_S = 7 * 24 * 3600.0
"""A network's time of delivery that is further from ours than this is not passed on."""


def take_report(
    do: Statements,
    line: str,
    report: NetworkReport,
    *,
    policy: LinePolicy,
    matcher: ReportMatcher,
    now: float,
) -> Candidate | None:
    """Record a report with its segment, or hold it: it may have overtaken the answer to the submit."""
    segment = _match(do, line, report, matcher, now=now)
    if segment is None:
        for key in matcher.keys_of_report(report):
            do.run("early_report_insert", line=line, key=key, report=_to_json(report), now=now)
    else:
        _record(do, segment, report, policy=policy, now=now)
    return segment


def take_early_reports(
    do: Statements, line: str, reference: str, *, policy: LinePolicy, matcher: ReportMatcher, now: float
) -> None:
    """Match the reports on hold that may mean a segment which has just got its reference."""
    for held_under in matcher.keys_of_reference(reference):
        for row in do.rows("early_reports_of", line=line, key=held_under):
            report = _from_json(row["report"])
            segment = _match(do, line, report, matcher, now=now)
            if segment is not None:
                for key in matcher.keys_of_report(report):
                    do.run("early_report_delete", line=line, key=key, report=row["report"])
                _record(do, segment, report, policy=policy, now=now)


def close_unreported(do: Statements, *, now: float, report_window_s: float, limit: int = 200) -> int:
    """End the jobs whose reports did not come in time, by what did come; how many."""
    rows = do.rows("jobs_past_report_window", now=now, report_window=report_window_s, limit=limit)
    for row in rows:
        states = [_reported(segment) for segment in do.rows("segments_of", job_id=row["id"])]
        failed = worst([state for state in states if state is not State.DELIVERED])
        text = "not every segment was reported in time"
        finish(do, row["id"], failed or State.UNKNOWN, error=BridgeError.NO_REPORT, text=text, now=now)
    return len(rows)


def keep_received(do: Statements, line: str, segment: ReceivedSegment, *, now: float) -> None:
    """Keep what a handset sent."""
    record = asdict(segment) | {
        "data": segment.data.hex(),
        "raw": segment.raw.hex(),
        "sent_at": segment.sent_at and segment.sent_at.isoformat(),
    }
    do.run("received_insert", line=line, segment=json.dumps(record), now=now)


def _match(
    do: Statements, line: str, report: NetworkReport, matcher: ReportMatcher, *, now: float
) -> Candidate | None:
    found: dict[tuple[int, int], Candidate] = {}
    for key in matcher.keys_of_report(report):
        for row in do.rows("report_candidates", line=line, key=key):
            found.setdefault((row["job_id"], row["seq"]), _candidate(row))
    return matcher.choose(report, list(found.values()), now=now) if found else None


def _candidate(row: Row) -> Candidate:
    return Candidate(
        job_id=row["job_id"],
        seq=row["seq"],
        reference=row["reference"],
        recipient=row["recipient"],
        taken_at=row["taken_at"],
        reported=_reported(row),
    )


def _record(
    do: Statements, candidate: Candidate, report: NetworkReport, *, policy: LinePolicy, now: float
) -> None:
    if report.state is None or advance_segment(candidate.reported, report.state) is candidate.reported:
        return
    do.run(
        "segment_reported",
        job_id=candidate.job_id,
        seq=candidate.seq,
        state=report.state,
        code=report.code,
        detail=report.detail,
    )
    conclude(do, candidate.job_id, policy.reports, done_at=_done_at(report, now))


def conclude(do: Statements, job_id: int, mode: Reports, *, done_at: float) -> None:
    """End the job, or correct its ``unknown``, where its segments' reports now say so."""
    job = do.row("job_get", id=job_id)
    if job is None or job["phase"] not in ("submitted", "done"):
        return
    segments = do.rows("segments_of", job_id=job_id)
    state = aggregate([_reported(segment) for segment in segments], mode)
    recorded = State(job["state"]) if job["state"] else State.SUBMITTED
    if state is None or advance(recorded, state) is recorded:
        return
    told = next((segment for segment in segments if segment["report_state"] == state), None)
    finish(
        do,
        job_id,
        state,
        error=told["report_code"] if told and state is not State.DELIVERED else "",
        detail=told["report_detail"] if told else "",
        now=max(done_at, job["submitted_at"]),  # the network's clock may be behind ours
    )


def _reported(row: Row) -> State | None:
    return State(row["report_state"]) if row["report_state"] else None


def _done_at(report: NetworkReport, now: float) -> float:
    if report.done_at is None:
        return now
    at = report.done_at.timestamp()
    return at if abs(at - now) <= _CREDIBLE_S else now


def _to_json(report: NetworkReport) -> str:
    return json.dumps(asdict(report) | {"done_at": report.done_at and report.done_at.isoformat()})


def _from_json(text: str) -> NetworkReport:
    record = json.loads(text)
    return NetworkReport(
        references=tuple(record["references"]),
        recipient=record["recipient"],
        state=State(record["state"]) if record["state"] else None,
        detail=record["detail"],
        code=record["code"],
        done_at=datetime.fromisoformat(record["done_at"]) if record["done_at"] else None,
    )
