"""What time alone does to the spool: deadlines that pass, and memories that fade."""

from typing import Final

from bridge.spool.database import Statements
from bridge.spool.reports import close_unreported
from bridge.spool.submission import expire

HOLD_EARLY_REPORTS_S: Final = 60.0
"""How long a report may be ahead of the answer to its submit."""
_FORGET_AT_ONCE: Final = 500


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
