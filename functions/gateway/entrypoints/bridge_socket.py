"""All routes of the WebSocket API."""

from typing import Any

from gateway import wiring
from gateway_contract.wire import encode


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Answer one frame, or take note that a connection opened or ended."""
    call = event["requestContext"]
    bridge_id = (call.get("authorizer") or {}).get("bridge_id", "")
    connection_id = call["connectionId"]
    match call["routeKey"]:
        case "$connect":
            return {"statusCode": 200}
        case "$disconnect":
            if bridge_id:
                wiring.bridges().disconnect(bridge_id, connection_id)
            return {"statusCode": 200}
    answer = wiring.bridge_socket().answer(bridge_id, connection_id, event.get("body") or "")
    return {"statusCode": 200} if answer is None else {"statusCode": 200, "body": encode(answer)}
