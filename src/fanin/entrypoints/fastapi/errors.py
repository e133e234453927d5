"""How an exception becomes an answer of the contract."""

from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from fanin.config.sent_parameters import described
from fanin.contract import answers
from fanin.engine.refusals import METHODS, unknown_path, wrong_method
from fanin.entrypoints.fastapi.respond import respond
from fanin.entrypoints.fastapi.sources import sources_of
from fanin.entrypoints.servers.asgi import invocation_of
from fanin.errors import RequestError, SourceError, bad_parameters

_OF_FANIN = frozenset({"content-type", "content-length", "cache-control", "x-content-type-options", "x-request-id"})
"""What the answer says of itself, whatever headers an HTTPException has."""
_TITLES = {status.value: status.phrase.capitalize() for status in HTTPStatus}


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    return respond(answers.refusal(error, invocation_of(request.scope).request_id))


async def _refuse_parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return await _refuse(request, bad_parameters(described(error.errors())))


async def _refuse_route(request: Request, error: Exception) -> Response:
    """Answer where the router, or a handler written by hand, raised HTTPException."""
    assert isinstance(error, HTTPException)
    match error.status_code:
        case 404 if error.detail == HTTPStatus.NOT_FOUND.phrase:
            refused = unknown_path()
        case 405:
            refused = wrong_method(_methods_at_path(request))
        case status:
            title = _TITLES.get(status, f"Status {status}")
            said = [(name, value) for name, value in (error.headers or {}).items() if name.lower() not in _OF_FANIN]
            refused = RequestError(status, title.lower().replace(" ", "-"), title, str(error.detail), headers=said)
    return await _refuse(request, refused)


def _methods_at_path(request: Request) -> list[str]:
    """Give the methods of all routes that have the path: Starlette names those of the first only."""
    asked = [(method, {**request.scope, "method": method}) for method in METHODS]
    return [
        method for method, scope in asked if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)
    ]


async def _fail(request: Request, error: Exception) -> Response:
    """Answer where a handler written by hand lets a source's error through."""
    assert isinstance(error, SourceError)
    return (await sources_of(request)).failure(error)


async def _fail_group(request: Request, error: Exception) -> Response:
    """Answer where sources failed inside a task group of a handler written by hand."""
    assert isinstance(error, ExceptionGroup)
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, SourceError):
        return await _fail(request, error)
    raise error


async def _admit(request: Request, _: Exception) -> Response:
    """Answer where fanin, or a handler written by hand, has a bug; Starlette raises the exception on, to be logged."""
    return respond(answers.internal_error(invocation_of(request.scope).request_id))


ERROR_HANDLERS: Mapping[type[Exception], Callable[[Request, Exception], Coroutine[Any, Any, Response]]] = {
    RequestError: _refuse,
    RequestValidationError: _refuse_parameters,
    HTTPException: _refuse_route,
    SourceError: _fail,
    ExceptionGroup: _fail_group,
    Exception: _admit,
}
"""What answers each exception that a handler lets through."""
