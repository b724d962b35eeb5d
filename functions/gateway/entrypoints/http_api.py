"""``ANY /`` of the HTTP API."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from gateway import wiring
from gateway.domain.replies import Code, Refusal, Reply
from gateway.domain.request import parse

logger = Logger()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Answer one call."""
    call = APIGatewayProxyEventV2(event)
    headers = {name.lower(): value for name, value in (call.headers or {}).items()}
    try:
        request = parse(
            method=call.request_context.http.method,
            query=call.raw_query_string,
            body=call.body or "",
            body_is_base64=bool(call.is_base64_encoded),
            content_type=headers.get("content-type", ""),
            source_ip=call.request_context.http.source_ip,
            authorization=headers.get("authorization", ""),
        )
        reply = wiring.http_api().answer(request)
    except Refusal as refusal:
        reply = refusal.reply
    except Exception:
        # Whatever broke, it is not known whether the message was written: the caller has to repeat it.
        logger.exception("http_api.failed")
        reply = Reply(Code.TRY_AGAIN)
    return _response(reply)


def _response(reply: Reply) -> dict[str, Any]:
    return {"statusCode": reply.http_status, "headers": reply.headers, "body": reply.xml()}
