"""The authorizer of ``$connect``: a bridge shows its token, and later frames carry its name."""

import hmac
from typing import Any

from gateway import wiring
from gateway.usecases.administer import hash_secret


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Allow a connection whose ``Authorization`` header is ``bridge_id.secret``."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    bridge_id, _, secret = str(headers.get("authorization", "")).partition(".")
    bridge = wiring.bridges().get(bridge_id) if bridge_id and secret else None
    expected = str(bridge["token_hash"]) if bridge and not bridge.get("revoked") else ""
    allowed = hmac.compare_digest(hash_secret(secret), expected)
    return {
        "principalId": bridge_id if allowed else "nobody",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow" if allowed else "Deny",
                    "Resource": event["methodArn"],
                }
            ],
        },
        "context": {"bridge_id": bridge_id} if allowed else {},
    }
