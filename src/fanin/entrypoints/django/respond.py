"""Between Django's requests and responses, and the contract's."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from fanin.contract import request_limits
from fanin.contract.answers import Answer
from fanin.engine.clock import steady
from fanin.engine.invocation import Invocation
from fanin.engine.outcome import Clock
from fanin.entrypoints.servers.asgi import INVOCATION


def headers_of(request: HttpRequest) -> dict[str, str]:
    """Give a request's headers, names in lower case."""
    return {name.lower(): value for name, value in request.headers.items()}


def body_of(request: HttpRequest) -> bytes:
    """Give a request's body. A WSGI server ends it early if the client goes, and says nothing of it.

    Raises:
        RequestError: its end is missing.
    """
    length = request.META.get("CONTENT_LENGTH") or ""
    if length.isdecimal() and len(request.body) < int(length):
        raise request_limits.cut_short()
    return request.body


def invocation_of(request: HttpRequest, clock: Clock = steady) -> Invocation:
    """Give the request's invocation, from the ASGI scope or the WSGI environment that it came with."""
    came_with: Any = request
    scope = getattr(came_with, "scope", None) or came_with.environ
    if INVOCATION not in scope:
        scope[INVOCATION] = Invocation.unbounded(clock, headers_of(request), request.META.get("REMOTE_ADDR") or "")
    invocation: Invocation = scope[INVOCATION]
    return invocation


def respond(answer: Answer) -> HttpResponse:
    """Hand an answer of the contract to Django as it is."""
    response = HttpResponse(answer.body, status=answer.status)
    del response["Content-Type"]
    for name, value in answer.framed:
        response[name] = value
    return response
