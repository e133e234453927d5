"""What holds under Lambda before an application is asked, for the same application under a server."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from fanin.config.api import PROBLEM_TYPES
from fanin.contract import answers, request_limits
from fanin.contract.answers import Answer
from fanin.contract.cors import CorsPolicy
from fanin.engine.clock import steady
from fanin.engine.invocation import Invocation
from fanin.engine.outcome import Clock
from fanin.engine.problems import types_begin_with
from fanin.entrypoints.servers.telling import Telling
from fanin.errors import RequestError
from fanin.observability.served import Watch, closing

INVOCATION = "fanin.invocation"
"""The key of the invocation that a request came with, in the scope of its application."""
TAKE = "fanin.take"
"""The key of what takes an answer of the contract in the place of messages: a way in of fanin's own."""
HEADERS = "fanin.headers"
"""The key of the request's headers as the way in has read them, while nobody can have changed them in the scope."""


def invocation_of(scope: MutableMapping[str, Any], clock: Clock = steady) -> Invocation:
    """Give the request's invocation; if no Lambda function is around it, only the gateway's limit bounds it."""
    if INVOCATION not in scope:
        headers = headers_of(scope)
        address = (scope.get("client") or ("",))[0]  # a server behind a Unix socket knows none
        scope[INVOCATION] = Invocation.unbounded(clock, headers, address)
    invocation: Invocation = scope[INVOCATION]
    return invocation


def headers_of(scope: MutableMapping[str, Any]) -> Mapping[str, str]:
    """Give the request's headers, names in lower case."""
    read: Mapping[str, str] | None = scope.get(HEADERS)
    if read is not None:
        return read
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in _joined(scope.get("headers", ()))}


type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Any, Any, Any], Awaitable[None]]
"""Takes scope, receive and send, which every framework types in its own way."""


_REQUEST_ID, _COOKIE = b"x-request-id", b"cookie"


def hands_over(app: Application) -> bool:
    """Whether an application gives answers to what `TAKE` names, as its `hands_over` says; none around it does."""
    return getattr(app, "hands_over", False) is True


def cors_of(app: Application) -> CorsPolicy | None:
    """Give what an application says of pages on other origins, as its `cors`; None if it says nothing."""
    cors: CorsPolicy | None = getattr(app, "cors", None)
    return cors


def watch_of(app: Application) -> Watch | None:
    """Give what an application tells of each request under a server, as its `watch`; None if it tells nothing."""
    watch: Watch | None = getattr(app, "watch", None)
    return watch


def problem_types_of(app: Application) -> str:
    """Give what an application says that the types of problems begin with, as its `problem_types`."""
    types: str = getattr(app, "problem_types", PROBLEM_TYPES)
    return types


def path_of(scope: MutableMapping[str, Any]) -> str:
    """Give a request's path as it was sent, percent-encoded, without the query."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.partition(b"?")[0].decode("latin-1")


class Limits:
    """An ASGI application behind the limits of a request, whose every answer has the request's id.

    HEAD is served as GET, and its answer sent without the body. A header that comes several times is handed on as one,
    as API Gateway does it: frameworks differ in which of them counts. Under Lambda it only hands requests on, which
    the handler has checked.

    Args:
        app: the application.
        clock: the clock of all deadlines.
        cors: which pages on other origins may ask; None if none may.
        watch: is told of each request that was answered; None if nobody is.
        problem_types: what the types of problems begin with.
    """

    def __init__(
        self,
        app: Application,
        clock: Clock = steady,
        cors: CorsPolicy | None = None,
        watch: Watch | None = None,
        problem_types: str = PROBLEM_TYPES,
    ) -> None:
        self._app = app
        self._clock = clock
        self.cors = cors
        self._watch = watch
        self.problem_types = problem_types

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve a request, or hand on what is none."""
        types_begin_with.set(self.problem_types)
        if scope["type"] != "http" or INVOCATION in scope:
            lives = scope["type"] == "lifespan" and self._watch
            await self._app(scope, receive, _ending(lives, send) if lives else send)
            return
        scope = {**scope, "headers": _joined(scope["headers"])}
        invocation = invocation_of(scope, self._clock)
        if self._watch is None:
            await self._serve(scope, receive, send, invocation)
            return
        with Telling(self._watch, self._clock, invocation, scope["method"], path_of(scope)) as telling:
            await self._serve(scope, receive, _noting(telling, send), invocation)

    async def _serve(
        self, scope: MutableMapping[str, Any], receive: Receive, send: Send, invocation: Invocation
    ) -> None:
        if self.cors:
            send = _shared(self.cors, scope, send)
        if scope.get("method") == "HEAD":
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        try:
            body = await _checked(scope, receive)
        except RequestError as error:
            await send_answer(answers.refusal(error, invocation.request_id), send)
        else:
            await self._app(scope, _again(body, receive), _naming(invocation, send))


