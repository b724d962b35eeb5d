"""The Notifications queue."""

from json import loads
from typing import Any, Final

from aws_lambda_powertools import Logger

from gateway import wiring
from gateway.domain.notification import Notification

logger = Logger()

_PAUSES_S: Final = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 21_600, 43_200)
"""Before the second try, the third, …; the queue's redrive policy ends it."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Post each notification; what was not taken stays in the queue for its next try."""
    failed = []
    for record in event["Records"]:
        notification = Notification.from_json(loads(record["body"]))
        problem = wiring.notifier().post(notification)
        if problem:
            tries = int(record["attributes"]["ApproximateReceiveCount"])
            logger.warning("notification.failed", event_id=notification.event_id, tries=tries, reason=problem)
            pause = _PAUSES_S[min(tries, len(_PAUSES_S)) - 1]
            wiring.notifications().postpone(record["receiptHandle"], pause)
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
