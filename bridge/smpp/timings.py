"""When the SMPP line acts: every constant has a name and can be scaled for tests."""

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class SmppTimings:
    """All in seconds. The names in brackets are those of SMPP 3.4, 7.2."""

    connect_timeout_s: float = 15.0
    bind_timeout_s: float = 15.0
    """For the answer to a bind (session_init_timer)."""
    response_timeout_s: float = 30.0
    """For the answer to a submit_sm (response_timer); then its outcome is unknown."""
    enquire_link_interval_s: float = 30.0
    """Silence of the peer after which it is asked (enquire_link_timer)."""
    enquire_link_timeout_s: float = 10.0
    """For the answer to an enquire_link."""
    unbind_timeout_s: float = 5.0
    """For the answer to our unbind; then the connection is closed anyway."""
    reconnect_first_s: float = 1.0
    reconnect_most_s: float = 60.0
    """The pause before a new connection doubles between these two."""
    stable_after_s: float = 30.0
    """A bind that lasted this long makes the next pause the first one again."""
    already_bound_pause_s: float = 45.0
    """Pause after "already bound": the SMSC has to notice that the old connection is gone."""
    refused_pause_s: float = 120.0
    """Pause after a refused login, so that the provider does not lock the account."""
    throttle_first_s: float = 1.0
    throttle_most_s: float = 60.0
    """The pause after throttling answers doubles between these two."""

    def scaled(self, factor: float) -> "SmppTimings":
        """The same, faster or slower by a factor."""
        return replace(self, **{item.name: getattr(self, item.name) * factor for item in fields(self)})
