"""The routes of fanin's own endpoints: how they match, and the short way to them."""

from collections.abc import Awaitable, Callable, Coroutine, MutableMapping, Sequence
from functools import cached_property
from inspect import iscoroutinefunction
from typing import Any, override

from fastapi import Request
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from fanin.config.path import decoded_path, decoded_segment
from fanin.contract.answers import Answer
from fanin.entrypoints.fastapi.respond import respond
from fanin.entrypoints.servers.asgi import HEADERS, TAKE, send_answer

type Serve = Callable[[Request], Awaitable[Answer | Response]]
"""Answers a request that it reads itself."""

_ANY = "{}"
"""In the place of the first segment of a path that may begin with any."""
_RAISED = "fanin.raised"
"""The key of what an endpoint has raised on the short way, in the scope of its request."""


class EndpointRoute(APIRoute):
    """A route that matches segments first, and decodes them then, if the server hands the path on as it was sent.

    FastAPI's own matches the decoded path, in which `%2F` separates segments like a slash. A handler on the event loop
    reads its request itself: its signature is for the API's description, and FastAPI solves nothing for it.
    """

    @override
    def matches(self, scope: MutableMapping[str, Any]) -> tuple[Match, MutableMapping[str, Any]]:
        """Match a request."""
        if not (raw := scope.get("raw_path")):
            return super().matches(scope)
        path = decoded_path(raw.decode("latin-1"))
        match, found = super().matches({**scope, "path": path})
        if path.endswith("\n") and not any(str(text).endswith("\n") for text in found.get("path_params", {}).values()):
            return Match.NONE, {}  # Starlette's expressions pass over a line feed at the end
        if "path_params" in found:
            segments = found["path_params"].items()
            found["path_params"] = {
                name: decoded_segment(text) if isinstance(text, str) else text for name, text in segments
            }
        return match, found

    @cached_property
    def serve(self) -> Serve | None:
        """The handler, if it is one on the event loop."""
        return self.endpoint if iscoroutinefunction(self.endpoint) else None

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        if (serve := self.serve) is None:
            return super().get_route_handler()

        async def handle(request: Request) -> Response:
            if _RAISED in request.scope:
                raise request.scope.pop(_RAISED)  # under no name here: its traceback would refer to itself
            request.scope.pop(HEADERS, None)  # a middleware may have changed them in the scope
            answer = await serve(request)
            return respond(answer) if isinstance(answer, Answer) else answer

        return handle


class ShortWay:
    """Calls the handlers of `EndpointRoute`s past the layers of FastAPI, which cost more than most answers.

    Everything else goes through them: other routes, what has no route, and what an endpoint raises, so that it is
    answered as if FastAPI had called the endpoint.

    Args:
        app: FastAPI's layers.
        routes: all routes, in their order.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        begins = [(route, firsts) for route in routes if (firsts := _first_segments(route))]
        self._anywhere = [route for route, firsts in begins if _ANY in firsts]
        """The routes of which a path may begin with any segment, in their order."""
        self._by_segment = {
            segment: [route for route, firsts in begins if not firsts.isdisjoint((segment, _ANY))]
            for segment in {each for _, firsts in begins for each in firsts}
        }
        """These and those whose paths begin with a segment, by the segment: few of all routes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if serve := self._found(scope):
            try:
                answer = await serve(Request(scope, receive, send))
            except Exception as error:  # noqa: BLE001 - FastAPI's layers have an answer to it, or raise it again
                scope[_RAISED] = error
            else:
                if not isinstance(answer, Answer):
                    await answer(scope, receive, send)
                elif (take := scope.get(TAKE)) is not None:
                    await take(answer)
                else:
                    await send_answer(answer, send)
                return
        try:
            await self._app(scope, receive, send)
        finally:
            scope.pop(_RAISED, None)  # as above

    def _found(self, scope: Scope) -> Serve | None:
        """Find the handler that FastAPI would call, if it is an endpoint's, and put the path's parameters into scope.

        It has to be called by FastAPI if a server says of the path only how it reads, or the application is mounted.
        """
        if scope["type"] != "http" or not (raw := scope.get("raw_path")) or scope.get("root_path"):
            return None
        path = decoded_path(raw.decode("latin-1"))
        for route in self._by_segment.get(scope["path"][1:].partition("/")[0], self._anywhere):
            if not isinstance(route, EndpointRoute) or route.serve is None:
                if route.matches(scope)[0] is Match.FULL:
                    return None
            elif (found := route.path_regex.fullmatch(path)) and scope["method"] in (route.methods or ()):
                segments = found.groupdict().items()
                scope["path_params"] = {name: decoded_segment(text) for name, text in segments}
                return route.serve
        return None


def _first_segments(route: BaseRoute) -> frozenset[str]:
    """Give the segments that a route's paths begin with, `_ANY` for any; none of a router that has no routes."""
    paths = [str(getattr(each, "path_format", None) or "/{}") for each in iter_route_contexts([route])]
    return frozenset(_ANY if "{" in (first := path.split("/")[1]) else first for path in paths)
