"""One notification to its caller: signed, to an address that may be called."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gateway.domain.notification import Notification, signature_headers
from gateway.usecases.ports import Configured, Settings


class WebhookClient(Protocol):
    """Posts to callers' web servers."""

    def post(self, url: str, *, body: bytes, headers: dict[str, str], configured: Configured) -> str:
        """Post once; empty when any 2xx came back, else a short reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """Posts notifications."""

    settings: Settings
    configured: Configured
    webhooks: WebhookClient
    now: Callable[[], float]

    def post(self, notification: Notification) -> str:
        """Post one; empty when the caller took it, else why not."""
        body = notification.body()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        secret = self.settings.secret(notification.extension)
        if secret is not None:
            headers |= signature_headers(
                secret, event_id=notification.event_id, timestamp=int(self.now()), body=body
            )
        return self.webhooks.post(notification.url, body=body, headers=headers, configured=self.configured)
