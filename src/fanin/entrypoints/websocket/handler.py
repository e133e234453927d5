"""The Lambda handler of a WebSocket API's routes, and of the queue of turns. Mangum carries neither."""

import asyncio
import base64
import logging
from collections.abc import Coroutine, Mapping
from typing import Any

from fanin.config.api import PROBLEM_TYPES
from fanin.config.format import GATEWAY_LIMIT
from fanin.contract import answers
from fanin.contract.cors import CorsPolicy
from fanin.engine.clock import steady
from fanin.engine.invocation import UNKNOWN, Invocation, Network
from fanin.engine.outcome import Clock
from fanin.engine.problems import types_begin_with
from fanin.engine.trace_context import TraceContext
from fanin.entrypoints.aws_lambda.event import headers_of, network_of, render
from fanin.entrypoints.aws_lambda.handler import Handler, LambdaContext, Observability, deadline_of, end_leftovers
from fanin.entrypoints.aws_lambda.records import named_records
from fanin.entrypoints.websocket.handshake import SUBPROTOCOL, Greet, is_offered
from fanin.entrypoints.websocket.limits import MESSAGE_TIMEOUT
from fanin.entrypoints.websocket.queue import turn_of
from fanin.entrypoints.websocket.service import Service
from fanin.errors import RequestError
from fanin.observability import logs

logger = logging.getLogger("fanin")

_OK = {"statusCode": 200}
_FAILED = {"statusCode": 500}
_FORBIDDEN = {"statusCode": 403}


def live_handler(  # noqa: PLR0913 - what the function is made of
    service: Service,
    observability: Observability,
    *,
    cors: CorsPolicy | None = None,
    problem_types: str = PROBLEM_TYPES,
    greet: Greet | None = None,
    loop: asyncio.AbstractEventLoop | None = None,
    clock: Clock = steady,
) -> Handler:
    """Make the Lambda handler, on one event loop for the container's whole life.

    Args:
        service: what is done.
        observability: how the function is seen from outside.
        cors: which pages on other origins may connect; None if all may.
        problem_types: what the types of problems begin with.
        greet: finds out who connects; None if nobody has to say.
        loop: the loop; a new one by default.
        clock: the clock of all deadlines.
    """
    loop = loop or asyncio.new_event_loop()

    def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
        types_begin_with.set(problem_types)
        trace_context = TraceContext.of({}, observability.xray(), observability.randomness)
        deadline = deadline_of(context, clock(), GATEWAY_LIMIT if _is_batch(event) else MESSAGE_TIMEOUT)
        invocation = Invocation(context.aws_request_id, deadline, trace_context, network=_network(event))
        logs.about(request_id=invocation.request_id, trace_id=trace_context.trace_id, xray_trace_id=trace_context.xray)
        asyncio.set_event_loop(loop)
        try:
            if cors and not cors.admits(_origin_of_connect(event)):
                return _FORBIDDEN
            return loop.run_until_complete(_served(service, greet, event, invocation))
        finally:
            end_leftovers(loop)

    return handler


async def _served(service: Service, greet: Greet | None, event: Any, invocation: Invocation) -> dict[str, Any]:
    match event:
        case {"requestContext": {"eventType": "CONNECT", "connectionId": str(connection)}}:
            return await _connect(service, greet, connection, event, invocation)
        case {"requestContext": {"eventType": str(kind), "connectionId": str(connection)}}:
            return await _socket(service, kind, connection, event, invocation)
        case {"Records": [*records]} if _is_batch(event):
            return await _batch(service, records, invocation)
    logger.error("event is not of a WebSocket")
    error = RequestError(400, "not-websocket", "Not a WebSocket event", "this function answers only WebSocket events")
    return render(answers.refusal(error, invocation.request_id), None)


def _network(event: Any) -> Network:
    """Give what API Gateway knows of who sends a message."""
    match event:
        case {"requestContext": dict() as context}:
            identity = context.get("identity")
            return network_of(identity.get("sourceIp") if isinstance(identity, dict) else None, context)
    return UNKNOWN


def _origin_of_connect(event: Any) -> str | None:
    """Give the origin of the page that asks for a connection; None if it is no page, or the event is of another kind.

    Of several origins, which no browser sends, all together are one that is not listed.
    """
    match event:
        case {"requestContext": {"eventType": "CONNECT"}, "headers": dict() as headers}:
            origins = [str(value) for name, value in headers.items() if str(name).lower() == "origin"]
            return ", ".join(origins) if origins else None
    return None


def _is_batch(event: Any) -> bool:
    """Tell a batch of SQS's."""
    match event:
        case {"Records": [*records]}:
            return any(isinstance(record, dict) and record.get("eventSource") == "aws:sqs" for record in records)
    return False


async def _connect(
    service: Service, greet: Greet | None, connection: str, event: Mapping[str, Any], invocation: Invocation
) -> dict[str, Any]:
    """Answer a handshake: with the subprotocol that the client offers, or with why it is refused."""
    try:
        headers = headers_of(event.get("multiValueHeaders") or event.get("headers"))
        who = await greet(headers, _query(event), invocation) if greet else None
        await service.connected(connection, who)
    except RequestError as error:
        return render(answers.refusal(error, invocation.request_id), None)
    except Exception:
        logger.exception("internal error")
        return _FAILED
    if is_offered(headers.get("sec-websocket-protocol", "")):
        return _OK | {"headers": {"Sec-WebSocket-Protocol": SUBPROTOCOL}}
    return _OK


def _query(event: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give the query of a handshake."""
    given = event.get("multiValueQueryStringParameters") or event.get("queryStringParameters") or {}
    return [
        (str(name), str(text))
        for name, texts in (given.items() if isinstance(given, dict) else ())
        for text in (texts if isinstance(texts, list) else [texts])
    ]


async def _socket(
    service: Service, kind: str, connection: str, event: Mapping[str, Any], invocation: Invocation
) -> dict[str, Any]:
    match kind:
        case "DISCONNECT":
            done = await _safely(service.disconnected(connection))
        case _:
            done = await _safely(service.received(connection, _text(event), invocation))
            if not done:
                await _safely(service.failed(connection))
    return _OK if done else _FAILED


async def _batch(service: Service, records: list[Any], invocation: Invocation) -> dict[str, Any]:
    """Run the turns of a batch at the same time, and hand back those that failed."""
    named = named_records(records)
    done = await asyncio.gather(*(_turn(service, record, invocation) for record in named.values()))
    failed = [message_id for message_id, well in zip(named, done, strict=True) if not well]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


async def _turn(service: Service, record: Mapping[str, Any], invocation: Invocation) -> bool:
    try:
        turn = turn_of(str(record.get("body", "")))
    except ValueError:
        logger.exception("message is no turn")
        return False
    return await _safely(service.due(turn, invocation))


async def _safely(work: Coroutine[Any, Any, None]) -> bool:
    """Do something; whether it went well. What went wrong is in the log."""
    try:
        await work
    except Exception:
        logger.exception("internal error")
        return False
    return True


def _text(event: Mapping[str, Any]) -> str:
    """Give a client's message; empty, which is refused as one, where its base64 is broken."""
    body = str(event.get("body") or "")
    if not event.get("isBase64Encoded"):
        return body
    try:
        return base64.b64decode(body, validate=True).decode(errors="replace")
    except ValueError:
        return ""
