"""When the cloud connection acts: every constant has a name and can be scaled for tests."""

from dataclasses import dataclass, fields, replace

from gateway_contract.vocabulary import PULL_INTERVAL_S


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudTimings:
    """All in seconds."""

    open_timeout_s: float = 15.0
    """For TCP, TLS and the websocket handshake together."""
    answer_timeout_s: float = 10.0
    """For ``welcome``, the answer to a pull, and ``report_ack``; then the connection counts as dead."""
    pull_interval_s: float = PULL_INTERVAL_S
    rotate_after_s: float = 6000.0
    """When the next connection is opened; API Gateway ends one after two hours."""
    rotate_jitter_s: float = 900.0
    """Spread of the rotation, so that many bridges do not come back together."""
    retire_after_s: float = 10.0
    """How long the old connection stays open for answers after the new one was welcomed."""
    retry_report_after_s: float = 2.0
    """Pause before items answered ``retry`` are reported again."""
    backoff_first_s: float = 1.0
    backoff_most_s: float = 60.0
    refused_pause_s: float = 300.0
    """Pause after the cloud refused the token."""

    def scaled(self, factor: float) -> "CloudTimings":
        """The same, faster or slower by a factor."""
        return replace(self, **{item.name: getattr(self, item.name) * factor for item in fields(self)})
