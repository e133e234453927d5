"""What can be subscribed to: the endpoints of fanin.toml, and jobs."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol
from urllib.parse import quote, urlencode

from fanin.config import Config, Endpoint
from fanin.config.parameters import Parameters
from fanin.config.template import Scalar, written
from fanin.config.values import Json
from fanin.contract import answers
from fanin.engine.aggregation import Aggregation, Settled
from fanin.engine.call import Fetch
from fanin.engine.execution import concurrent
from fanin.engine.outcome import Clock, Outcome
from fanin.engine.plan import Plan
from fanin.entrypoints.aws_lambda.handler import Invocation
from fanin.entrypoints.websocket.messages import Subscribe
from fanin.entrypoints.websocket.subscription import Ending, Part
from fanin.errors import RequestError
from fanin.jobs.job import ENDED, Job, State
from fanin.observability.served import Served, log_request

type Tell = Callable[[str, Part], None]
"""Hears of a source."""

type FindJob = Callable[[str], Awaitable[Job]]
"""Gives a job by its id, as it is now; raises RequestError where there is none."""


class Subject(Protocol):
    """Something that can be read, once or again and again."""

    @property
    def url(self) -> str:
        """Where it can be read by HTTP."""
        ...

    async def read(self, tell: Tell, invocation: Invocation) -> Ending:
        """Read it.

        Args:
            tell: hears of each part the moment that it is there.
            invocation: the id under which this is logged, and the moment at which it must be over.

        Raises:
            RequestError: there is nothing to be read, or no more.
        """
        ...


class Subjects:
    """Finds what a client subscribes to.

    Args:
        config: what is served.
        pipelines: for each source, its policies around its fetch.
        clock: the clock of all deadlines.
        url: where the endpoints are by HTTP, without a slash at the end.
        find_job: gives a job; None where there are none.
    """

    def __init__(
        self,
        config: Config,
        pipelines: Mapping[str, Fetch],
        clock: Clock,
        url: str = "",
        find_job: FindJob | None = None,
    ) -> None:
        self._find_job = find_job
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
        if asked.job is not None:
            if self._find_job is None:
                raise RequestError(404, "unknown-job", "Unknown job", "there are no jobs here")
            return _JobSubject(asked.job, self._find_job, self._url)
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

    async def read(self, tell: Tell, invocation: Invocation) -> Ending:
        """Call the sources, and tell of those that the endpoint lists, and of every failure."""
        listed = self._plan.endpoint.sources

        def told(name: str, outcome: Outcome[Json]) -> None:
            if name in listed or outcome.error:
                tell(name, outcome)

        began = self._clock()
        result = await concurrent.run(self.begin(invocation, told), self._pipelines)
        problem = answers.whole_problem(result)
        status = problem["status"] if problem else 200
        assert isinstance(status, int)
        log_request(Served("LIVE", self._plan.endpoint.path, status, self._clock() - began, results=[result]))
        return Ending(status, all(outcome.complete for outcome in result.outcomes.values()), problem)


class _JobSubject:
    """A job, whose progress is read as it is recorded.

    Args:
        job_id: the job's id.
        find: gives it.
        url: where jobs are by HTTP.
    """

    def __init__(self, job_id: str, find: FindJob, url: str) -> None:
        self._job_id = job_id
        self._find = find
        self.url = f"{url}/jobs/{quote(job_id, safe='')}"

    async def read(self, tell: Tell, _: Invocation) -> Ending:
        """Look where the job stands, and tell of each source of its run."""
        job = await self._find(self._job_id)
        for source, state in job.progress.items():
            tell(source, state)
        over = job.state in ENDED or job.state is State.DEAD
        return Ending(job.status, job.complete, job=job.state.value, over=over)


def _unheard(_name: str, _outcome: Outcome[Json]) -> None:
    """Hear of nothing."""


def _target(endpoint: Endpoint, parameters: Mapping[str, Scalar]) -> str:
    """Write an endpoint's path and query with its parameters in them."""
    texts = {name: written(value) for name, value in parameters.items()}
    path = re.sub(r"\{(\w+)\}", lambda found: quote(texts.pop(found[1]), safe=""), endpoint.path)
    return f"{path}?{urlencode(texts, quote_via=quote)}" if texts else path
