"""Which segment a report from the network speaks of.

The spool stores *keys* for each submitted segment and finds candidates by the keys of a report; the matcher
of the line's kind then chooses among the candidates, or none when that would be a guess.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from bridge.line import NetworkReport
from gateway_contract.lifecycle import State

_NUMBER_TAIL: Final = 7
"""Digits compared between recipient and report: networks change the front of a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A submitted segment that a report may mean."""

    job_id: int
    seq: int
    reference: str
    recipient: str
    taken_at: float
    reported: State | None
    """What an earlier report of it said."""


class ReportMatcher(Protocol):
    """The matching rules of one kind of line."""

    def keys_of_reference(self, reference: str) -> tuple[str, ...]:
        """Keys to store for a segment that the network took under this reference."""

    def keys_of_report(self, report: NetworkReport) -> tuple[str, ...]:
        """Keys under which the segment of this report may be stored, the best first."""

    def choose(
        self, report: NetworkReport, candidates: Sequence[Candidate], *, now: float
    ) -> Candidate | None:
        """The one segment that the report means, if that is certain enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReportMatcher:
    """GSM: TP-MR is one octet and wraps, so number and time must agree too (3GPP TS 23.040, 9.2.3.6)."""

    window_s: float = 7 * 24 * 3600.0
    """How long ago a segment may have been taken."""

    def keys_of_reference(self, reference: str) -> tuple[str, ...]:
        """The TP-MR itself."""
        return (reference,)

    def keys_of_report(self, report: NetworkReport) -> tuple[str, ...]:
        """The TP-MR itself."""
        return report.references

    def choose(
        self, report: NetworkReport, candidates: Sequence[Candidate], *, now: float
    ) -> Candidate | None:
        """The newest segment of that recipient; one still without a report before one that has its own."""
        fitting = [
            candidate
            for candidate in candidates
            if now - candidate.taken_at <= self.window_s
            and _same_number(candidate.recipient, report.recipient)
        ]
        fitting.sort(key=lambda candidate: (candidate.reported is None, candidate.taken_at), reverse=True)
        return fitting[0] if fitting else None


def _same_number(recipient: str, reported: str) -> bool:
    ours = "".join(char for char in recipient if char.isdigit())
    theirs = "".join(char for char in reported if char.isdigit())
    if not theirs:
        return True
    tail = min(_NUMBER_TAIL, len(ours), len(theirs))
    return ours[-tail:] == theirs[-tail:]
