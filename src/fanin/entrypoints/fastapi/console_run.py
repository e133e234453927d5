"""A request that the console makes: served like any other, and told while it is under way."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson
from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import StreamingResponse

from fanin.config import Endpoint
from fanin.config.path import target_of
from fanin.config.values import Json
from fanin.contract import answers, request_limits
from fanin.contract.answers import Answer
from fanin.contract.records import Record
from fanin.contract.streams import LINES, arrived, head
from fanin.engine.aggregation import Aggregation
from fanin.engine.call import Fetch
from fanin.engine.catalogue import Catalogue, ClientRequest
from fanin.engine.execution import concurrent
from fanin.engine.front_door import FrontDoor
from fanin.engine.invocation import PageRequest
from fanin.engine.outcome import Clock, Outcome
from fanin.engine.result import Result
from fanin.entrypoints.console.trace import Kept, told_spans
from fanin.entrypoints.servers.asgi import invocation_of
from fanin.errors import RequestError

_EVERY = 0.05
"""Seconds after which the trace is told again, if anything has changed; at first."""
_SHARE = 0.05
"""Likewise, as a share of the time that the request has taken: so a long one tells it some hundred times at most."""
_JSON = "application/json"


class Asked(BaseModel):
    """What the page sends: a request for an endpoint, in its parts.

    Args:
        endpoint: the endpoint's name.
        path: the parameters of its path.
        query: keys and values, in their order.
        headers: names and values.
        body: the body, as a text.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    endpoint: str
    path: dict[str, str] = Field(default_factory=dict)
    query: list[tuple[str, str]] = Field(default_factory=list)
    headers: dict[str, str] = Field(default_factory=dict)
    body: str = ""

    def path_of(self, endpoint: Endpoint) -> str:
        """Give the path of the request, percent-encoded."""
        return target_of(endpoint.path, {name: self.path.get(name, "") for name in endpoint.path_parameters}, ())

    def client_request(self) -> ClientRequest:
        """Give it as a way in hands it to the catalogue.

        Raises:
            RequestError: it is over a limit of requests.
        """
        headers = {name.lower(): value for name, value in self.headers.items()}
        target = "".join([*self.path.values(), *(f"{key}={value}&" for key, value in self.query)])
        body = self.body.encode(errors="replace")
        request_limits.check(target, self.query, headers, body)
        return ClientRequest(self.path, headers, body, query=self.query)


def read(content_type: str, body: bytes) -> Asked:
    """Read what the page sends.

    Args:
        content_type: a page on another origin cannot send this one unless `[cors]` lets it.
        body: the JSON.

    Raises:
        RequestError: it is not as `Asked` says.
    """
    if content_type.partition(";")[0].strip().lower() != _JSON:
        raise RequestError(415, "unsupported-media-type", "Unsupported media type", f"send the request as {_JSON}")
    try:
        return Asked.model_validate_json(body)
    except ValidationError as error:
        detail = "the request is not as the console sends it"
        raise RequestError(422, "bad-run", "Bad run", detail) from error


@dataclass(frozen=True, slots=True)
class Runs:
    """Makes the console's requests.

    Args:
        catalogue: what is served.
        pipelines: for each source, its policies around its fetch.
        door: says who asks.
        under_way: requests that change something, and go on when their client has gone.
    """

    catalogue: Catalogue
    pipelines: Mapping[str, Fetch]
    door: FrontDoor
    under_way: set[asyncio.Task[Result]] = field(default_factory=set)

    async def run(self, request: Request) -> StreamingResponse:
        """Make a request for an endpoint, and tell it as lines of JSON: `trace`, `source`, and at the end `answer`.

        Raises:
            RequestError: it cannot be read, or the endpoint refuses it.
        """
        asked = read(request.headers.get("content-type", ""), await request.body())
        if (endpoint := self.catalogue.config.endpoints.get(asked.endpoint)) is None:
            raise RequestError(404, "not-found", "Not found", "fanin.toml has no such endpoint")
        invocation = invocation_of(request.scope)
        invocation.by_page.append(made := PageRequest(endpoint.method, asked.path_of(endpoint)))
        client = asked.client_request()
        caller = await self.door.admit(endpoint, client, invocation) if self.door.admit else None
        news = _News(endpoint)
        aggregation = self.catalogue.begin(endpoint.name, client, caller, invocation, settled=news.heard)
        running = asyncio.create_task(concurrent.run(aggregation, self.pipelines))
        if self.catalogue.plans[endpoint.name].writes:
            self.under_way.add(running)
            running.add_done_callback(self.under_way.discard)
        running.add_done_callback(lambda _: news.wake.set())

        async def lines() -> AsyncIterator[bytes]:
            try:
                async for record in _records(aggregation, running, news, self.catalogue.clock):
                    yield orjson.dumps(record) + b"\n"
                result = await running
                invocation.results.append(result)
                answer = answers.answer(result, invocation.request_id)
                invocation.by_page.append(PageRequest(made.method, made.path, answer.status))
                told = Kept.of(result, self.catalogue.plans[endpoint.name]).told()
                yield orjson.dumps({"type": "answer", **told, **_answer(answer)}) + b"\n"
            finally:
                aggregation.abandon()
                if running not in self.under_way:
                    running.cancel()

        response = StreamingResponse(lines())
        headers = head(LINES, invocation.request_id)
        response.raw_headers = [(name.lower().encode(), value.encode()) for name, value in headers]
        return response


class _News:
    """What has happened in a request and is not told yet.

    Args:
        goal: the endpoint.
    """

    def __init__(self, goal: Endpoint) -> None:
        self._goal = goal
        self.records: list[Record] = []  # one for each source at most
        self.wake = asyncio.Event()

    def heard(self, name: str, outcome: Outcome[Json]) -> None:
        """Hear of a source's outcome. As in a stream, the values of those that are not listed are not for clients."""
        picked = self._goal.pick is not None or self._goal.passthrough is not None or name not in self._goal.sources
        self.records.append(arrived(name, outcome, picked=picked))
        self.wake.set()

    def take(self) -> list[Record]:
        """Give the sources that have arrived since."""
        taken, self.records = self.records, []
        return taken


async def _records(
    aggregation: Aggregation, running: asyncio.Task[Result], news: _News, clock: Clock
) -> AsyncIterator[Record]:
    """Tell what has changed, at most so often, until the request is over."""
    told: dict[str, Json] = {}
    while True:
        done = running.done()
        spans = told_spans(aggregation.trace)
        elapsed = clock() - aggregation.trace.began
        changed = {name: span for name, span in spans.items() if told.get(name) != span}
        told = spans
        arrivals = news.take()
        if changed or arrivals:
            yield {"type": "trace", "at": round(elapsed * 1000, 1), "spans": changed}
        for record in arrivals:
            yield record
        if done:
            return
        news.wake.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(_EVERY, elapsed * _SHARE)):
                await news.wake.wait()


def _answer(answer: Answer) -> dict[str, Any]:
    """Tell an answer; of a body that is no text, how long it is."""
    try:
        body = answer.body.decode()
    except UnicodeDecodeError:
        body = f"({len(answer.body)} bytes that are no text)"
    return {"status": answer.status, "headers": [list(header) for header in answer.headers], "body": body}
