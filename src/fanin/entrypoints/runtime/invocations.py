"""An invocation: the application is called, and its answer goes out whole or piece by piece."""

import asyncio
import logging
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import orjson

from fanin.contract import answers
from fanin.contract.answers import BODILESS, Answer
from fanin.entrypoints.aws_lambda.asgi import AsgiHandler, scope_of
from fanin.entrypoints.aws_lambda.event import HttpRequest, NotHttp, render
from fanin.entrypoints.aws_lambda.handler import Exchange, not_http
from fanin.entrypoints.runtime.api import Event, Invoked, RuntimeApi, Stream
from fanin.entrypoints.runtime.context import Context, trace
from fanin.entrypoints.runtime.shares import Shares
from fanin.entrypoints.runtime.within import within
from fanin.entrypoints.servers.asgi import TAKE, hands_over
from fanin.errors import RequestError

logger = logging.getLogger("fanin")

_TRACE = "_X_AMZN_TRACE_ID"
_GRACE = 0.05
"""Seconds before the end of an invocation at which work that goes on behind the answer is ended."""


def _nothing() -> None:
    """Do nothing."""


class Invocations:
    """Serves an application's invocations, each from a task of its own: of none is anything kept here.

    Args:
        handler: the application's.
        environment: the function's.
        alone: whether there is one at a time. The environment is then told its trace, as AWS's own runtime tells it;
            a variable cannot say that of many.
    """

    def __init__(self, handler: AsgiHandler, environment: MutableMapping[str, str], *, alone: bool = True) -> None:
        self._app = handler.app
        self._hands_over = hands_over(handler.app)
        self._environment = environment
        self._function = dict(environment)  # reading the process's own encodes names, and decodes values, every time
        self._alone = alone
        observability = replace(handler.around.observability, xray=trace.get)
        self._shares = None if alone else Shares(observability.processor)
        if self._shares:
            observability = replace(observability, processor=self._shares)
        self._around = replace(handler.around, observability=observability)
        self._doors = frozenset(environment.get("FANIN_STREAM", "").split())
        if self._doors and environment.get("AWS_SAM_LOCAL"):
            logger.warning("sam local cannot stream: answers go out whole")
            self._doors = frozenset()

    async def serve(self, event: Event, api: RuntimeApi, answered: Callable[[], None] = _nothing) -> None:
        """Serve one: answer it, and let what goes on behind the answer come to its end.

        Args:
            event: the invocation's.
            api: where it came from, and where its answer goes.
            answered: is told when nothing more goes there.

        Raises:
            RuntimeApiError: Lambda does not take the answer.
            OSError: the connection was lost.
        """
        trace.set(event.headers.get("lambda-runtime-trace-id", ""))
        if self._alone:
            self._environment[_TRACE] = trace.get()
        with self._shares.one() if self._shares else nullcontext():
            await self._answer(event, api, answered)

    async def _answer(self, event: Event, api: RuntimeApi, answered: Callable[[], None]) -> None:
        given, context = orjson.loads(event.body), Context(event.headers, self._function)
        reply = _Reply(api, Invoked.of(event), _stream_format(given, self._doors), answered)
        exchange = Exchange(context, self._around)
        try:
            asked = exchange.begin(given)
        except NotHttp:
            await reply.other(not_http(given, exchange.invocation))
        except RequestError as error:
            await reply.whole(exchange.refusal(error), exchange)
        else:
            await self._call(asked, exchange, reply, context)

    async def _call(self, asked: HttpRequest, exchange: Exchange, reply: "_Reply", context: Context) -> None:
        """Call the application."""
        sending = _Sending(exchange, reply)
        scope = scope_of(asked, exchange.invocation)
        if self._hands_over:
            scope[TAKE] = sending.take_answer
        try:
            await within(lambda: _time_left(context), self._app(scope, _receiving(asked), sending.send))
            if not sending.over:
                raise RuntimeError("the application ended without an answer")  # noqa: TRY301 - answered like others
        except Exception as error:
            if sending.over:
                logger.exception("work behind the answer failed")
            else:
                await sending.fail(error)  # if it is the Runtime API that failed, this raises it again


