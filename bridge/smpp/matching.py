"""Which submitted segment a delivery receipt means: the ``ReportMatcher`` of SMPP lines."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.line import NetworkReport
from bridge.log import get_logger
from bridge.matching import Candidate
from bridge.smpp.message_id import canonical_keys, clean, likeness, match

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageIdMatcher:
    """By message id alone, which is unique within one provider; see :mod:`bridge.smpp.message_id`."""

    def keys_of_reference(self, reference: str) -> tuple[str, ...]:
        """Keys to store for a segment that the SMSC took under this message_id."""
        return canonical_keys(reference)

    def keys_of_report(self, report: NetworkReport) -> tuple[str, ...]:
        """Keys under which the segment of this receipt may be stored."""
        keys = (key for reference in report.references for key in canonical_keys(reference))
        return tuple(dict.fromkeys(keys))

    def choose(
        self, report: NetworkReport, candidates: Sequence[Candidate], *, now: float
    ) -> Candidate | None:
        """The segment with the id that fits best; none where several different ids fit equally well.

        An id that the SMSC has used again means its newest segment, one still without a report first.
        """
        del now  # An id is good for as long as the spool remembers it: receipts come days late.
        reference = match(report.references, (clean(candidate.reference) for candidate in candidates))
        if reference is None:
            if any(likeness(item.reference, theirs) for item in candidates for theirs in report.references):
                log.warning("receipt.ambiguous", references=len(report.references), fitting=len(candidates))
            return None
        fitting = [candidate for candidate in candidates if clean(candidate.reference) == reference]
        return max(fitting, key=lambda candidate: (candidate.reported is None, candidate.taken_at))
