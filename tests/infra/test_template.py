"""What the template promises: who may do what, what is kept, and how its numbers fit together."""

import os
import re
import subprocess
import sys
from typing import Any

from gateway.entrypoints import notify
from infra.local.paths import FUNCTIONS

Functions = dict[str, dict[str, Any]]

DAY = 86_400

READ_SETTINGS = "Settings: dynamodb:GetItem"
CONSUME = "sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage"

POLICIES = {
    "HttpApiFunction": ["Messages: dynamodb:GetItem dynamodb:PutItem", READ_SETTINGS],
    "BridgeAuthorizerFunction": ["Bridges: dynamodb:GetItem"],
    "BridgeSocketFunction": [
        "Bridges: dynamodb:GetItem dynamodb:UpdateItem",
        "Messages/index/waiting: dynamodb:Query",
        "Messages: dynamodb:GetItem dynamodb:UpdateItem",
        "Notifications: sqs:SendMessage",
        READ_SETTINGS,
    ],
    "DispatchFunction": [
        "*: dynamodb:ListStreams",
        "Bridges: dynamodb:GetItem dynamodb:UpdateItem",
        "Messages stream: dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator",
        "WebSocketApi/live/POST/@connections/*: execute-api:ManageConnections",
    ],
    "NotifyFunction": [f"Notifications: {CONSUME}", READ_SETTINGS],
    "SweepFunction": [
        "Bridges: dynamodb:Scan",
        "Counters: dynamodb:GetItem dynamodb:PutItem",
        "Messages/index/by_due: dynamodb:Query",
        "Messages/index/waiting: dynamodb:Query",
        "Messages: dynamodb:GetItem dynamodb:UpdateItem",
        "Notifications: sqs:SendMessage",
        READ_SETTINGS,
    ],
    "AdminFunction": [
        "Bridges: dynamodb:PutItem",
        "Settings: dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem",
    ],
}


def test_each_function_may_do_exactly_this(functions: Functions) -> None:
    assert {name: sorted(granted(properties)) for name, properties in functions.items()} == POLICIES


def test_every_handler_imports_with_an_empty_environment(functions: Functions) -> None:
    script = f"import sys; sys.path.insert(0, {str(FUNCTIONS)!r})\n" + "".join(
        "from {} import {}\n".format(*properties["Handler"].rsplit(".", 1))
        for properties in functions.values()
    )
    imported = subprocess.run(
        [sys.executable, "-B", "-c", script], env={}, cwd=os.sep, capture_output=True, text=True, check=False
    )
    assert (imported.returncode, imported.stderr) == (0, "")


def test_every_function_has_a_build_target(functions: Functions) -> None:
    listed = re.search(r"^FUNCTIONS = (.*)$", (FUNCTIONS / "Makefile").read_text(), re.MULTILINE)
    assert listed
    assert sorted(f"{name}Function" for name in listed[1].split()) == sorted(functions)


def test_every_function_logs_where_retention_is_set(template: dict[str, Any], functions: Functions) -> None:
    for properties in functions.values():
        logs = template["Resources"][properties["LoggingConfig"]["LogGroup"]["Ref"]]
        assert logs["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_tables_keep_their_data(template: dict[str, Any]) -> None:
    tables = [entry for entry in template["Resources"].values() if entry["Type"] == "AWS::DynamoDB::Table"]
    assert len(tables) == 4
    for table in tables:
        assert table["DeletionPolicy"] == "RetainExceptOnCreate"
        assert table["UpdateReplacePolicy"] == "Retain"
        assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["Properties"]["SSESpecification"] == {"SSEEnabled": True}
        assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST"


def test_a_notification_in_work_is_not_handed_out_again(
    template: dict[str, Any], functions: Functions
) -> None:
    """AWS asks for a visibility of at least six times the function's timeout."""
    queue = template["Resources"]["NotificationsQueue"]["Properties"]
    assert queue["VisibilityTimeout"] >= 6 * functions["NotifyFunction"]["Timeout"]


def test_the_backoffs_of_a_notification_end_before_the_queue_forgets_it(template: dict[str, Any]) -> None:
    most = template["Parameters"]["NotifyMaxAttempts"]["MaxValue"]
    pauses = [notify._PAUSES_S[min(tries, len(notify._PAUSES_S)) - 1] for tries in range(1, most)]
    assert sum(pauses) < 3 * DAY
    assert template["Resources"]["NotificationsQueue"]["Properties"]["MessageRetentionPeriod"] == 4 * DAY
    assert template["Resources"]["DeadLettersQueue"]["Properties"]["MessageRetentionPeriod"] == 14 * DAY


def granted(properties: dict[str, Any]) -> list[str]:
    """The policy of a function, one "resource: actions" for each resource."""
    actions: dict[str, set[str]] = {}
    for policy in properties["Policies"]:
        for statement in policy["Statement"]:
            for resource in as_list(statement["Resource"]):
                actions.setdefault(named(resource), set()).update(as_list(statement["Action"]))
    return [f"{resource}: {' '.join(sorted(allowed))}" for resource, allowed in actions.items()]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def named(resource: Any) -> str:
    """A resource by its logical id and what follows: {"Fn::GetAtt": ["BridgesTable", "Arn"]} is "Bridges"."""
    if isinstance(resource, str):
        return resource
    if "Fn::GetAtt" in resource:
        logical_id, attribute = resource["Fn::GetAtt"]
        return short(logical_id) + (" stream" if attribute == "StreamArn" else "")
    text: str = resource["Fn::Sub"]
    if text.startswith("arn:"):
        text = text.rpartition(":")[2]
    return re.sub(r"\$\{(\w+)(?:\.Arn)?\}", lambda match: short(match[1]), text)


def short(logical_id: str) -> str:
    return logical_id.removesuffix("Table").removesuffix("Queue")
