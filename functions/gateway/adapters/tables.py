"""The small tables on DynamoDB: Bridges, Settings, Counters."""

from collections.abc import Mapping
from contextlib import suppress
from json import dumps, loads
from typing import TYPE_CHECKING, Any, Final

from gateway.adapters.attributes import from_attributes, to_attribute, to_attributes, translated
from gateway.domain.message import Item
from gateway.usecases.ports import ConflictError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_POINTER: Final = {"generation": {"S": "current"}, "name": {"S": "pointer"}}


class BridgesTable:
    """``gateway.usecases.ports.Bridges``."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, bridge_id: str) -> Item | None:
        """Read one bridge, as last written."""
        with translated():
            answer = self._client.get_item(
                TableName=self._table, Key={"bridge_id": {"S": bridge_id}}, ConsistentRead=True
            )
        return from_attributes(answer["Item"]) if "Item" in answer else None

    def all(self) -> list[Item]:
        """Read all bridges: an office has few."""
        with translated():
            pages = self._client.get_paginator("scan").paginate(TableName=self._table)
            return [from_attributes(item) for page in pages for item in page["Items"]]

    def add(self, bridge_id: str, attributes: Item) -> None:
        """Add a bridge."""
        with translated():
            self._client.put_item(
                TableName=self._table,
                Item=to_attributes({"bridge_id": bridge_id, **attributes}),
                ConditionExpression="attribute_not_exists(bridge_id)",
            )

    def connect(self, bridge_id: str, *, connection_id: str, sequence: int, attributes: Item) -> None:
        """Make a connection the live one; ``sequence`` 0 is greater than any of another spool."""
        condition = "attribute_exists(bridge_id)"
        if sequence:
            condition += " AND (attribute_not_exists(connection_seq) OR connection_seq < :sequence)"
        self._update(
            bridge_id,
            {**attributes, "connection_id": connection_id},
            condition=condition,
            values={":sequence": sequence} if sequence else {},
        )

    def disconnect(self, bridge_id: str, connection_id: str) -> None:
        """Clear the live connection if it is still this one."""
        self._update_if_live(bridge_id, connection_id, {"connection_id": ""})

    def touch(self, bridge_id: str, connection_id: str, attributes: Item) -> None:
        """Note attributes of a live connection."""
        self._update_if_live(bridge_id, connection_id, attributes)

    def _update_if_live(self, bridge_id: str, connection_id: str, attributes: Item) -> None:
        with suppress(ConflictError):  # a newer connection has taken over: this one's word no longer counts
            self._update(
                bridge_id,
                attributes,
                condition="connection_id = :live",
                values={":live": connection_id},
            )

    def _update(self, bridge_id: str, attributes: Item, *, condition: str, values: Mapping[str, Any]) -> None:
        names = {f"#{number}": name for number, name in enumerate(attributes)}
        new = {f":{number}": value for number, value in enumerate(attributes.values())}
        with translated():
            self._client.update_item(
                TableName=self._table,
                Key={"bridge_id": {"S": bridge_id}},
                UpdateExpression="SET " + ", ".join(f"{name} = :{name[1:]}" for name in names),
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=to_attributes({**new, **values}),
            )


class SettingsTable:
    """``gateway.usecases.ports.Settings``: generations, a pointer to the current one, and secrets."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def current(self) -> tuple[str, Mapping[str, Any]]:
        """Name and content of the current generation."""
        pointer = self._get("current", "pointer")
        if pointer is None:
            return "", {}
        generation = str(pointer["value"])
        content = self._get(generation, "content")
        return generation, loads(content["value"]) if content else {}

    def replace(self, *, expected: str, generation: str, content: Mapping[str, Any]) -> None:
        """Write a generation, then flip the pointer to it."""
        self._put(generation, "content", dumps(content))
        with translated():
            self._client.update_item(
                TableName=self._table,
                Key=_POINTER,
                UpdateExpression="SET #value = :new",
                ConditionExpression="#value = :expected" if expected else "attribute_not_exists(#value)",
                ExpressionAttributeNames={"#value": "value"},
                ExpressionAttributeValues=to_attributes(
                    {":new": generation, **({":expected": expected} if expected else {})}
                ),
            )

    def secret(self, extension: int) -> str | None:
        """The signing secret of an API extension."""
        item = self._get("secret", str(extension))
        return str(item["value"]) if item else None

    def keep_secret(self, extension: int, secret: str) -> None:
        """Keep a new signing secret."""
        self._put("secret", str(extension), secret)

    def _get(self, generation: str, name: str) -> dict[str, Any] | None:
        with translated():
            answer = self._client.get_item(
                TableName=self._table,
                Key={"generation": {"S": generation}, "name": {"S": name}},
                ConsistentRead=True,
            )
        return from_attributes(answer["Item"]) if "Item" in answer else None

    def _put(self, generation: str, name: str, value: str) -> None:
        with translated():
            self._client.put_item(
                TableName=self._table,
                Item=to_attributes({"generation": generation, "name": name, "value": value}),
            )


class CountersTable:
    """``gateway.usecases.ports.Counters``."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def read(self, counter: str) -> int:
        """A counter's value; 0 for a new one."""
        with translated():
            answer = self._client.get_item(TableName=self._table, Key={"counter": {"S": counter}})
        return int(from_attributes(answer["Item"])["value"]) if "Item" in answer else 0

    def write(self, counter: str, value: int) -> None:
        """Set a counter."""
        with translated():
            self._client.put_item(
                TableName=self._table, Item={"counter": {"S": counter}, "value": to_attribute(value)}
            )
