"""Live websocket connections, by the management API of API Gateway."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from gateway_contract.frames import Frame
from gateway_contract.wire import encode

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient


class WebSocketConnections:
    """``gateway.usecases.ports.Connections``."""

    def __init__(self, client: "ApiGatewayManagementApiClient") -> None:
        self._client = client

    def post(self, connection_id: str, frame: Frame) -> bool:
        """Push a frame; a failure other than "gone" is left to the bridge's next pull."""
        try:
            self._client.post_to_connection(ConnectionId=connection_id, Data=encode(frame).encode())
        except self._client.exceptions.GoneException:
            return False
        except (ClientError, BotoCoreError):
            return True
        return True
