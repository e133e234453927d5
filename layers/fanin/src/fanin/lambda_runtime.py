"""What a Lambda function around HTTP is: events in, deadlines, answers out, one line of log for each request."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol
from uuid import uuid4

from fanin import contract, edge
from fanin.aggregate import Result
from fanin.config.format import GATEWAY_LIMIT
from fanin.contract import Answer
from fanin.errors import RequestError
from fanin.http_event import HttpRequest, NotHttp, parse, render
from fanin.outcome import Clock

RESERVE = 0.25
"""Seconds of an invocation's remaining time that are kept back for merging and handing over the answer."""

logger = logging.getLogger("fanin")


class LambdaContext(Protocol):
    """What fanin uses of the context that Lambda gives to a handler."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Give the milliseconds until Lambda ends the invocation."""
        ...


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a function knows of the request that it serves.

    Args:
        request_id: the id under which the request is logged and answered.
        deadline: when the answer must be there, in the clock's seconds, whatever the endpoint's timeout.
    """

    request_id: str
    deadline: float

    @classmethod
    def unbounded(cls, clock: Clock) -> "Invocation":
        """Make one where nothing but the gateway's limit bounds a request, as under a server."""
        return cls(str(uuid4()), clock() + GATEWAY_LIMIT)

    def deadline_within(self, timeout: float, clock: Clock) -> float:
        """Give the deadline of a request that may take `timeout` seconds from now."""
        return min(self.deadline, clock() + timeout)


type Serve = Callable[[HttpRequest, Invocation], Answer]
"""Answers one request; raises RequestError where it refuses it."""

type Handler = Callable[[Any, LambdaContext], dict[str, Any]]


def http_handler(serve: Serve, clock: Clock = time.monotonic) -> Handler:
    """Make a Lambda handler.

    Whatever the event, the handler answers: with what `serve` gives, or with a problem. An event that is not HTTP is
    answered by a problem too; a batch of SQS's is handed back whole, so that no message is lost to a wrong wiring.

    Args:
        serve: answers a request.
        clock: gives seconds; the clock of all deadlines.
    """

    def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
        began = clock()
        request: HttpRequest | None = None
        invocation = _invocation(context, began)
        try:
            request = parse(event)
            if request.request_id:
                invocation = Invocation(request.request_id, invocation.deadline)
            edge.check(request.target, request.query, request.headers, request.body)
            answer = contract.within_limit(_named(serve(request, invocation), invocation), invocation.request_id)
        except NotHttp:
            return _not_http(event, invocation)
        except RequestError as error:
            answer = contract.refusal(error, invocation.request_id)
        except Exception:
            logger.exception("internal error", extra={"request_id": invocation.request_id})
            answer = contract.internal_error(invocation.request_id)
        _log(request, answer, invocation, clock() - began)
        return render(answer, request)

    return handler


def log_failures(result: Result, invocation: Invocation) -> None:
    """Write to the log why sources failed: what their problems do not tell a client.

    Args:
        result: what a request came to.
        invocation: the request's.
    """
    if failures := result.failures:
        reasons = {name: f"{error.problem}: {error.reason or error.detail}" for name, error in failures.items()}
        logger.warning("sources failed", extra={"request_id": invocation.request_id, "failures": reasons})


def _invocation(context: LambdaContext, now: float) -> Invocation:
    remaining = context.get_remaining_time_in_millis() / 1000
    return Invocation(context.aws_request_id, now + min(GATEWAY_LIMIT, max(0.0, remaining - RESERVE)))


def _named(answer: Answer, invocation: Invocation) -> Answer:
    """Put the request's id onto the answer of a handler that was written by hand and does not know it."""
    if any(name.lower() == "x-request-id" for name, _ in answer.headers):
        return answer
    return replace(answer, headers=(*answer.headers, ("X-Request-Id", invocation.request_id)))


def _not_http(event: object, invocation: Invocation) -> dict[str, Any]:
    logger.error("event is not HTTP", extra={"request_id": invocation.request_id})
    error = RequestError(400, "not-http", "Not an HTTP event", "this function answers HTTP events alone")
    response = render(contract.refusal(error, invocation.request_id), None)
    return response | {"batchItemFailures": failures} if (failures := _messages(event)) else response


def _messages(event: object) -> list[dict[str, str]]:
    """Name the messages of an SQS batch as partial batch responses do."""
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list):
        return []
    ids = [record.get("messageId") for record in records if isinstance(record, dict)]
    return [{"itemIdentifier": message_id} for message_id in ids if isinstance(message_id, str)]


def _log(request: HttpRequest | None, answer: Answer, invocation: Invocation, seconds: float) -> None:
    headers: Mapping[str, str] = dict(answer.headers)
    fields = {
        "request_id": invocation.request_id,
        "method": request.method if request else "",
        "path": request.raw_path if request else "",
        "status": answer.status,
        "duration_ms": round(seconds * 1000, 1),
        "sources": headers.get("Fanin-Sources", headers.get("fanin-sources", "")),
    }
    logger.log(logging.WARNING if answer.status >= 500 else logging.INFO, "request", extra=fields)
