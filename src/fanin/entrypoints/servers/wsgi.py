"""What holds under Lambda before an application is asked, for a WSGI application under a server."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Protocol, runtime_checkable
from urllib.parse import parse_qsl, quote

from fanin.config.api import PROBLEM_TYPES
from fanin.contract import answers, request_limits
from fanin.contract.answers import Answer
from fanin.contract.cors import CorsPolicy
from fanin.engine.clock import steady
from fanin.engine.invocation import Invocation
from fanin.engine.problems import types_begin_with
from fanin.entrypoints.servers.asgi import INVOCATION, invocation_of
from fanin.entrypoints.servers.telling import Telling
from fanin.errors import RequestError
from fanin.observability.served import Watch

type Environ = dict[str, Any]
type Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


@runtime_checkable
class Closing(Protocol):
    """A body that has to be closed, as PEP 3333 has it."""

    def close(self) -> None:
        """End it."""


class Limits:
    """A WSGI application (PEP 3333) behind the limits of a request. HEAD is served as GET, without the answer's body.

    Args:
        app: the application. It must read no body without a length: servers may not bound one.
        cors: which pages on other origins may ask; None if none may.
        watch: is told of each request that was answered; None if nobody is.
        problem_types: what the types of problems begin with.
    """

    def __init__(
        self,
        app: Application,
        cors: CorsPolicy | None = None,
        watch: Watch | None = None,
        problem_types: str = PROBLEM_TYPES,
    ) -> None:
        self._app = app
        self._cors = cors
        self._watch = watch
        self._problem_types = problem_types

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve a request."""
        types_begin_with.set(self._problem_types)
        if self._watch is None:
            return self._answered(environ, start_response)
        invocation = Invocation.unbounded(steady, _headers(environ), environ.get("REMOTE_ADDR") or "")
        told = {**environ, INVOCATION: invocation}
        with Telling(self._watch, steady, invocation, environ.get("REQUEST_METHOD", ""), _path(environ)) as telling:
            return self._answered(told, _noting(telling, start_response))

    def _answered(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        method = environ.get("REQUEST_METHOD")
        shared = _Shared(self._cors, environ, start_response) if self._cors else None
        if method == "HEAD":
            environ = {**environ, "REQUEST_METHOD": "GET"}
        body = self._serve(environ, shared or start_response)
        if method != "HEAD" and not (shared and shared.bodiless):
            return body
        if isinstance(body, Closing):
            body.close()
        return []

    def _serve(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            _check(environ)
        except RequestError as error:
            answer = answers.refusal(error, invocation_of(environ).request_id)
            start_response(f"{answer.status} {error.title}", list(answer.framed))
            return [answer.body]

        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            """Put onto an answer what every answer says."""
            said = environ[INVOCATION].headers if INVOCATION in environ else ()
            return start_response(status, [*headers, *said], *exc_info)

        return self._app(environ, start)


class _Shared:
    """A server's `start_response`, told besides what an answer says to pages on other origins.

    Args:
        cors: which of them may ask.
        environ: the request.
        start_response: the server's.
    """

    def __init__(self, cors: CorsPolicy, environ: Environ, start_response: Callable[..., Any]) -> None:
        self._cors = cors
        self._method = environ.get("REQUEST_METHOD", "")
        self._asked = _headers(environ)
        self._start_response = start_response
        self.bodiless = False
        """Whether the answer that was begun is another, which has no body."""

    def __call__(self, status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
        """Begin an answer."""
        code = int(status.partition(" ")[0])
        answer = self._cors.answered(self._method, self._asked, Answer(code, tuple(headers), b""))
        self.bodiless = answer.status != code
        line = f"{answer.status} {HTTPStatus(answer.status).phrase}" if self.bodiless else status
        return self._start_response(line, list(answer.headers), *exc_info)


def _headers(environ: Environ) -> dict[str, str]:
    """Give a request's headers, names in lower case."""
    sent = ((name.removeprefix("HTTP_"), value) for name, value in environ.items() if name.startswith("HTTP_"))
    return {name.replace("_", "-").lower(): value for name, value in sent}


def _noting(telling: Telling, start_response: Callable[..., Any]) -> Callable[..., Any]:
    """Note the status of an answer."""

    def noted(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
        telling.status = int(status.partition(" ")[0])
        return start_response(status, headers, *exc_info)

    return noted


def _path(environ: Environ) -> str:
    return quote(environ.get("PATH_INFO", "").encode("latin-1"))


def _check(environ: Environ) -> None:
    raw_query = environ.get("QUERY_STRING", "")
    path = _path(environ)
    query = parse_qsl(raw_query, keep_blank_values=True)
    request_limits.check(f"{path}?{raw_query}" if raw_query else path, query, _headers(environ), b"")
    length = environ.get("CONTENT_LENGTH") or "0"
    request_limits.check_body(int(length) if length.isdecimal() else 0)
