"""The Messages table on DynamoDB."""

from collections.abc import Iterator
from contextlib import contextmanager
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from gateway.adapters.attributes import (
    CONDITION_FAILED,
    from_attributes,
    to_attribute,
    to_attributes,
    translated,
)
from gateway.domain.message import SHARDS, Item, not_before_of, waiting_line
from gateway.usecases.ports import Change, Changed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LEAST_PAGE: Final = 25
_MOST_PAGES: Final = 20
"""Pages of a shard that one look reads at most, where postponed messages are in the way."""


class MessagesTable:
    """``gateway.usecases.ports.Messages``."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def put_new(self, item: Item) -> Item | None:
        """Write a new message, or give the one that has its id."""
        try:
            with _conditional():
                self._client.put_item(
                    TableName=self._table,
                    Item=to_attributes(item),
                    ConditionExpression="attribute_not_exists(sms_id)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except _ConditionError as error:
            return error.item or self.get(str(item["sms_id"]))
        return None

    def get(self, sms_id: str) -> Item | None:
        """Read one message, as last written."""
        with translated():
            answer = self._client.get_item(
                TableName=self._table, Key={"sms_id": {"S": sms_id}}, ConsistentRead=True
            )
        return from_attributes(answer["Item"]) if "Item" in answer else None

    def change(self, sms_id: str, change: Change) -> Changed:
        """Write one message where the condition holds."""
        expression = _Expression()
        updates = [f"{expression.name(key)} = {expression.value(value)}" for key, value in change.put.items()]
        updates += [
            f"{expression.name(key)} = if_not_exists({expression.name(key)}, {expression.value(value)})"
            for key, value in change.put_if_absent.items()
        ]
        removals = [expression.name(key) for key in change.remove]
        conditions = [
            "attribute_exists(sms_id)",
            f"{expression.name('attempt')} = {expression.value(change.attempt)}",
        ]
        if change.bridge is not None:
            conditions.append(f"{expression.name('bridge')} = {expression.value(change.bridge)}")
        if change.states is not None:
            states = ", ".join(expression.value(state) for state in change.states)
            conditions.append(f"{expression.name('state')} IN ({states})")
        try:
            with _conditional():
                answer = self._client.update_item(
                    TableName=self._table,
                    Key={"sms_id": {"S": sms_id}},
                    UpdateExpression=(f"SET {', '.join(updates)}" if updates else "")
                    + (f" REMOVE {', '.join(removals)}" if removals else ""),
                    ConditionExpression=" AND ".join(conditions),
                    ExpressionAttributeNames=expression.names,
                    ExpressionAttributeValues=expression.values,
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except _ConditionError as error:
            return Changed(done=False, item=error.item or self.get(sms_id))
        return Changed(done=True, item=from_attributes(answer["Attributes"]))

    def waiting(self, line: str, *, limit: int, now: float) -> list[Item]:
        """The next messages of a line, merged over its shards."""
        shards = [self._waiting_of_shard(waiting_line(line, shard), limit, now) for shard in range(SHARDS)]
        merged = merge(*shards, key=lambda item: str(item["waiting_order"]))
        return list(islice(merged, limit))

    def due(self, hour: int, *, before: float) -> list[str]:
        """Ids of messages whose deadline is in that hour and has passed."""
        found: list[str] = []
        for shard in range(SHARDS):
            with translated():
                pages = self._client.get_paginator("query").paginate(
                    TableName=self._table,
                    IndexName="by_due",
                    KeyConditionExpression="due_hour = :hour AND deadline <= :before",
                    ExpressionAttributeValues={
                        ":hour": {"S": f"{hour}#{shard}"},
                        ":before": to_attribute(before),
                    },
                )
                found += [item["sms_id"]["S"] for page in pages for item in page["Items"]]
        return found

    def _waiting_of_shard(self, key: str, limit: int, now: float) -> list[Item]:
        """The best of a shard that are ready; postponed ones stand before others of lower priority."""
        ready: list[Item] = []
        with translated():
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName="waiting",
                KeyConditionExpression="waiting_line = :line",
                ExpressionAttributeValues={":line": {"S": key}},
                PaginationConfig={"PageSize": max(limit, _LEAST_PAGE)},
            )
            for page in islice(pages, _MOST_PAGES):
                items = map(from_attributes, page["Items"])
                ready += [item for item in items if not_before_of(item) <= now]
                if len(ready) >= limit:
                    break
        return ready


class _Expression:
    """Collects the names and values of an expression under short placeholders."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}

    def name(self, attribute: str) -> str:
        self.names[f"#{attribute}"] = attribute
        return f"#{attribute}"

    def value(self, value: Any) -> str:
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = to_attribute(value)
        return placeholder


class _ConditionError(Exception):
    def __init__(self, item: Item | None) -> None:
        super().__init__()
        self.item = item


@contextmanager
def _conditional() -> Iterator[None]:
    """As :func:`translated`, but a failed condition brings the item that stood in its way."""
    with translated():
        try:
            yield
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != CONDITION_FAILED:
                raise
            old: Any = error.response.get("Item")
            raise _ConditionError(from_attributes(old) if old else None) from None
