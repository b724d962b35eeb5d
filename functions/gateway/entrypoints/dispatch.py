"""The stream of the Messages table."""

from typing import Any

from aws_lambda_powertools import Logger

from gateway import wiring

logger = Logger()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Push what has become ``queued``. Never fails: a repeated batch would only push twice."""
    from gateway.adapters.attributes import from_attributes

    images = [record["dynamodb"].get("NewImage") for record in event["Records"]]
    items = [from_attributes(image) for image in images if image]
    try:
        wiring.dispatcher().push(item for item in items if item.get("state") == "queued")
    except Exception:
        logger.exception("dispatch.failed")
    return {}
