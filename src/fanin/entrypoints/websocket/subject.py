"""What can be subscribed to: the endpoints of fanin.toml, and jobs."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol
from urllib.parse import quote

from fanin.config.values import Json
from fanin.contract.records import complete_record
from fanin.engine.call import Fetch
from fanin.engine.caller import Caller, check_caller
from fanin.engine.catalogue import Catalogue, ClientRequest
from fanin.engine.execution import concurrent
from fanin.engine.front_door import OPEN, FrontDoor
from fanin.engine.invocation import Invocation
from fanin.engine.outcome import Outcome
from fanin.entrypoints.websocket.messages import Subscribe
from fanin.entrypoints.websocket.subscription import Ending, Part
from fanin.errors import RequestError
from fanin.jobs.job import ENDED, Job, State
from fanin.observability.served import Served, log_request

type Tell = Callable[[str, Part], None]
"""Hears of a source."""

type FindJob = Callable[[str, str], Awaitable[Job]]
"""Gives a job by its id and by who asks, empty for nobody, as it is now; raises RequestError where there is none."""


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
        catalogue: what is served.
        pipelines: for each source, its policies around its fetch.
        url: where the endpoints are by HTTP, without a slash at the end.
        find_job: gives a job; None where there are none.
        door: says who asks for an endpoint.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        pipelines: Mapping[str, Fetch],
        url: str = "",
        find_job: FindJob | None = None,
        *,
        door: FrontDoor = OPEN,
    ) -> None:
        self._find_job = find_job
        self._door = door
        self._catalogue = catalogue
        self._pipelines = pipelines
        self._url = url

    def asks_who(self, asked: Subscribe) -> bool:
        """Whether it counts who has connected, for what a client asks for."""
        if asked.job is not None:
            return bool(self._catalogue.config.callers)
        endpoint = self._catalogue.config.endpoints.get(asked.endpoint or "")
        return endpoint is not None and endpoint.asked_by is not None

    async def let_in(self, asked: Subscribe, invocation: Invocation) -> Subject:
        """Give what a client subscribes to, if the front door lets it in. Rounds of a subscription ask it no more.

        Raises:
            RequestError: as `find` does; or the client is not let in.
        """
        subject = self.find(asked, invocation.caller)
        if asked.endpoint is not None and self._door.admit:
            endpoint = self._catalogue.config.endpoints[asked.endpoint]
            await self._door.admit(endpoint, ClientRequest(asked.params, input=asked.input), invocation)
        return subject

    def find(self, asked: Subscribe, caller: Caller | None = None) -> Subject:
        """Give what a client asks for.

        Args:
            asked: that.
            caller: who has connected; None if nobody says.

        Raises:
            RequestError: there is no such endpoint, its callers are others, it may be asked only once, a parameter is
                missing or wrong, or who has connected may not ask this.
        """
        if asked.job is not None:
            if self._find_job is None:
                raise RequestError(404, "unknown-job", "Unknown job", "there are no jobs here")
            return _JobSubject(asked.job, self._find_job, self._url)
        if asked.endpoint not in self._catalogue.plans:
            raise RequestError(404, "unknown-endpoint", "Unknown endpoint", "there is no endpoint of this name")
        endpoint = self._catalogue.config.endpoints[asked.endpoint]
        check_caller(endpoint, caller)
        if asked.pace is not None and endpoint.method != "GET":
            detail = f"{asked.endpoint} is not read by GET, so it may do twice what it does: ask without every"
            raise RequestError(422, "not-repeatable", "Not repeatable", detail)
        parameters = self._catalogue.check(asked.endpoint, asked.params)
        given = self._catalogue.check_input(asked.endpoint, asked.input)
        self._catalogue.check_allowed(asked.endpoint, parameters, given, caller if endpoint.asked_by else None)
        request = ClientRequest(parameters, input=given, checked=True)
        return _EndpointSubject(self._catalogue, asked.endpoint, request, self._pipelines, self._url)


class _EndpointSubject:
    """An endpoint with its parameters and its input.

    Args:
        catalogue: what is served.
        name: the endpoint's.
        request: its parameters and input, checked.
        pipelines: for each source, its policies around its fetch.
        url: where the endpoints are by HTTP.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        name: str,
        request: ClientRequest,
        pipelines: Mapping[str, Fetch],
        url: str,
    ) -> None:
        self._catalogue = catalogue
        self._endpoint = catalogue.config.endpoints[name]
        self._request = request
        self._pipelines = pipelines
        self._base = url

    @property
    def url(self) -> str:
        """Where the same endpoint with the same parameters is by HTTP."""
        return self._base + self._endpoint.target(self._request.parameters)

    async def read(self, tell: Tell, invocation: Invocation) -> Ending:
        """Call the sources, and tell of those that the endpoint lists, and of every failure.

        Of an endpoint with `pick` only the sources' states are told: clients see what it makes of their values.
        """
        listed, clock, is_picked = self._endpoint.sources, self._catalogue.clock, self._endpoint.pick is not None

        def told(name: str, outcome: Outcome[Json]) -> None:
            if name in listed or outcome.error:
                tell(name, outcome.told_state if is_picked else outcome)

        began = clock()
        caller = invocation.caller if self._endpoint.asked_by else None
        aggregation = self._catalogue.begin(self._endpoint.name, self._request, caller, invocation, settled=told)
        result = await concurrent.run(aggregation, self._pipelines)
        ended = complete_record(result)
        about = caller.told if caller else {}
        log_request(
            Served("LIVE", self._endpoint.path, ended["status"], clock() - began, results=[result], about=about)
        )
        answer = (ended["answer"],) if "answer" in ended else ()
        return Ending(ended["status"], ended["complete"], ended.get("problem"), answer=answer)


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

    async def read(self, tell: Tell, invocation: Invocation) -> Ending:
        """Look where the job stands, and tell of each source of its run."""
        job = await self._find(self._job_id, invocation.caller.owner if invocation.caller else "")
        for source, state in job.progress.items():
            tell(source, state)
        over = job.state in ENDED or job.state is State.DEAD
        return Ending(job.status, job.complete, job=job.state.value, over=over)
