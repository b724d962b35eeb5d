"""The Notifications queue."""

from json import loads
from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import SQSEvent

from gateway import wiring
from gateway.domain.notification import Notification

logger = Logger()
metrics = Metrics()

_PAUSES_S: Final = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 21_600, 39_600)
"""Before the second try, the third, …; the redrive policy ends it. SQS hides a message for 12 h at most,
counted from when it was received."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Post each notification; what was not taken stays in the queue for its next try."""
    failed = []
    for record in SQSEvent(event).records:
        notification = Notification.from_json(loads(record.body))
        problem = wiring.notifier().post(notification)
        if problem:
            tries = int(record.attributes.approximate_receive_count)
            logger.warning(
                "notification.failed",
                extra={"event_id": notification.event_id, "tries": tries, "reason": problem},
            )
            pause = _PAUSES_S[min(tries, len(_PAUSES_S)) - 1]
            wiring.notifications().postpone(record.receipt_handle, pause)
            failed.append({"itemIdentifier": record.message_id})
    if failed:
        metrics.add_metric(name="NotificationsFailed", unit=MetricUnit.Count, value=len(failed))
        metrics.flush_metrics()  # only when there is something to say: each flush costs a log line
    return {"batchItemFailures": failed}
