"""The endpoints of fanin.toml as Django's URL patterns, and a request for one of them."""

import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast
from urllib.parse import parse_qsl

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, re_path

from fanin.config import Config, Endpoint
from fanin.config.parameters import Parameters
from fanin.contract import answers
from fanin.engine.aggregation import Aggregation, Result
from fanin.engine.execution import BlockingRun
from fanin.engine.outcome import Clock
from fanin.engine.plan import Plan
from fanin.entrypoints.aws_lambda.handler import Invocation
from fanin.entrypoints.django.respond import headers_of, invocation_of, respond
from fanin.errors import wrong_method

type View = Callable[..., Any]
"""Takes an endpoint, a request, and the parameters of its path by name; answers, or gives what can be awaited."""


class ServedEndpoint:
    """An endpoint, ready to be asked.

    Args:
        plan: its plan.
        clock: the clock of all deadlines.
    """

    def __init__(self, plan: Plan, clock: Clock) -> None:
        self._plan = plan
        self._parameters = Parameters(plan.endpoint.all_parameters)
        self._clock = clock

    def begin(self, request: HttpRequest, path: Mapping[str, str]) -> "Begun":
        """Begin a request.

        Args:
            request: Django's.
            path: the parameters of its path.

        Raises:
            RequestError: the method is another than GET, or a parameter is missing or wrong.
        """
        if request.method != "GET":
            raise wrong_method(["GET"])
        query = dict(parse_qsl(request.META.get("QUERY_STRING", ""), keep_blank_values=True))
        parameters = self._parameters.check({**query, **path})
        invocation = invocation_of(request, self._clock)
        deadline = invocation.deadline_within(self._plan.endpoint.timeout, self._clock)
        headers, trace = headers_of(request), invocation.trace_context
        aggregation = Aggregation(self._plan, parameters, deadline, self._clock, headers, trace_context=trace)
        return Begun(aggregation, invocation, headers.get("if-none-match", ""))


@dataclass(frozen=True, slots=True)
class Begun:
    """A request that has been checked, and whose calls may start.

    Args:
        aggregation: its way through the plan.
        invocation: its id and deadline.
        if_none_match: the header of this name.
    """

    aggregation: Aggregation
    invocation: Invocation
    if_none_match: str

    def respond(self, result: Result) -> HttpResponse:
        """Answer with what the request came to."""
        self.invocation.results.append(result)
        return respond(answers.answer(result, self.invocation.request_id, self.if_none_match))


@dataclass(frozen=True, slots=True)
class Site:
    """What the views of a project serve.

    Args:
        config: fanin.toml.
        one_after_another: runs the calls of a request, and blocks.
        all_at_once: runs them on an event loop.
        clock: the clock of all deadlines.
    """

    config: Config
    one_after_another: BlockingRun
    all_at_once: Callable[[Aggregation], Coroutine[Any, Any, Result]]
    clock: Clock

    def patterns(self, view: View) -> list[URLPattern]:
        """Make a URL pattern for each endpoint, in the order of the file.

        Args:
            view: answers for every endpoint; it is given the endpoint first.
        """
        return [
            re_path(rf"^{_route(endpoint)}\Z", self._bound(view, endpoint))
            for endpoint in self.config.endpoints.values()
        ]

    def _bound(self, view: View, endpoint: Endpoint) -> View:
        bound: Any = partial(view, ServedEndpoint(Plan.of(endpoint, self.config.sources), self.clock))
        bound.csrf_exempt = True  # a POST is refused for its method, where the project checks for forgery, too
        return cast("View", bound)


def _route(endpoint: Endpoint) -> str:
    return re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(endpoint.path.removeprefix("/")))
