"""What time alone does to the spool: deadlines that pass, and memories that fade."""

from collections.abc import Collection
from typing import Final

from bridge.spool.database import Statements
from bridge.spool.handover import finish, hand_back_job
from bridge.spool.reports import close_unreported
from bridge.spool.submission import expire
from gateway_contract.lifecycle import State
from gateway_contract.vocabulary import BridgeError

HOLD_EARLY_REPORTS_S: Final = 60.0
"""How long a report may be ahead of the answer to its submit."""
_FORGET_AT_ONCE: Final = 500


def close_removed_lines(do: Statements, configured: Collection[str], *, now: float) -> int:
    """End the jobs of lines that the settings no longer have: hand back what is unbegun, give up the rest.

    Returns:
        How many jobs there were.
    """
    closed = 0
    for row in do.rows("lines_with_jobs"):
        line = str(row["line"])
        if line in configured:
            continue
        jobs = do.rows("jobs_of_line", line=line)
        unbegun = {job["id"] for job in do.rows("jobs_unbegun_of_line", line=line)}
        text = f"line {line} is no longer on this bridge"
        for job in jobs:
            if job["phase"] == "offered" or job["id"] in unbegun:
                hand_back_job(do, job["id"], error=BridgeError.LINE_REMOVED, text=text, now=now)
            else:
                finish(do, job["id"], State.UNKNOWN, error=BridgeError.LINE_REMOVED, text=text, now=now)
        closed += len(jobs)
    return closed


def run(do: Statements, *, now: float, report_window_s: float, remember_s: float) -> int:
    """Close what has outlived its deadline and forget what ended long ago.

    Returns:
        How many jobs were closed, which the cloud has to hear.
    """
    closed = expire(do, now=now) + close_unreported(do, now=now, report_window_s=report_window_s)
    do.run("early_reports_expire", before=now - HOLD_EARLY_REPORTS_S)
    do.run("jobs_forget", before=now - remember_s, limit=_FORGET_AT_ONCE)
    do.run("concat_refs_forget", before=now - remember_s)
    return closed