def _joined(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Give each header once, its name in lower case: the values of one that repeats are joined, in their order."""
    joined: dict[bytes, bytes] = {}
    for name, value in headers:
        before = joined.get(key := name.lower())
        joined[key] = value if before is None else (b"; " if key == _COOKIE else b",").join((before, value))
    return list(joined.items())


async def _checked(scope: MutableMapping[str, Any], receive: Receive) -> bytes:
    """Read a request's body, and hold the request to the limits.

    Raises:
        RequestError: it is over one of them; or the client has gone before all of its body was there, which may read
            as a good one of another meaning.
    """
    path, raw_query = scope.get("raw_path") or scope["path"].encode(), scope["query_string"]
    target = b"?".join([path, raw_query] if raw_query else [path]).decode("latin-1")
    query = parse_qsl(raw_query.decode("latin-1"), keep_blank_values=True)
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        headers[name.decode("latin-1")] = headers.get(name.decode("latin-1"), "") + value.decode("latin-1")
    request_limits.check(target, query, headers, b"")
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise request_limits.cut_short()
        body += message.get("body", b"")
        request_limits.check_body(len(body))
        more = message.get("more_body", False)
    return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """Hand out a body that has been read, and then what comes behind it."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


def _naming(invocation: Invocation, send: Send) -> Send:
    """Put onto an answer what every answer says, and the request's id if whoever answers does not know it."""

    async def named(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            if not any(name.lower() == _REQUEST_ID for name, _ in headers):
                headers.append((_REQUEST_ID, invocation.request_id.encode()))
            headers += [(name.lower().encode(), value.encode()) for name, value in invocation.headers]
            message = {**message, "headers": headers}
        await send(message)

    return named


def _ending(watch: Watch, send: Send) -> Send:
    """Have a watch send what is left before the application's life ends: servers may then end by a signal."""

    async def ended(message: Message) -> None:
        if message["type"] in {"lifespan.shutdown.complete", "lifespan.shutdown.failed"}:
            await asyncio.to_thread(closing, watch)
        await send(message)

    return ended


def _noting(telling: Telling, send: Send) -> Send:
    """Note the status of an answer."""

    async def noted(message: Message) -> None:
        telling.status = message.get("status", telling.status)
        await send(message)

    return noted


def _shared(cors: CorsPolicy, scope: MutableMapping[str, Any], send: Send) -> Send:
    """Put onto an answer what it says to pages on other origins."""
    asked = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    method, emptied = scope["method"], _without_body(send)
    bodiless = False

    async def shared(message: Message) -> None:
        nonlocal bodiless
        if message["type"] == "http.response.start":
            headers = tuple(
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in message.get("headers", ())
            )
            answer = cors.answered(method, asked, Answer(message["status"], headers, b""))
            bodiless = answer.status != message["status"]
            encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
            message = {**message, "status": answer.status, "headers": encoded}
        await (emptied if bodiless else send)(message)

    return shared


def _without_body(send: Send) -> Send:
    """Leave out the body of an answer, and nothing else (RFC 9110, section 9.3.2)."""

    async def bodiless(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return bodiless


async def send_answer(answer: Answer, send: Send) -> None:
    """Send an answer of the contract."""
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.framed]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
