"""Every time constant of the modem driver, in seconds."""

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class ModemTimings:
    """How long to wait for what."""

    sync_s: float = 1.0
    """For the answer to one of the first ``AT``, while the modem may still be finding its speed."""
    command_s: float = 10.0
    """For the answer to an ordinary command; SIM access can take some seconds."""
    prompt_s: float = 10.0
    """For the prompt after ``AT+CMGS``."""
    submit_s: float = 150.0
    """For the result after Ctrl-Z: some modems speak after 135 s."""
    ok_after_reference_s: float = 5.0
    """For the OK behind ``+CMGS``; the message is sent by then."""
    sim_ready_s: float = 20.0
    """For the SIM after its PIN."""
    sim_retry_s: float = 1.0
    """Between two questions whether the SIM is ready."""
    registration_retry_s: float = 5.0
    """Between two questions whether the modem is registered."""
    health_s: float = 60.0
    """Silence after which an idle modem is asked for its signal."""
    reopen_first_s: float = 0.5
    """Pause before the first reopening; doubles up to ``reopen_most_s``."""
    reopen_most_s: float = 30.0
    refused_s: float = 300.0
    """Pause before a SIM that needs a person is looked at again."""

    def scaled(self, factor: float) -> "ModemTimings":
        """All times multiplied by ``factor``."""
        return replace(self, **{field.name: getattr(self, field.name) * factor for field in fields(self)})
