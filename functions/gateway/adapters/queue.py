"""The Notifications queue on SQS."""

from json import dumps
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from gateway.domain.notification import Notification
from gateway.usecases.ports import ThrottledError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class NotificationsQueue:
    """``gateway.usecases.ports.Notifications``."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def put(self, notification: Notification) -> None:
        """Queue a notification; every failure means that it has to be queued again."""
        try:
            self._client.send_message(QueueUrl=self._url, MessageBody=dumps(notification.to_json()))
        except (ClientError, BotoCoreError) as error:
            raise ThrottledError(type(error).__name__) from error

    def postpone(self, receipt_handle: str, seconds: int) -> None:
        """Hide a message that could not be posted until its next try."""
        self._client.change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
        )
