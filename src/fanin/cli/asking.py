"""Ask an endpoint in this process, over the same plan, pipelines and contract as the functions."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, ExitStack, closing
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from uuid import uuid4

from fanin.config import Config
from fanin.contract import answers
from fanin.contract.answers import Answer
from fanin.credentials.auth.authenticate import Authenticator
from fanin.credentials.authentication import authentication, authenticator_of, blocking_authentication
from fanin.credentials.secrets.redaction import redaction_of
from fanin.engine.aggregation import Aggregation
from fanin.engine.call import Fetch, Policy, Runtime
from fanin.engine.caller import Caller
from fanin.engine.catalogue import Catalogue, ClientRequest
from fanin.engine.execution import concurrent, sequential
from fanin.engine.execution.threaded import Threads
from fanin.engine.invocation import Invocation
from fanin.engine.outcome import Clock
from fanin.engine.plan import Plan
from fanin.engine.problems import types_begin_with
from fanin.engine.result import Result
from fanin.policies.order import pipelines_of
from fanin.policies.steps import Shared
from fanin.sources.address import AddressGuard
from fanin.sources.kinds import blocking_fetch_of, fetches_of
from fanin.sources.reach import BlockingReach, Reach
from fanin.sources.resolve import Resolver
from fanin.sources.tls import tls_context

# ruff: noqa: PLC0415 - each model imports its own client when it is asked for; the other's may not be installed


class Model(StrEnum):
    """How the calls run."""

    ASYNC = "async"
    """All at once, as in the gateway function."""
    SYNC = "sync"
    """One after another, as in the sync function."""
    THREADS = "threads"
    """All at once, each in a thread, as in the sync function under /sync-threads."""


type Begin = Callable[[], Aggregation]
"""Begins the request: its time runs from here, and not while clients are made."""


@dataclass(frozen=True, slots=True)
class Means:
    """What calls are made with.

    Args:
        guard: the check of each address that a source leads to.
        authenticator: knows how sources know fanin.
        environment: where AWS's credentials are, for secrets that are there.
    """

    guard: AddressGuard
    authenticator: Authenticator
    environment: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, config: Config, guard: AddressGuard, environment: Mapping[str, str]) -> "Means":
        """Make them, with all that is remembered of secrets and tokens empty.

        Raises:
            ConfigError: the environment names no place for secrets.
        """
        authenticator = authenticator_of(config, environment, redaction_of(environment), time.monotonic)
        return cls(guard, authenticator, environment)

    @property
    def resolvers(self) -> dict[bool, Resolver]:
        """That of private sources, and that of all others."""
        return {private: Resolver(self.guard, private=private) for private in (False, True)}


def as_it_is(fetch: Fetch) -> Fetch:
    """Put nothing around a fetch."""
    return fetch


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request came to.

    Args:
        result: outcomes and trace.
        answer: the response that a function would give.
    """

    result: Result
    answer: Answer

    @property
    def answered(self) -> bool:
        """Whether the answer is no problem."""
        return self.answer.status < HTTPStatus.BAD_REQUEST

    @property
    def complete(self) -> bool:
        """Whether every source answered for itself."""
        return self.answered and all(o.complete for o in self.result.outcomes.values())


def ask(  # noqa: PLR0913, PLR0917 - what is asked, by whom, and how
    config: Config,
    endpoint: str,
    request: ClientRequest,
    model: Model,
    means: Means,
    caller: Caller | None = None,
    *,
    around: Policy = as_it_is,
) -> Asked:
    """Ask an endpoint once, over connections that are made for this request only.

    Args:
        config: what is served.
        endpoint: the endpoint's name.
        request: its parameters, and the headers that are handed on.
        model: how the calls run.
        means: what the calls are made with.
        caller: who asks; None for everybody.
        around: is put around the fetches of the asynchronous model, within authentication: it sees what goes out.

    Raises:
        RequestError: who asks may not; a parameter is missing or wrong, or a header cannot be handed on.
        ModuleNotFoundError: the model's HTTP client is not installed.
    """
    runtime = Runtime()
    types_begin_with.set(config.api.problems)
    catalogue = Catalogue(config, runtime.clock)
    catalogue.check(endpoint, request.parameters)  # before clients are made for nothing
    catalogue.check_input(endpoint, None if request.input is ... else request.input)

    def begin() -> Aggregation:
        return catalogue.begin(endpoint, request, caller, Invocation.unbounded(runtime.clock))

    if model is Model.ASYNC:
        result = asyncio.run(_on_a_loop(begin, catalogue.plans[endpoint], means, runtime, around))
    else:
        result = _blocking(model, begin, catalogue.plans[endpoint], means, runtime.clock)
    return Asked(result, answers.answer(result, str(uuid4())))


async def _on_a_loop(begin: Begin, plan: Plan, means: Means, runtime: Runtime, around: Policy) -> Result:
    from fanin.aws.client import Aws

    tls = tls_context()
    async with AsyncExitStack() as ends:
        made = fetches_of(plan.sources, Reach(means.resolvers, lambda: tls, runtime.clock), ends)
        fetches = {name: around(fetch) for name, fetch in made.items()}
        aws = Aws(means.environment, tls)
        ends.push_async_callback(aws.aclose)
        shared = Shared(runtime, authenticate=authentication(means.authenticator, aws))
        return await concurrent.run(begin(), pipelines_of(plan.sources, fetches, shared))


def _blocking(model: Model, begin: Begin, plan: Plan, means: Means, clock: Clock) -> Result:
    from fanin.aws.client_blocking import BlockingAws

    tls = tls_context()
    with ExitStack() as ends:
        aws = ends.enter_context(closing(BlockingAws(means.environment, tls)))
        authenticate = blocking_authentication(means.authenticator, means.environment, tls, aws)
        fetch = blocking_fetch_of(plan.sources, BlockingReach(means.resolvers, lambda: tls, clock, authenticate), ends)
        if model is Model.SYNC:
            return sequential.run(begin(), fetch)
        return ends.enter_context(closing(Threads(fetch, clock))).run(begin())
