"""An app over one's own fanin.toml: real plans, pipelines and contract, fake sources and a fake clock."""

import asyncio
import base64
import re
import weakref
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson
from fastapi import APIRouter

from fanin.compose.client_limits import ClientLimits, limited
from fanin.config import load
from fanin.config.mistake import nearest
from fanin.config.template import Scalar
from fanin.config.values import Json
from fanin.contract.client_address import Proxies
from fanin.contract.client_limit import ClientCounts
from fanin.engine.call import Call, Fetch, Runtime
from fanin.engine.catalogue import Catalogue
from fanin.engine.execution import BlockingRun, concurrent, sequential
from fanin.engine.front_door import FrontDoor
from fanin.engine.outcome import Outcome
from fanin.engine.shape import is_missing
from fanin.entrypoints.aws_lambda.asgi import asgi_handler
from fanin.entrypoints.aws_lambda.handler import Handler
from fanin.entrypoints.fastapi.app import gateway_app
from fanin.entrypoints.plain.handler import sync_handler
from fanin.policies.cache.policy import Caching
from fanin.policies.order import pipelines_of
from fanin.policies.steps import Shared
from fanin.sources.kinds import fetches_of
from fanin.sources.reach import Reach
from fanin.sources.tls import tls_context
from fanin.testing.door import Claimed
from fanin.testing.event import Context, event_of
from fanin.testing.fake_clock import FakeClockLoop
from fanin.testing.reply import Reply
from fanin.testing.scripts import Script
from fanin.testing.source import FakeSource

if TYPE_CHECKING:
    from fanin.testing.upstreams import Upstreams

