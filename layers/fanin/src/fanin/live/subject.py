"""What can be subscribed to: the endpoints of fanin.toml."""

import re
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import quote, urlencode

from fanin import contract
from fanin.aggregate import Aggregation, Settled
from fanin.config import Config, Endpoint
from fanin.config.parameters import Parameters
from fanin.config.template import Scalar, written
from fanin.errors import RequestError
from fanin.execution import concurrent
from fanin.lambda_runtime import Invocation
from fanin.live.messages import Subscribe
from fanin.live.subscription import Ending
from fanin.outcome import Clock, Json, Outcome
from fanin.pipeline import Fetch
from fanin.plan import Plan
from fanin.seeing.served import Served, log_request


class Subject(Protocol):
    """Something that can be read, once or again and again."""

    @property
    def url(self) -> str:
        """Where it can be read by HTTP."""
        ...

    async def read(self, settled: Settled, invocation: Invocation) -> Ending:
        """Read it.

        Args:
            settled: hears of each part the moment that it is there.
            invocation: the id under which this is logged, and the moment at which it must be over.
        """
        ...


class Subjects:
    """Finds what a client subscribes to.

    Args:
        config: what is served.
        pipelines: for each source, its policies around its fetch.
        clock: the clock of all deadlines.
        url: where the endpoints are by HTTP, without a slash at the end.
    """

    def __init__(self, config: Config, pipelines: Mapping[str, Fetch], clock: Clock, url: str = "") -> None:
        self._pipelines = pipelines
        self._clock = clock
        self._url = url
        self._endpoints = {
            name: (Plan.of(endpoint, config.sources), Parameters(endpoint.all_parameters))
            for name, endpoint in config.endpoints.items()
        }

    def find(self, asked: Subscribe) -> Subject:
        """Give what a client asks for.

        Raises:
            RequestError: there is no such endpoint, or a parameter is missing or wrong.
        """
        if asked.endpoint not in self._endpoints:
            raise RequestError(404, "unknown-endpoint", "Unknown endpoint", "there is no endpoint of this name")
        plan, parameters = self._endpoints[asked.endpoint]
        subject = _EndpointSubject(plan, parameters.check(asked.params), self._pipelines, self._clock, self._url)
        subject.begin(Invocation("", 0.0), _unheard)
        return subject


class _EndpointSubject:
    """An endpoint with its parameters.

    Args:
        plan: the endpoint's plan.
        parameters: the parameters, checked.
        pipelines: for each source, its policies around its fetch.
        clock: the clock of all deadlines.
        url: where the endpoints are by HTTP.
    """

    def __init__(
        self, plan: Plan, parameters: Mapping[str, Scalar], pipelines: Mapping[str, Fetch], clock: Clock, url: str
    ) -> None:
        self._plan = plan
        self._parameters = parameters
        self._pipelines = pipelines
        self._clock = clock
        self._base = url

    @property
    def url(self) -> str:
        """Where the same endpoint with the same parameters is by HTTP."""
        return self._base + _target(self._plan.endpoint, self._parameters)

    def begin(self, invocation: Invocation, settled: Settled) -> Aggregation:
        """Begin a request, whose time runs from here.

        Raises:
            RequestError: a parameter's value may not stand where a source's URL puts it.
        """
        deadline = invocation.deadline_within(self._plan.endpoint.timeout, self._clock)
        return Aggregation(
            self._plan, self._parameters, deadline, self._clock, trace_context=invocation.trace_context, settled=settled
        )

    async def read(self, settled: Settled, invocation: Invocation) -> Ending:
        """Call the sources, and tell of those that the endpoint lists, and of every failure."""
        listed = self._plan.endpoint.sources

        def told(name: str, outcome: Outcome[Json]) -> None:
            if name in listed or outcome.error:
                settled(name, outcome)

        began = self._clock()
        result = await concurrent.run(self.begin(invocation, told), self._pipelines)
        problem = contract.whole_problem(result)
        status = problem["status"] if problem else 200
        assert isinstance(status, int)
        log_request(Served("LIVE", self._plan.endpoint.path, status, self._clock() - began, results=[result]))
        return Ending(status, all(outcome.complete for outcome in result.outcomes.values()), problem)


def _unheard(_name: str, _outcome: Outcome[Json]) -> None:
    """Hear of nothing."""


def _target(endpoint: Endpoint, parameters: Mapping[str, Scalar]) -> str:
    """Write an endpoint's path and query with its parameters in them."""
    texts = {name: written(value) for name, value in parameters.items()}
    path = re.sub(r"\{(\w+)\}", lambda found: quote(texts.pop(found[1]), safe=""), endpoint.path)
    return f"{path}?{urlencode(texts, quote_via=quote)}" if texts else path
