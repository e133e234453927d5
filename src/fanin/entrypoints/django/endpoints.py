"""The endpoints of fanin.toml as Django's URL patterns, and a request for one of them."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, URLPattern, re_path, resolve

from fanin.config import Endpoint
from fanin.config.path import decoded_path, decoded_segment, filled, pattern_of
from fanin.contract import answers
from fanin.contract.cors import CorsPolicy
from fanin.engine.aggregation import Aggregation
from fanin.engine.caller import Caller
from fanin.engine.catalogue import Catalogue, ClientRequest
from fanin.engine.execution import BlockingRun
from fanin.engine.front_door import OPEN, FrontDoor
from fanin.engine.invocation import Invocation
from fanin.engine.result import Result
from fanin.entrypoints.django.respond import body_of, headers_of, invocation_of, respond
from fanin.observability.served import Watch

if TYPE_CHECKING:
    from fanin.contract.client_limit import ClientCounts

type View = Callable[..., Any]
"""Takes an endpoint, a request, and the parameters of its path by name; answers, or gives what can be awaited."""


class ServedEndpoint:
    """An endpoint, ready to be asked.

    Args:
        catalogue: what is served.
        name: the endpoint's.
        door: says who asks.
    """

    def __init__(self, catalogue: Catalogue, name: str, door: FrontDoor) -> None:
        self._catalogue = catalogue
        self._door = door
        self._name = name
        self._method, self._path = catalogue.config.endpoints[name].method, catalogue.config.endpoints[name].path

    def begin(self, request: HttpRequest, path: Mapping[str, str]) -> "Begun":
        """Begin a request, in a thread that waits until it is clear who asks.

        Args:
            request: Django's.
            path: the parameters of its path.

        Raises:
            RequestError: no endpoint takes the method at this path, who asks is not let in, or a parameter is missing
                or wrong.
        """
        endpoint, asked, invocation = self._asked(request, path)
        admit = self._door.admit_blocking
        caller = admit(endpoint, asked, invocation) if admit else None
        return self._begun(endpoint, asked, caller, invocation)

    async def abegin(self, request: HttpRequest, path: Mapping[str, str]) -> "Begun":
        """Begin a request as `begin` does, on an event loop."""
        endpoint, asked, invocation = self._asked(request, path)
        admit = self._door.admit
        caller = await admit(endpoint, asked, invocation) if admit else None
        return self._begun(endpoint, asked, caller, invocation)

    def _asked(self, request: HttpRequest, path: Mapping[str, str]) -> tuple[Endpoint, ClientRequest, Invocation]:
        name, in_path = self._name, {name: decoded_segment(text) for name, text in path.items()}
        if request.method != self._method:  # Django resolves by path only
            endpoint, in_path = self._catalogue.find(request.method or "", filled(self._path, path))
            name = endpoint.name
        query = parse_qsl(request.META.get("QUERY_STRING", ""), keep_blank_values=True)
        invocation, headers = invocation_of(request, self._catalogue.clock), headers_of(request)
        body = body_of(request) if self._catalogue.config.endpoints[name].input is not None else b""
        asked = ClientRequest(in_path, headers, body, query=query)
        return self._catalogue.config.endpoints[name], asked, invocation

    def _begun(
        self, endpoint: Endpoint, asked: ClientRequest, caller: Caller | None, invocation: Invocation
    ) -> "Begun":
        aggregation = self._catalogue.begin(endpoint.name, asked, caller, invocation)
        return Begun(aggregation, invocation, asked.headers)


def keep_segments(request: HttpRequest) -> None:
    """Let Django resolve a request with an encoded slash by its segments, if either reading leads to an endpoint.

    The path as it was sent is in the ASGI scope, and under WSGI where the server puts it. Other views get the path
    that Django decoded.
    """
    came_with: Any = request
    scope = getattr(came_with, "scope", None)
    raw = scope.get("raw_path", b"").decode("latin-1") if scope else _raw_path(came_with.environ)
    if "%2f" not in raw.lower():
        return
    path = decoded_path(raw).removeprefix(came_with.META.get("SCRIPT_NAME", "").rstrip("/"))
    if _leads_to_endpoint(path) or _leads_to_endpoint(request.path_info):
        request.path_info = path


def _leads_to_endpoint(path: str) -> bool:
    try:
        view: Any = resolve(path).func
    except Resolver404:
        return False
    return isinstance(view, partial) and bool(view.args) and isinstance(view.args[0], ServedEndpoint)


def _raw_path(environ: Mapping[str, Any]) -> str:
    """Give the path as a WSGI server got it: PEP 3333 has no place for it, and servers have one of two."""
    target = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or "")
    return target.partition("?")[0] if target.startswith("/") else ""


@dataclass(frozen=True, slots=True)
class Begun:
    """A request that has been checked, and whose calls may start.

    Args:
        aggregation: its way through the plan.
        invocation: its id and deadline.
        headers: the client's, names in lower case.
    """

    aggregation: Aggregation
    invocation: Invocation
    headers: Mapping[str, str]

    def respond(self, result: Result) -> HttpResponse:
        """Answer with what the request came to."""
        self.invocation.results.append(result)
        return respond(answers.answer(result, self.invocation.request_id, self.headers))


@dataclass(frozen=True, slots=True)
class Site:
    """What the views of a project serve.

    Args:
        catalogue: what is served.
        one_after_another: runs the calls of a request, and blocks.
        all_at_once: runs them on an event loop.
        door: says who asks.
        counts: what counts the requests of clients, for a gateway in this process; None if nothing limits them.
        watch: is told, under a server, of each request; None if nobody is.
    """

    catalogue: Catalogue
    one_after_another: BlockingRun
    all_at_once: Callable[[Aggregation], Coroutine[Any, Any, Result]]
    door: FrontDoor = OPEN
    counts: "ClientCounts | None" = None
    watch: Watch | None = None

    @property
    def cors(self) -> CorsPolicy | None:
        """Which pages on other origins may ask; None if none may. What is around the project's application does it."""
        return CorsPolicy.of(self.catalogue.config)

    @property
    def problem_types(self) -> str:
        """What the types of problems begin with."""
        return self.catalogue.config.api.problems

    def patterns(self, view: View) -> list[URLPattern]:
        """Make a URL pattern for each endpoint, in the order of the file.

        Args:
            view: answers for every endpoint; it is given the endpoint first.
        """
        return [
            re_path(rf"^{pattern_of(endpoint.path).removeprefix('/')}\Z", self._bound(view, endpoint))
            for endpoint in self.catalogue.config.endpoints.values()
        ]

    def _bound(self, view: View, endpoint: Endpoint) -> View:
        bound: Any = partial(view, ServedEndpoint(self.catalogue, endpoint.name, self.door))
        bound.csrf_exempt = True  # there is no session that a forged request could use
        return cast("View", bound)
