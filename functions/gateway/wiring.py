"""The composition root: makes each function's use case, once for each container, at the first event."""

import os
from functools import cache
from secrets import token_bytes
from time import monotonic, time
from typing import TYPE_CHECKING
from uuid import uuid4

from gateway.domain.message import Retention
from gateway.settings import Environment

if TYPE_CHECKING:
    from gateway.adapters.cached_configuration import CachedConfiguration
    from gateway.adapters.messages_table import MessagesTable
    from gateway.adapters.queue import NotificationsQueue
    from gateway.adapters.tables import BridgesTable, SettingsTable
    from gateway.usecases.administer import Administration
    from gateway.usecases.dispatch import Dispatcher
    from gateway.usecases.notify import Notifier
    from gateway.usecases.serve_bridge import BridgeSocket
    from gateway.usecases.serve_http import HttpApi
    from gateway.usecases.sweep import Sweeper

# boto3 takes most of a cold start, so that adapters are imported here and only when they are needed.


@cache
def environment() -> Environment:
    """The variables of this function."""
    return Environment(os.environ)


@cache
def http_api() -> "HttpApi":
    """For ``http_api``."""
    from gateway.usecases.access import PasswordMemory
    from gateway.usecases.serve_http import HttpApi

    return HttpApi(
        messages=messages(),
        configured=configured(),
        passwords=PasswordMemory(token_bytes(32), monotonic),
        retention=Retention(days=environment().integer("MESSAGE_RETENTION_DAYS")),
        now=time,
        new_id=uuid4,
    )


@cache
def bridge_socket() -> "BridgeSocket":
    """For ``bridge_socket``."""
    from gateway.usecases.record_report import ReportRecorder
    from gateway.usecases.serve_bridge import BridgeSocket

    recorder = ReportRecorder(
        messages=messages(), notifications=notifications(), configured=configured(), now=time
    )
    return BridgeSocket(
        messages=messages(), bridges=bridges(), configured=configured(), recorder=recorder, now=time
    )


@cache
def dispatcher() -> "Dispatcher":
    """For ``dispatch``."""
    import boto3

    from gateway.adapters.connections import WebSocketConnections
    from gateway.usecases.dispatch import Dispatcher

    endpoint = environment().text("CONNECTIONS_ENDPOINT")
    client = boto3.client("apigatewaymanagementapi", endpoint_url=endpoint)
    return Dispatcher(bridges=bridges(), connections=WebSocketConnections(client), now=time)


@cache
def notifier() -> "Notifier":
    """For ``notify``."""
    from gateway.adapters.webhooks import Webhooks
    from gateway.usecases.notify import Notifier

    return Notifier(settings=settings(), configured=configured(), webhooks=Webhooks(), now=time)


@cache
def sweeper() -> "Sweeper":
    """For ``sweep``."""
    from gateway.adapters.tables import CountersTable
    from gateway.usecases.sweep import Sweeper

    return Sweeper(
        messages=messages(),
        bridges=bridges(),
        counters=CountersTable(_dynamodb(), environment().text("COUNTERS_TABLE")),
        notifications=notifications(),
        configured=configured(),
        now=time,
    )


@cache
def administration() -> "Administration":
    """For ``admin``."""
    from gateway.usecases.administer import Administration

    return Administration(
        settings=settings(), bridges=bridges(), messages=messages(), random_bytes=token_bytes, now=time
    )


@cache
def bridges() -> "BridgesTable":
    """The Bridges table; the authorizer needs nothing else."""
    from gateway.adapters.tables import BridgesTable

    return BridgesTable(_dynamodb(), environment().text("BRIDGES_TABLE"))


@cache
def messages() -> "MessagesTable":
    """The Messages table."""
    from gateway.adapters.messages_table import MessagesTable

    return MessagesTable(_dynamodb(), environment().text("MESSAGES_TABLE"))


@cache
def settings() -> "SettingsTable":
    """The Settings table."""
    from gateway.adapters.tables import SettingsTable

    return SettingsTable(_dynamodb(), environment().text("SETTINGS_TABLE"))


@cache
def configured() -> "CachedConfiguration":
    """The settings in force."""
    from gateway.adapters.cached_configuration import CachedConfiguration

    return CachedConfiguration(settings(), monotonic)


@cache
def notifications() -> "NotificationsQueue":
    """The Notifications queue."""
    import boto3

    from gateway.adapters.queue import NotificationsQueue

    return NotificationsQueue(boto3.client("sqs"), environment().text("NOTIFICATIONS_QUEUE_URL"))


@cache
def _dynamodb():  # type: ignore[no-untyped-def]
    import boto3

    return boto3.client("dynamodb")