class _Reply:
    """The two ways in which an invocation is answered.

    Args:
        api: where to.
        invocation: which one.
        streams: the format of the event whose answer is a stream; empty where it goes out whole.
        answered: is told when the answer has gone out.
    """

    def __init__(self, api: RuntimeApi, invocation: Invoked, streams: str, answered: Callable[[], None]) -> None:
        self._api = api
        self._invocation = invocation
        self.streams = bool(streams)
        self._several_cookies = streams == "1.0"
        self._answered = answered

    async def whole(self, answer: Answer, exchange: Exchange, *, last: bool = False) -> None:
        """Answer at once; `last` as `RuntimeApi.respond` has it."""
        answer = exchange.finished(answer)
        if self.streams:
            stream = await self.begin(answer)
            # An empty body is said to lose its status in a stream.
            await stream.write(answer.body or (b"" if answer.status in BODILESS else b"\n"))
            await self.end(stream)
        else:
            await self.other(render(answer, exchange.request), last=last)

    async def other(self, answer: Mapping[str, Any], *, last: bool = False) -> None:
        """Answer at once with what is JSON."""
        await self._api.respond(self._invocation, orjson.dumps(answer), last=last)
        self._answered()

    async def begin(self, head: Answer) -> Stream:
        """Begin to answer piece by piece, with the status and the headers of a head."""
        cookies = [value for name, value in head.headers if name.lower() == "set-cookie"]
        headers = {name: value for name, value in head.headers if name.lower() not in ("set-cookie", "content-length")}
        prelude: dict[str, Any] = {"statusCode": head.status, "headers": headers, "cookies": cookies}
        if self._several_cookies and cookies:
            prelude |= {"multiValueHeaders": {"set-cookie": cookies}}
        return await self._api.begin_stream(self._invocation, orjson.dumps(prelude))

    async def end(self, stream: Stream, error: BaseException | None = None) -> None:
        """End an answer that was begun; with an error it is broken."""
        await stream.end(error)
        self._answered()


class _Sending:
    """What an application sends, on its way.

    Args:
        exchange: the request.
        reply: where it goes.

    Attributes:
        over: whether the answer has been handed over.
    """

    def __init__(self, exchange: Exchange, reply: _Reply) -> None:
        self._exchange = exchange
        self._reply = reply
        self._head = Answer(500, (), b"")
        self._parts: list[bytes] = []
        self._stream: Stream | None = None
        self.over = False

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Take a message of the application's; behind the answer there are none."""
        if self.over:
            return
        if message["type"] == "http.response.start":
            headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"])
            self._head = Answer(message["status"], headers, b"")
            return
        part, more = message.get("body", b""), message.get("more_body", False)
        if self._stream is None and more and self._reply.streams:
            self._head = self._exchange.shared(self._head)
            self._stream = await self._reply.begin(self._head)
        if self._stream is None:
            self._parts.append(part)
            if not more:
                await self._whole(Answer(self._head.status, self._head.headers, b"".join(self._parts)))
            return
        await self._stream.write(part)
        if not more:
            self.over = True
            self._exchange.end(self._head.status)
            await self._reply.end(self._stream)

    async def take_answer(self, answer: Answer) -> None:
        """Take an answer of the contract in the place of messages; what takes it does nothing behind it."""
        await self._whole(answer.in_lower_case, last=True)

    async def _whole(self, answer: Answer, *, last: bool = False) -> None:
        self.over = True
        if not self._reply.streams:
            answer = answers.within_limit(answer, self._exchange.invocation.request_id)
        await self._reply.whole(answer, self._exchange, last=last)

    async def fail(self, error: Exception) -> None:
        """Answer for an application that failed before its answer was whole."""
        self.over = True
        if self._stream is None:
            await self._reply.whole(self._exchange.refusal(error), self._exchange)
            return
        logger.error("internal error", exc_info=error)
        self._exchange.end(self._head.status)
        await self._reply.end(self._stream, error)


def _time_left(context: Context) -> float:
    """Give the seconds that an application has."""
    return max(0.0, context.get_remaining_time_in_millis() / 1000 - _GRACE)


def _receiving(asked: HttpRequest) -> Any:
    """Give a request's body once; Lambda does not say when a client goes."""
    given = False

    async def receive() -> dict[str, Any]:
        nonlocal given
        if given:
            await asyncio.Event().wait()
        given = True
        return {"type": "http.request", "body": asked.body, "more_body": False}

    return receive


def _stream_format(event: Any, doors: frozenset[str]) -> str:
    """Say of which format an event is whose answer is a stream; empty if it is none.

    Nothing that Lambda hands over says whether the caller wants one: the deployment says it by `FANIN_STREAM`, which
    names its doors that do, `url` for a function URL and `rest` for a REST API.
    """
    context = event.get("requestContext") if isinstance(event, dict) else None
    if not isinstance(context, dict):
        return ""
    if "url" in doors and ".lambda-url." in str(context.get("domainName", "")):
        return "2.0"
    return "1.0" if "rest" in doors and event.get("resource") and "httpMethod" in event else ""
