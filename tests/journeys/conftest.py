"""One deployed stack, with its office, for all journeys of a run; empty copies of its tables and a queue."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import boto3
import pytest

from infra.local.paths import ROOT
from infra.local.progress import say
from infra.local.site import Site
from infra.local.stack import LocalStack
from tests.journeys.copies import Copy, access
from tests.journeys.office import Caller

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    stack = LocalStack.start(ROOT / ".run" / "journeys", progress=say)
    yield stack
    stack.stop()


@pytest.fixture(scope="session")
def site(stack: LocalStack) -> Site:
    return Site.start(stack, progress=say)


@pytest.fixture
def caller(site: Site) -> Caller:
    return Caller(site)


@pytest.fixture
def copy_of(stack: LocalStack) -> Iterator[Copy]:
    """Makes an empty table like the one that an output of the template names."""
    client = boto3.client("dynamodb", **access(stack))
    with closing(client), ExitStack() as made:

        def copy(output: str) -> tuple["DynamoDBClient", str]:
            table = client.describe_table(TableName=stack.endpoints.outputs[output])["Table"]
            name = f"copy-{uuid4()}"
            wanted: dict[str, Any] = {
                "AttributeDefinitions": table["AttributeDefinitions"],
                "KeySchema": table["KeySchema"],
            }
            if "GlobalSecondaryIndexes" in table:
                wanted["GlobalSecondaryIndexes"] = [
                    {key: index[key] for key in ("IndexName", "KeySchema", "Projection")}
                    for index in cast(list[dict[str, Any]], table["GlobalSecondaryIndexes"])
                ]
            client.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **wanted)
            made.callback(client.delete_table, TableName=name)
            return client, name

        yield copy


@pytest.fixture
def empty_queue(stack: LocalStack) -> Iterator[tuple["SQSClient", str]]:
    client = boto3.client("sqs", **access(stack))
    with closing(client):
        url = client.create_queue(QueueName=f"copy-{uuid4()}")["QueueUrl"]
        yield client, url
        client.delete_queue(QueueUrl=url)


@pytest.fixture(params=["memory", "deployed"])
def copy_or_none(request: pytest.FixtureRequest) -> Copy | None:
    return cast(Copy, request.getfixturevalue("copy_of")) if request.param == "deployed" else None
