"""The schedules."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from gateway import wiring

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> dict[str, int]:  # noqa: ARG001 - Lambda's signature
    """Run the sweep that the schedule names."""
    sweeper = wiring.sweeper()
    if event.get("job") == "due":
        result = {"closed": sweeper.sweep_due()}
    else:
        result = {"moved": sweeper.sweep_waiting(), "closed": sweeper.sweep_expired()}
    metrics.add_metric(name="MessagesClosed", unit=MetricUnit.Count, value=result["closed"])
    if any(result.values()):
        logger.info("sweep.done", extra=result)
    return result
