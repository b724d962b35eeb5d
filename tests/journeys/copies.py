"""Empty copies of what the template made, so that the stack's own work is left alone."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from infra.local.paths import REGION
from infra.local.stack import LocalStack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


Copy = Callable[[str], tuple["DynamoDBClient", str]]


def access(stack: LocalStack) -> dict[str, Any]:
    environment = stack.environment()
    return {
        "endpoint_url": stack.endpoints.aws_endpoint,
        "region_name": REGION,
        "aws_access_key_id": environment["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": environment["AWS_SECRET_ACCESS_KEY"],
    }
