"""The Lambda handler of an ASGI application: Mangum, on one event loop for the container's whole life."""

import asyncio
import logging
from typing import Any, cast

from mangum import Mangum
from mangum.types import ASGI, Response, Scope

from fanin.config.record import record
from fanin.contract.answers import Answer
from fanin.engine.clock import steady
from fanin.engine.invocation import Invocation
from fanin.engine.outcome import Clock
from fanin.entrypoints.aws_lambda.event import HttpRequest
from fanin.entrypoints.aws_lambda.handler import (
    Around,
    Handler,
    LambdaContext,
    Observability,
    end_leftovers,
    http_handler,
)
from fanin.entrypoints.aws_lambda.loop import FunctionLoop
from fanin.entrypoints.servers.asgi import (
    HEADERS,
    INVOCATION,
    TAKE,
    Application,
    cors_of,
    hands_over,
    problem_types_of,
)

_NO_CONTEXT: Any = None


def asgi_handler(
    app: Application,
    *,
    loop: asyncio.AbstractEventLoop | None = None,
    clock: Clock = steady,
    observability: Observability = Observability(),  # noqa: B008 - frozen
) -> "AsgiHandler":
    """Make the Lambda handler of an application.

    Mangum reads no event: it is handed the checked request. Its lifespan is off: on, it would run the application's
    start and end in every invocation, and close the clients' connections with it.

    Args:
        app: the application, which says which pages on other origins may ask, and what begins the types of problems.
        loop: the loop; a new one by default.
        clock: the clock of all deadlines.
        observability: how the function is seen from outside.
    """
    loop = loop or FunctionLoop()
    asyncio.set_event_loop(loop)
    logging.getLogger("mangum.http").setLevel(logging.WARNING)  # its line for each request is ours again
    called = _taking(app) if hands_over(app) else app
    mangum = Mangum(cast("ASGI", called), lifespan="off", custom_handlers=[_Exchange])

    def serve(request: HttpRequest, invocation: Invocation) -> Answer:
        asyncio.set_event_loop(loop)
        try:
            exchange: Any = {"request": request, "invocation": invocation}
            answer: Answer = mangum(exchange, _NO_CONTEXT)["answer"]
            return answer
        finally:
            end_leftovers(loop)

    around = Around(clock, observability, cors_of(app), problem_types_of(app))
    return AsgiHandler(app, loop, around, http_handler(serve, around))


@record
class AsgiHandler:
    """The handler as AWS's runtime calls it; a runtime of fanin's own calls the application itself.

    Args:
        app: the application.
        loop: its loop.
        around: what is around its requests.
        handle: handles an event.
    """

    app: Application
    loop: asyncio.AbstractEventLoop
    around: Around
    handle: Handler

    def __call__(self, event: Any, context: LambdaContext) -> dict[str, Any]:
        """Handle an event."""
        return self.handle(event, context)


def scope_of(request: HttpRequest, invocation: Invocation) -> dict[str, Any]:
    """Give a request as ASGI has it. Where the client says nothing of the scheme, it is API Gateway's, https."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http" if request.headers.get("x-forwarded-proto") == "http" else "https",
        "path": request.path,
        "raw_path": request.raw_path.encode(),
        "query_string": request.raw_query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in request.headers.items()],
        "client": None,
        "server": None,
        INVOCATION: invocation,
        HEADERS: request.headers,
    }


def _taking(app: Application) -> Application:
    """Have an application hand over its answer, which Mangum takes for headers, and does not look into."""

    async def taking(scope: Any, receive: Any, send: Any) -> None:
        async def take(answer: Answer) -> None:
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.in_lower_case})
            await send({"type": "http.response.body"})

        scope[TAKE] = take
        try:
            await app(scope, receive, send)
        finally:
            del scope[TAKE]  # it refers to Mangum's cycle, and that to the scope

    return taking


class _Exchange:
    """What Mangum asks of an event's format, answered from the checked request in place of an event.

    Its own formats decode a path that is decoded already, fail on hosts such as `[::1]:3000`, and join or drop headers.
    """

    def __init__(self, exchange: dict[str, Any], *_: object) -> None:
        self._request: HttpRequest = exchange["request"]
        self._invocation: Invocation = exchange["invocation"]

    @classmethod
    def infer(cls, *_: object) -> bool:
        """Take every event."""
        return True

    @property
    def body(self) -> bytes:
        """The request's body."""
        return self._request.body

    @property
    def scope(self) -> Scope:
        """The request as ASGI has it."""
        return cast("Scope", scope_of(self._request, self._invocation))

    def __call__(self, response: Response) -> dict[str, Any]:
        """Take the application's response."""
        given: Any = response["headers"]
        if isinstance(given, Answer):
            return {"answer": given}
        headers = tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in given])
        return {"answer": Answer(response["status"], headers, response["body"])}
