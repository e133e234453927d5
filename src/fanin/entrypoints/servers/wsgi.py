"""What holds under Lambda before an application is asked, for a WSGI application under a server."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol, runtime_checkable
from urllib.parse import parse_qsl, quote

from fanin.contract import answers, request_limits
from fanin.entrypoints.servers.invocation import invocation_of
from fanin.errors import RequestError

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
    """

    def __init__(self, app: Application) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve a request."""
        if environ.get("REQUEST_METHOD") != "HEAD":
            return self._serve(environ, start_response)
        body = self._serve({**environ, "REQUEST_METHOD": "GET"}, start_response)
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
        return self._app(environ, start_response)


def _check(environ: Environ) -> None:
    raw_query = environ.get("QUERY_STRING", "")
    path = quote(environ.get("PATH_INFO", "").encode("latin-1"))
    headers = {name.removeprefix("HTTP_"): value for name, value in environ.items() if name.startswith("HTTP_")}
    query = parse_qsl(raw_query, keep_blank_values=True)
    request_limits.check(f"{path}?{raw_query}" if raw_query else path, query, headers, b"")
    length = environ.get("CONTENT_LENGTH") or "0"
    request_limits.check_body(int(length) if length.isdecimal() else 0)
