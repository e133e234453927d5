"""An API Gateway of our own, for WebSockets: it enforces what the real one does and emulators leave out.

- Every message is one invocation of the function; an environment of it serves one at a time, and more are made as they
  are needed.
- Frames over 32 KB, and messages over 128 KB, end the connection with code 1009.
- `POST /@connections/ID` wants a signature, takes 128 KB (413), and knows a connection from the end of `$connect` on,
  and no longer than it lasts (410).
- `DELETE /@connections/ID` wants a signature, and ends a connection.
- `$disconnect` is best effort: it does not come for a connection that was dropped.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any, Protocol
from urllib.parse import unquote
from uuid import uuid4

from aiohttp import web
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from fanin.entrypoints.aws_lambda.handler import Handler
from fanin.local.process import ports
from tests.unit.lambda_events import FakeContext

MAX_FRAME = 32 * 1024
MAX_MESSAGE = 128 * 1024
_AT_ONCE = 3
"""Invocations at the same time; in AWS there are a thousand, on more processors than are here."""


class Environment(Protocol):
    """An environment of the function."""

    handler: Handler

    def close(self) -> None: ...


class ApiGateway:
    """One WebSocket API.

    Attributes:
        url: where clients connect.
        post: where the function posts.
        refused: the statuses with which posts were refused.
        posts: how many posts there were.
        to_the_gone: where posts went that found nobody.
        holds: whether it keeps such a post's answer back.
    """

    def __init__(self, url: str, post: str) -> None:
        self.url, self.post = url, post
        self.refused: list[int] = []
        self.posts = 0
        self.to_the_gone: list[str] = []
        self.holds = False
        self.make: Callable[[], Environment] | None = None
        self._connections: dict[str, ServerConnection] = {}
        self._idle = SimpleQueue[Environment]()
        self._made: list[Environment] = []
        self._pool = ThreadPoolExecutor(_AT_ONCE)

    def invoke(self, event: dict[str, Any]) -> Future[Any]:
        """Invoke the function, in an environment that is free."""
        return self._pool.submit(self._invoked, event)

    def drop(self, connection: str) -> None:
        """Let a connection be gone, without a word to the function."""
        del self._connections[connection]

    @property
    def connections(self) -> list[str]:
        """The ids of those that are open, in their order."""
        return list(self._connections)

    def close(self) -> None:
        """End the environments."""
        self._pool.shutdown()
        for function in self._made:
            function.close()

    async def hold(self, socket: ServerConnection) -> None:
        """Hold a client's connection until it ends."""
        connection = uuid4().hex[:15] + "="
        response = await self._event("$connect", "CONNECT", connection)
        if response["statusCode"] != 200:
            await socket.close(1008)
            return
        self._connections[connection] = socket
        running: set[asyncio.Task[Any]] = set()
        with contextlib.suppress(ConnectionClosed):
            async for text in socket:
                task = asyncio.create_task(self._event("$default", "MESSAGE", connection, body=text))
                running.add(task)
                task.add_done_callback(running.discard)
        dropped = self._connections.pop(connection, None) is None
        await asyncio.gather(*running)
        if not dropped:
            await self._event("$disconnect", "DISCONNECT", connection)

    async def take(self, request: web.Request) -> web.Response:
        """Take a post to a connection."""
        self.posts += 1
        if "execute-api/aws4_request" not in request.headers.get("Authorization", ""):
            return self._refuse(403, "ForbiddenException")
        body = await request.read()
        if len(body) > MAX_MESSAGE:
            return self._refuse(413, "PayloadTooLargeException")
        connection = unquote(request.match_info["connection"])
        socket = self._connections.get(connection)
        if socket is None:
            self.to_the_gone.append(connection)
            while self.holds:  # noqa: ASYNC110 - by another thread
                await asyncio.sleep(0.005)
            return self._refuse(410, "GoneException")
        text = body.decode()
        try:
            await socket.send([text[at : at + MAX_FRAME // 4] for at in range(0, len(text), MAX_FRAME // 4)])
        except ConnectionClosed:
            return self._refuse(410, "GoneException")
        return web.Response()

    async def end(self, request: web.Request) -> web.Response:
        """End a connection."""
        if "execute-api/aws4_request" not in request.headers.get("Authorization", ""):
            return self._refuse(403, "ForbiddenException")
        socket = self._connections.get(unquote(request.match_info["connection"]))
        if socket is None:
            return self._refuse(410, "GoneException")
        await socket.close()
        return web.Response(status=204)

    def _refuse(self, status: int, code: str) -> web.Response:
        self.refused.append(status)
        return web.json_response({"message": code}, status=status, headers={"x-amzn-ErrorType": code})

    async def _event(self, route: str, kind: str, connection: str, **more: Any) -> Any:
        context = {"routeKey": route, "eventType": kind, "connectionId": connection, "stage": "live"}
        event = {"requestContext": context, "isBase64Encoded": False, **more}
        return await asyncio.wrap_future(self.invoke(event))

    def _invoked(self, event: dict[str, Any]) -> Any:
        if self._idle.empty():
            assert self.make
            self._made.append(self.make())
            self._idle.put(self._made[-1])
        function = self._idle.get()
        try:
            return function.handler(event, FakeContext())
        finally:
            self._idle.put(function)


@contextlib.contextmanager
def api_gateway() -> Iterator[ApiGateway]:
    """Run an API Gateway in a thread, as long as the context lasts; `make` makes its function's environments."""
    clients, posts = ports.take(0), ports.take(0)
    gateway = ApiGateway(f"ws://127.0.0.1:{clients.getsockname()[1]}", f"http://127.0.0.1:{posts.getsockname()[1]}")
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def run() -> None:
        stop = asyncio.Event()
        app = web.Application(client_max_size=2 * MAX_MESSAGE)
        app.router.add_post("/@connections/{connection}", gateway.take)
        app.router.add_delete("/@connections/{connection}", gateway.end)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.SockSite(runner, posts, backlog=1024).start()
        limits = (MAX_MESSAGE, MAX_FRAME)
        async with serve(gateway.hold, sock=clients, max_size=limits, ping_interval=None, backlog=1024):
            started.set_result((asyncio.get_running_loop(), stop))
            await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    with clients, posts:
        thread.start()
        loop, stop = started.result()
        try:
            yield gateway
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()
            gateway.close()
