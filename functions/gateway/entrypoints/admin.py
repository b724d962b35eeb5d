"""Direct invocations by the operator's command line (IAM decides who may)."""

from typing import Any

from gateway import wiring
from gateway.usecases.administer import AdminError


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Carry out one command."""
    arguments = {name: value for name, value in event.items() if name != "command"}
    try:
        return {"ok": True, **wiring.administration().run(str(event.get("command", "")), arguments)}
    except AdminError as error:
        return {"ok": False, "problems": error.problems}