type Queried = Scalar | Sequence[Scalar]
"""What a query has under a name; a list is sent item by item."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
"""The time of day at second 0 of the fake clock."""


class App:
    """Both functions, asked with events as Lambda hands them over.

    Under `/sync` and `/sync-threads` it is the synchronous one that answers.

    Time is made: it passes only where every call waits, and then at once, so that a test of timeouts takes none.

    Args:
        file: where fanin.toml is.
        scripts: what each source does, by its name; of several scripts each is for one call, in turn, and the last for
            all that follow. A source that makes no call has none. A request that calls a source without a script fails
            the test.
        upstreams: an upstream.toml, which answers for the sources without a script: `fanin record` writes one.
        routers: handlers written by hand.
        environment: the functions' environment; that of the process does not count.
        randomness: what decides how long retries wait; the same in every run by default.

    Raises:
        ConfigError: fanin.toml cannot be served.
        ValueError: a script's source is not in fanin.toml.
    """

    def __init__(  # noqa: PLR0913 - what a test says of the world
        self,
        file: str | Path,
        scripts: Mapping[str, Script | Sequence[Script]] = _NOTHING,
        *,
        upstreams: str | Path | None = None,
        routers: Iterable[APIRouter] = (),
        environment: Mapping[str, str] = _NOTHING,
        randomness: Random | None = None,
    ) -> None:
        config = load(Path(file), environment)
        if unknown := scripts.keys() - config.sources.keys():
            name = min(unknown)
            raise ValueError(f"there is no source {name!r}. {nearest(name, config.sources)}")
        if silent := [name for name in scripts if not config.sources[name].makes_calls]:
            raise ValueError(f"{min(silent)!r} makes no call: give it no script")
        called = {name for name, source in config.sources.items() if source.makes_calls}
        other = self._upstreams = _upstreams(Path(upstreams), config.variables) if upstreams else None
        self.sources = {name: FakeSource(scripts.get(name, other)) for name in config.sources if name in called}
        """Each source that is called, by its name: its `calls`, and its `script`, which may be changed between
        requests."""
        loop = self._loop = FakeClockLoop()
        weakref.finalize(self, self._loop.close)
        silent_sources = {name: source for name, source in config.sources.items() if name not in called}
        fetches: dict[str, Fetch] = {name: source.fetch for name, source in self.sources.items()}
        fetches |= fetches_of(silent_sources, Reach({}, tls_context, self._loop.time), AsyncExitStack())
        randomness = randomness or Random(0)  # noqa: S311 - the same in every run is what it is for
        runtime = Runtime(loop.time, lambda: _EPOCH + loop.time(), randomness=randomness)
        blocking = pipelines_of(config.sources, fetches, Shared(runtime), blocking=True)
        threads = _threads(blocking, self._loop)
        catalogue = Catalogue(config, self._loop.time)
        pipelines = pipelines_of(config.sources, fetches, Shared(runtime, Caching(runtime, is_missing)))
        self._claimed = Claimed(runtime.now)
        door = limited(self._claimed.door, ClientLimits(Proxies(), ClientCounts(runtime.now), runtime.clock))
        gateway = gateway_app(catalogue, pipelines, door=door, threads=threads, routers=routers)
        self._gateway = asgi_handler(gateway, loop=self._loop, clock=self._loop.time)
        asyncio.set_event_loop(None)  # as after every request: the loop is nobody else's
        self._sync = _sync(catalogue, blocking, door, self._loop)

    def get(self, target: str, /, **query: Queried) -> Reply:
        """Ask with GET: `app.get("/forecast/Lisbon", days=2)`, or `app.get("/forecast/Lisbon?days=2")`.

        Args:
            target: path and query; what of the path is not percent-encoded becomes so.
            query: more of the query's parameters; a list is sent item by item.

        Raises:
            AssertionError: a source was called that has no script.
        """
        return self.request("GET", target, query=query)

    def post(self, target: str, json: Any = None, /, **query: Queried) -> Reply:
        """Ask with POST: `app.post("/orders", {"item": 7})`; otherwise as `get`.

        Args:
            target: path and query.
            json: the body, which is written as JSON; None for no body.
            query: more of the query's parameters.
        """
        return self.request("POST", target, query=query, json=json)

    def put(self, target: str, json: Any = None, /, **query: Queried) -> Reply:
        """Ask with PUT, as `post` does with POST."""
        return self.request("PUT", target, query=query, json=json)

    def patch(self, target: str, json: Any = None, /, **query: Queried) -> Reply:
        """Ask with PATCH, as `post` does with POST."""
        return self.request("PATCH", target, query=query, json=json)

    def delete(self, target: str, /, **query: Queried) -> Reply:
        """Ask with DELETE, as `get` does with GET."""
        return self.request("DELETE", target, query=query)

    def request(  # noqa: PLR0913 - a request's parts
        self,
        method: str,
        target: str,
        *,
        query: Mapping[str, Queried] = _NOTHING,
        headers: Mapping[str, str] = _NOTHING,
        body: bytes = b"",
        json: Any = None,
        address: str = "127.0.0.1",
        caller: Mapping[str, Json] | None = None,
    ) -> Reply:
        """Ask with any method, headers and body, or with `json` as the body; otherwise as `get`.

        Args:
            method: the HTTP method.
            target: path and query.
            query: more of the query's parameters.
            headers: names and values.
            body: the body.
            json: likewise, to be written as JSON; None for no body.
            address: where the request comes from, for an endpoint's `client_limit`.
            caller: the claims of who asks, if the endpoint has a `caller`; None for a client without credentials.
        """
        self._claimed.claims = caller
        if json is not None:
            body, headers = orjson.dumps(json), {"content-type": "application/json", **headers}
        handler = self._sync if re.match(r"/sync(-threads)?(?![^/?])", target) else self._gateway
        began = self._loop.time()
        response = self._handled(handler, event_of(method, target, query, headers, body, address=address))
        for name, source in self.sources.items():
            if source.calls and not source.script:
                raise AssertionError(f"{name} was called and has no script: {source.urls[-1]}")
        if self._upstreams and self._upstreams.unexpected:
            raise AssertionError(f"there is no answer for what {'; '.join(self._upstreams.unexpected)}")
        content = response["body"].encode()
        return Reply(
            status=response["statusCode"],
            headers={name.lower(): value for name, value in response["headers"].items()},
            cookies=tuple(response.get("cookies", ())),
            content=base64.b64decode(content) if response["isBase64Encoded"] else content,
            seconds=self._loop.time() - began,
        )

    def _handled(self, handler: Handler, event: dict[str, Any]) -> dict[str, Any]:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            pass
        else:
            raise RuntimeError("App runs a loop of its own: ask from a test that is `def`, not `async def`")
        try:
            return handler(event, Context())
        finally:
            asyncio.set_event_loop(None)


def _upstreams(file: Path, variables: Mapping[str, str]) -> "Upstreams":
    from fanin.testing.upstreams import Upstreams  # noqa: PLC0415 - few tests need what reads the file

    return Upstreams(file, variables)


def _threads(pipelines: Mapping[str, Fetch], loop: FakeClockLoop) -> BlockingRun:
    """Run a request's calls on the loop, while the thread that the request is served in waits."""
    return lambda request: asyncio.run_coroutine_threadsafe(concurrent.run(request, pipelines), loop).result()


def _sync(catalogue: Catalogue, pipelines: Mapping[str, Fetch], door: FrontDoor, loop: FakeClockLoop) -> Handler:
    """Make the synchronous function. Made time cannot pass in threads: tasks stand for them, which end alike."""

    def fetch(call: Call) -> Outcome[Any]:
        return loop.run_until_complete(pipelines[call.source.name](call))

    models: dict[str, BlockingRun] = {
        "/sync": lambda request: sequential.run(request, fetch),
        "/sync-threads": lambda request: loop.run_until_complete(concurrent.run(request, pipelines)),
    }
    return sync_handler(catalogue, models, door=door)
