"""Operations of the hand-over: what the cloud offers, what it answers, what it is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from sqlite3 import Row

from bridge.spool.database import Statements
from gateway_contract.frames import Job, ReportItem
from gateway_contract.lifecycle import State
from gateway_contract.text import NotEncodableError, split
from gateway_contract.vocabulary import Answer, BridgeError, Encoding


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """An attempt's row in the outbox, with the item that tells it now."""

    job_id: int
    version: int
    item: ReportItem


def identity(do: Statements, *, new_id: str) -> str:
    """The id of this spool; ``new_id`` becomes it when the spool is new."""
    row = do.row("meta_get", key="spool_id")
    if row is not None:
        return str(row["value"])
    do.run("meta_set", key="spool_id", value=new_id)
    return new_id


def next_number(do: Statements, counter: str) -> int:
    """The next number of a counter that never repeats: ``connection`` or ``batch``."""
    (row,) = do.rows("meta_next", key=f"next_{counter}")
    return int(row["value"])


def offer(do: Statements, jobs: Sequence[Job], *, now: float) -> int:
    """Write offered jobs; they wait for the cloud's confirmation. A repeat is answered, not taken again.

    Returns:
        How many were new.
    """
    new = 0
    for job in jobs:
        inserted = do.rows(
            "job_insert",
            sms_id=job.sms_id,
            attempt=job.attempt,
            line=job.line,
            sender=job.sender,
            recipient=job.recipient,
            text=job.text,
            encoding=job.encoding,
            flash=job.flash,
            priority=job.priority,
            deadline=job.deadline,
            now=now,
        )
        new += len(inserted)
        found = inserted or do.rows("job_find", sms_id=job.sms_id, attempt=job.attempt)
        do.run("outbox_put", job_id=found[0]["id"])
    return new


def settle(do: Statements, news: News, answer: Answer, *, now: float) -> bool:
    """Take the cloud's answer to one item. Only ``done`` to ``spooled`` makes the job ours to submit.

    Returns:
        Whether the job became ready.
    """
    if answer is Answer.RETRY:
        return False
    job = _job(do, news.job_id)
    became_ready = False
    if answer is Answer.DONE:
        if job["phase"] == "offered" and news.item.state is State.SPOOLED:
            became_ready = _confirm(do, job, now=now)
    elif job["phase"] == "offered" or (job["phase"] == "ready" and not _begun(do, job["id"])):
        do.run("job_drop", id=job["id"], error="", error_text="", now=now)
    do.run("outbox_settle", job_id=news.job_id, version=news.version)
    return became_ready


def _confirm(do: Statements, job: Row, *, now: float) -> bool:
    try:
        parts = split(job["text"], encoding=Encoding(job["encoding"]))
    except NotEncodableError as error:
        finish(do, job["id"], State.REJECTED, error=BridgeError.NOT_ENCODABLE, text=str(error), now=now)
        return False
    concat_ref = None
    if len(parts.segments) > 1:
        # Counting up from there, two messages in a row to one recipient never share a reference; the
        # start differs by message, so that a new spool does not begin where the lost one did.
        first = sum(map(ord, job["recipient"] + job["sms_id"])) % 65536
        (row,) = do.rows("concat_ref_next", recipient=job["recipient"], first=first, now=now)
        concat_ref = row["ref"]
    do.run("job_confirm", id=job["id"], concat_ref=concat_ref, segments=len(parts.segments))
    for seq, segment in enumerate(parts.segments, start=1):
        do.run("segment_insert", job_id=job["id"], seq=seq, text=segment.text, alphabet=parts.alphabet)
    return True


def cancel(do: Statements, sms_ids: Sequence[str], *, now: float) -> int:
    """Drop jobs that the cloud has cancelled and that no segment has left yet; how many."""
    dropped = 0
    for sms_id in sms_ids:
        for row in do.rows("jobs_cancellable", sms_id=sms_id):
            do.run("job_drop", id=row["id"], error="", error_text="", now=now)
            dropped += 1
    return dropped


def hand_back(do: Statements, line: str, *, error: str, text: str, now: float, limit: int = 500) -> int:
    """Give back the jobs of a line that no byte has left for; how many."""
    rows = do.rows("jobs_unbegun_of_line", line=line)[:limit]
    for row in rows:
        hand_back_job(do, row["id"], error=error, text=text, now=now)
    return len(rows)


def hand_back_job(do: Statements, job_id: int, *, error: str, text: str, now: float) -> None:
    """Give one job back; the cloud hears why."""
    do.run("job_drop", id=job_id, error=error, error_text=text, now=now)
    do.run("outbox_put", job_id=job_id)


def return_offer(do: Statements, job: Job, *, error: str, text: str, now: float) -> None:
    """Give back an offered job that nothing was done with."""
    for row in do.rows("job_find", sms_id=job.sms_id, attempt=job.attempt):
        if _job(do, row["id"])["phase"] == "offered":
            hand_back_job(do, row["id"], error=error, text=text, now=now)


def finish(
    do: Statements,
    job_id: int,
    state: State,
    *,
    error: str = "",
    text: str = "",
    detail: str = "",
    now: float,
) -> None:
    """End a job; the cloud hears of it."""
    do.run("job_finish", id=job_id, state=state, error=error, error_text=text, detail=detail, now=now)
    do.run("outbox_put", job_id=job_id)


def news(do: Statements, *, after: int, limit: int) -> list[News]:
    """What the cloud has not acknowledged, by job id greater than ``after``."""
    return [
        News(job_id=row["job_id"], version=row["version"], item=_item(do, row["job_id"]))
        for row in do.rows("outbox_after", after=after, limit=limit)
    ]


def unfinished(do: Statements) -> Mapping[str, int]:
    """How many jobs of each line still need it."""
    return {row["line"]: row["jobs"] for row in do.rows("jobs_unfinished")}


def _item(do: Statements, job_id: int) -> ReportItem:
    job = _job(do, job_id)
    taken = [row for row in do.rows("segments_of", job_id=job_id) if row["status"] == "taken"]
    return ReportItem(
        sms_id=job["sms_id"],
        attempt=job["attempt"],
        state=_state(job),
        spooled_at=job["spooled_at"],
        submitted_at=job["submitted_at"],
        done_at=job["done_at"],
        sender=job["sender"],
        segments=job["segments"],
        segments_sent=len(taken),
        references=tuple(row["reference"] for row in taken),
        error=job["error"],
        error_text=job["error_text"],
        detail=job["detail"],
        possible_duplicate=bool(job["possible_duplicate"]),
    )


def _state(job: Row) -> State | None:
    match job["phase"]:
        case "offered" | "ready":
            return State.SPOOLED
        case "submitted":
            return State.SUBMITTED
        case "done":
            return State(job["state"])
        case _:
            return None


def _begun(do: Statements, job_id: int) -> bool:
    return any(row["status"] != "pending" for row in do.rows("segments_of", job_id=job_id))


def _job(do: Statements, job_id: int) -> Row:
    row = do.row("job_get", id=job_id)
    if row is None:
        raise LookupError(f"job {job_id} is not in the spool")
    return row
