"""What a Lambda function around HTTP is: events in, deadlines, answers out, and each request told to who watches."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random, SystemRandom
from typing import Any, Protocol

from fanin.config.api import PROBLEM_TYPES
from fanin.config.format import GATEWAY_LIMIT
from fanin.contract import answers, request_limits
from fanin.contract.answers import BODILESS, Answer
from fanin.contract.cors import CorsPolicy
from fanin.engine.clock import steady
from fanin.engine.invocation import Invocation
from fanin.engine.outcome import Clock
from fanin.engine.problems import types_begin_with
from fanin.engine.trace_context import TraceContext
from fanin.entrypoints.aws_lambda.event import HttpRequest, NotHttp, parse, render
from fanin.errors import RequestError
from fanin.observability import logs
from fanin.observability.served import Served, Watch, log_request, tell

RESERVE = 0.25
"""Seconds of an invocation's remaining time that are kept back for merging and handing over the answer."""

logger = logging.getLogger("fanin")


class LambdaContext(Protocol):
    """What fanin uses of the context that Lambda gives to a handler."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Give the milliseconds until Lambda ends the invocation."""
        ...


type Serve = Callable[[HttpRequest, Invocation], Answer]
"""Answers one request; raises RequestError where it refuses it."""

type Handler = Callable[[Any, LambdaContext], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Observability:
    """How a function is seen from outside.

    Args:
        watch: is told of each request that was served.
        xray: gives X-Ray's header of the invocation under way; empty where there is none.
        processor: gives the seconds for which this process has used a processor.
        randomness: what ids of traces and calls are drawn from.
    """

    watch: Watch = log_request
    xray: Callable[[], str] = str
    processor: Clock = time.process_time
    randomness: Random = field(default_factory=SystemRandom)


@dataclass(slots=True)
class Around:
    """What is around every request of a function.

    Args:
        clock: gives seconds; the clock of all deadlines.
        observability: how the function is seen from outside.
        cors: which pages on other origins may ask; None if none may.
        problem_types: what the types of problems begin with.
        cold: whether no request has come yet.
    """

    clock: Clock = steady
    observability: Observability = field(default_factory=Observability)
    cors: CorsPolicy | None = None
    problem_types: str = PROBLEM_TYPES
    cold: bool = True


def http_handler(serve: Serve, around: Around) -> Handler:
    """Make a Lambda handler.

    Whatever the event, the handler answers: with what `serve` gives, or with a problem. An event that is not HTTP is
    answered by a problem too; a batch of SQS's is handed back whole, so that no message is lost to a wrong wiring.

    Args:
        serve: answers a request.
        around: what is around every request.
    """

    def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
        exchange = Exchange(context, around)
        try:
            asked = exchange.begin(event)
            answer = answers.within_limit(serve(asked, exchange.invocation), exchange.invocation.request_id)
        except NotHttp:
            return not_http(event, exchange.invocation)
        except Exception as error:  # noqa: BLE001 - whatever it is, the answer is a problem
            answer = exchange.refusal(error)
        return render(exchange.finished(answer), exchange.request)

    return handler


class Exchange:
    """One event of HTTP, from its reading to what is told of it, whether its answer goes out whole or in parts.

    Args:
        context: Lambda's.
        around: what is around every request of the function.

    Attributes:
        request: the request, as far as it is read.
        invocation: what is known of it, from `begin` on; every line of the log from there on names it.
    """

    invocation: Invocation

    def __init__(self, context: LambdaContext, around: Around) -> None:
        types_begin_with.set(around.problem_types)
        self._context = context
        self._around = around
        self._began, self._worked = around.clock(), around.observability.processor()
        self._cold, around.cold = around.cold, False
        self.request: HttpRequest | None = None

    def begin(self, event: Any) -> HttpRequest:
        """Read the event, and hold the request to its limits.

        Returns:
            the request to serve: GET for HEAD.

        Raises:
            NotHttp: it is something else than an HTTP request.
            RequestError: it is malformed, or over a limit.
        """
        try:
            request = self.request = parse(event)
        finally:
            self.invocation = _invocation(self._context, self.request, self._began, self._around.observability)
        request_limits.check(request.target, request.query, request.headers, request.body)
        return replace(request, method="GET") if request.method == "HEAD" else request

    def refusal(self, error: Exception) -> Answer:
        """Answer for what was raised in place of an answer."""
        if isinstance(error, RequestError):
            return answers.refusal(error, self.invocation.request_id)
        logger.error("internal error", exc_info=error)
        return answers.internal_error(self.invocation.request_id)

    def shared(self, answer: Answer, *, whole: bool = False) -> Answer:
        """Give an answer, or the head of one, with all that every answer says; of a whole one its length, too."""
        headers, invocation = [*answer.headers, *self.invocation.headers], self.invocation
        said = {name.lower() for name, _ in headers}
        if "x-request-id" not in said:  # a handler written by hand may not know it
            headers.append(("X-Request-Id", invocation.request_id))
        if whole and "content-length" not in said and answer.status not in BODILESS:
            headers.append(("Content-Length", str(len(answer.body))))
        answer = Answer(answer.status, tuple(headers), answer.body)
        if self._around.cors and self.request:
            return self._around.cors.answered(self.request.method, self.request.headers, answer)
        return answer

    def finished(self, answer: Answer) -> Answer:
        """Give a whole answer as it goes out, and tell who watches of it.

        Its body is left out for HEAD, which is served as GET (RFC 9110, section 9.3.2).
        """
        answer = self.shared(answer, whole=True)
        self.end(answer.status)
        if self.request and self.request.method == "HEAD":
            return Answer(answer.status, answer.headers, b"")
        return answer

    def end(self, status: int) -> None:
        """Tell who watches of the request, which got an answer of this status."""
        request, around = self.request, self._around
        served = Served(
            method=request.method if request else "",
            path=request.raw_path if request else "",
            status=status,
            seconds=around.clock() - self._began,
            busy=around.observability.processor() - self._worked,
            cold_start=self._cold,
            results=self.invocation.results,
            about=self.invocation.about,
            trace=self.invocation.trace_context,
            by_page=self.invocation.by_page,
        )
        tell(around.observability.watch, served)


def deadline_of(context: LambdaContext, now: float, longest: float = GATEWAY_LIMIT) -> float:
    """Give the moment, in the clock's seconds, by which an invocation has to be over.

    Args:
        context: Lambda's.
        now: the present moment.
        longest: seconds that whoever invokes the function waits for, less what it takes on the way.
    """
    remaining = context.get_remaining_time_in_millis() / 1000
    return now + min(longest, max(0.0, remaining - RESERVE))


def end_leftovers(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what a handler left running: frozen with the container, it would go on inside a later request."""
    leftovers = asyncio.all_tasks(loop)
    for task in leftovers:
        task.cancel()
    if leftovers:
        loop.run_until_complete(asyncio.gather(*leftovers, return_exceptions=True))


def _invocation(
    context: LambdaContext, request: HttpRequest | None, now: float, observability: Observability
) -> Invocation:
    """Know the request, as far as it is read; every line of the log from here on names it."""
    deadline = deadline_of(context, now)
    request_id = (request.request_id if request else "") or context.aws_request_id
    trace_context = TraceContext.of(request.headers if request else {}, observability.xray(), observability.randomness)
    logs.about(
        request_id=request_id,
        lambda_request_id=context.aws_request_id,
        trace_id=trace_context.trace_id,
        xray_trace_id=trace_context.xray,
        tenant_id=getattr(context, "tenant_id", None) or "",  # of Lambda's tenant isolation; older runtimes have none
    )
    if request is None:
        return Invocation(request_id, deadline, trace_context)
    return Invocation(request_id, deadline, trace_context, owner=request.owner, network=request.network)


def not_http(event: object, invocation: Invocation) -> dict[str, Any]:
    """Answer an event that is not HTTP; a batch of SQS's is handed back whole."""
    logger.error("event is not HTTP")
    error = RequestError(400, "not-http", "Not an HTTP event", "this function answers only HTTP events")
    response = render(answers.refusal(error, invocation.request_id), None)
    return response | {"batchItemFailures": failures} if (failures := _messages(event)) else response


def _messages(event: object) -> list[dict[str, str]]:
    """Name the messages of an SQS batch as partial batch responses do."""
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list):
        return []
    ids = [record.get("messageId") for record in records if isinstance(record, dict)]
    return [{"itemIdentifier": message_id} for message_id in ids if isinstance(message_id, str)]
