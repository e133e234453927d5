"""Where the parts are put together, and the only place that reads the environment.

Each function's parts are imported when that function is composed: the bundle of one lacks the libraries of the other.
"""

import asyncio
import functools
import logging
import ssl
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from fanin.auth.authenticate import Authenticator
from fanin.authentication import (
    Authenticated,
    authentication,
    authenticator_of,
    blocking_authentication,
    redaction_of,
    secret_reader,
)
from fanin.config import Config, Source, load
from fanin.errors import ConfigError, Finding
from fanin.execution import BlockingRun, concurrent, sequential
from fanin.execution.threaded import Threads
from fanin.lambda_runtime import Handler, Seeing
from fanin.outcome import Clock
from fanin.pipeline import Fetch, Surroundings, pipeline
from fanin.policies.attempt import attempt
from fanin.policies.attempt_timeout import attempt_timeout
from fanin.policies.budget import Budget
from fanin.policies.cache.policy import Caching, cache, renewal
from fanin.policies.circuit_breaker import circuit_breaker
from fanin.policies.decode import decode
from fanin.policies.fallback import fallback
from fanin.policies.hedge import hedge
from fanin.policies.idempotency_key import idempotency_key
from fanin.policies.observe import observe
from fanin.policies.rate_limit import rate_limit
from fanin.policies.retry import retry
from fanin.policies.timeout import timeout
from fanin.seeing import logs
from fanin.seeing.metrics import Metrics
from fanin.seeing.redact import Redact, redactor
from fanin.seeing.served import Served, Watch, log_request
from fanin.shape import is_missing
from fanin.sources.address import AddressGuard
from fanin.sources.resolve import Resolver
from fanin.sources.tls import tls_context
from fanin.stores.limit import SharedLimit

if TYPE_CHECKING:
    from fastapi import APIRouter, FastAPI

    from fanin.aws.client import Aws
    from fanin.django.endpoints import Site
    from fanin.jobs.desk import Desk
    from fanin.sources.http_blocking import BlockingFetch
    from fanin.worker.handler import TaskHandler


def stack(  # noqa: PLR0913 - what policies are given
    source: Source,
    fetch: Fetch,
    given: Surroundings,
    caching: Caching | None = None,
    limits: SharedLimit | None = None,
    *,
    renewing: bool = False,
) -> Fetch:
    """Wrap a source's fetch in its policies, outermost first, and make what they remember.

    What they remember lives as long as the pipeline: one for each source of an environment of a function.

    Args:
        source: whose policies, each where the source configures it.
        fetch: the innermost step.
        given: time and chance.
        caching: where answers are kept; None where none are.
        limits: counts the calls of all environments; None where each counts its own.
        renewing: whether to ask for what is stale, rather than answer with it.
    """
    keep = renewal if renewing else cache
    clock = given.clock
    spare = Budget(source.retry.budget) if source.retry else None
    return pipeline(
        fetch,
        [
            observe(clock),
            fallback(source.fallback, clock) if source.fallback else None,
            keep(caching) if source.cache and caching else None,
            timeout(clock),
            circuit_breaker(source.circuit_breaker, clock) if source.circuit_breaker else None,
            idempotency_key(given.chance) if source.idempotency_key else None,
            retry(source.retry, spare, given) if source.retry and spare else None,
            hedge(source.hedge, Budget(source.hedge.budget, within=spare), clock) if source.hedge else None,
            rate_limit(source.rate_limit, given, limits) if source.rate_limit else None,
            attempt(clock),
            attempt_timeout(source.attempt_timeout, clock) if source.attempt_timeout else None,
            decode,
        ],
    )


def configuration(folder: Path, environment: Mapping[str, str]) -> Config:
    """Load the fanin.toml that `FANIN_CONFIG` names, or the one in a folder.

    Raises:
        ConfigError: it cannot be served.
    """
    return load(Path(environment.get("FANIN_CONFIG") or folder / "fanin.toml"), environment)


def configure_logs(environment: Mapping[str, str], known: Redact = str) -> None:
    """Have every logger of this process write lines of JSON with nothing in them that must be hidden.

    Args:
        environment: the function's environment.
        known: hides the secrets that the function knows.

    Raises:
        ConfigError: `FANIN_LOG_LEVEL` is no level.
    """
    name = environment.get("FANIN_LOG_LEVEL") or environment.get("AWS_LAMBDA_LOG_LEVEL") or "INFO"
    try:
        level = logs.level_of(name)
    except ValueError as error:
        finding = Finding("bad-log-level", ("FANIN_LOG_LEVEL",), str(error), f"Write one of {', '.join(logs.LEVELS)}")
        raise ConfigError([finding], "environment") from error
    logs.configure(level, redactor(known))


def seeing(environment: Mapping[str, str]) -> Seeing:
    """Say how a function is seen: by a line of the log for each request, and in Lambda by metrics."""
    return Seeing(_watch(environment), lambda: environment.get("_X_AMZN_TRACE_ID", ""))


def _watch(environment: Mapping[str, str]) -> Watch:
    function = environment.get("AWS_LAMBDA_FUNCTION_NAME", "")
    wanted = environment.get("FANIN_METRICS") or str(bool(function) and "AWS_SAM_LOCAL" not in environment)
    if wanted.lower() != "true":
        return log_request
    memory_mb = int(environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE") or 1024)
    metrics = Metrics(function or "local", memory_mb, sys.stdout)

    def watch(served: Served) -> None:
        log_request(served)
        metrics(served)

    return watch


def gateway(folder: Path, environment: Mapping[str, str], routers: "Iterable[APIRouter]" = ()) -> "FastAPI":
    """Make the asynchronous application.

    Args:
        folder: where fanin.toml is.
        environment: the function's environment.
        routers: handlers written by hand.

    Raises:
        ConfigError: fanin.toml cannot be served.
    """
    from fanin.jobs.parts import Around, desk_of

    configure_logs(environment, redaction := redaction_of(environment))
    config, tls, given = configuration(folder, environment), tls_context(), Surroundings()
    resolvers = _resolvers(environment)
    authenticator = authenticator_of(config, environment, redaction, given.clock)
    by_source = _fetches(config, resolvers, tls, given, authentication(authenticator, environment, tls))
    threads = _when_asked_for(
        lambda: Threads(_blocking_fetch(resolvers, given.clock, authenticator, environment), given.clock)
    )
    caching, limits = _stores(environment, tls, given)
    secret = secret_reader(authenticator, environment, tls, given.clock)
    return gateway_over(
        config,
        by_source,
        given,
        caching=caching,
        limits=limits,
        threads=lambda request: threads().run(request),
        routers=routers,
        jobs=functools.partial(desk_of, Around(config, environment, given, resolvers[False], tls, secret)),
    )


def gateway_over(  # noqa: PLR0913 - what an application is made of
    config: Config,
    fetches: Mapping[str, Fetch],
    given: Surroundings,
    *,
    caching: Caching | None = None,
    limits: SharedLimit | None = None,
    threads: BlockingRun | None = None,
    routers: "Iterable[APIRouter]" = (),
    jobs: "Callable[[Mapping[str, Fetch]], Desk | None]" = lambda _: None,
) -> "FastAPI":
    """Make the asynchronous application over any fetches.

    Args:
        config: what is served.
        fetches: the fetch of each source.
        given: time and chance.
        caching: where answers are kept; None where none are.
        limits: counts the calls of all environments; None where each counts its own.
        threads: what runs the calls of a request below `/threads`; without it nothing is served there.
        routers: handlers written by hand.
        jobs: makes where jobs are handed in, of the sources' pipelines.
    """
    from fanin.gateway.app import gateway_app

    pipelines = {name: stack(config.sources[name], fetch, given, caching, limits) for name, fetch in fetches.items()}
    desk = jobs(pipelines)
    return gateway_app(config, pipelines, threads=threads, routers=routers, desk=desk, clock=given.clock)


def worker(folder: Path, environment: Mapping[str, str]) -> "TaskHandler":
    """Make the handler that does tasks; the arguments and errors of `gateway`."""
    from fanin.worker.handler import worker_handler
    from fanin.worker.refresh import REFRESH, refresh_kind

    configure_logs(environment, redaction := redaction_of(environment))
    config, tls, given = configuration(folder, environment), tls_context(), Surroundings()
    authenticator = authenticator_of(config, environment, redaction, given.clock)
    authenticated = authentication(authenticator, environment, tls)
    fetches = _fetches(config, _resolvers(environment), tls, given, authenticated)
    caching, limits = _stores(environment, tls, given)
    pipelines = {
        name: stack(config.sources[name], fetch, given, caching, limits, renewing=True)
        for name, fetch in fetches.items()
    }
    return worker_handler({REFRESH: refresh_kind(config.sources, pipelines, given.clock)}, clock=given.clock)


def live(folder: Path, environment: Mapping[str, str]) -> Handler:
    """Make the handler of the WebSocket API; the arguments and errors of `gateway`."""
    from fanin.aws.client import Aws
    from fanin.jobs.parts import Around, desk_of

    configure_logs(environment, redaction := redaction_of(environment))
    config, tls, given = configuration(folder, environment), tls_context(), Surroundings()
    authenticator = authenticator_of(config, environment, redaction, given.clock)
    resolvers = _resolvers(environment)
    fetches = _fetches(config, resolvers, tls, given, authentication(authenticator, environment, tls))
    caching, limits = _stores(environment, tls, given)
    pipelines = {name: stack(config.sources[name], fetch, given, caching, limits) for name, fetch in fetches.items()}
    secret = secret_reader(authenticator, environment, tls, given.clock)
    desk = desk_of(Around(config, environment, given, resolvers[False], tls, secret), pipelines)
    return live_over(config, pipelines, given, Aws(environment, tls), environment, desk=desk)


def live_over(  # noqa: PLR0913 - what the function is made of
    config: Config,
    pipelines: Mapping[str, Fetch],
    given: Surroundings,
    aws: "Aws",
    environment: Mapping[str, str],
    *,
    desk: "Desk | None" = None,
    loop: asyncio.AbstractEventLoop | None = None,
) -> Handler:
    """Make the handler of the WebSocket API over any pipelines.

    Args:
        config: what is served.
        pipelines: the pipeline of each source.
        given: time and chance.
        aws: reaches the table of connections, the queue of turns and the connections.
        environment: the function's; where these are.
        desk: where jobs are found; None where there are none.
        loop: the loop that all runs on; a new one by default.
    """
    from fanin.live.connections import Connections
    from fanin.live.handler import live_handler
    from fanin.live.posting import Posting
    from fanin.live.queue import Queue
    from fanin.live.service import Service
    from fanin.live.subject import Subjects

    service = Service(
        Subjects(
            config,
            pipelines,
            given.clock,
            environment.get("FANIN_URL", ""),
            find_job=desk.anybodys if desk else None,
        ),
        Connections(aws, environment.get("FANIN_CONNECTIONS", ""), given.wall),
        Posting(aws, environment.get("FANIN_POST", "")),
        Queue(aws, environment.get("FANIN_TURNS", "")),
    )
    return live_handler(service, seeing(environment), loop=loop, clock=given.clock)


def jobs(folder: Path, environment: Mapping[str, str]) -> "TaskHandler":
    """Make the handler that runs jobs; the arguments and errors of `gateway`."""
    from fanin.jobs.parts import Around, handler_of

    configure_logs(environment, redaction := redaction_of(environment))
    config, tls, given = configuration(folder, environment), tls_context(), Surroundings()
    resolvers = _resolvers(environment)
    authenticator = authenticator_of(config, environment, redaction, given.clock)
    fetches = _fetches(config, resolvers, tls, given, authentication(authenticator, environment, tls))
    caching, limits = _stores(environment, tls, given)
    pipelines = {name: stack(config.sources[name], fetch, given, caching, limits) for name, fetch in fetches.items()}
    secret = secret_reader(authenticator, environment, tls, given.clock)
    around = Around(config, environment, given, resolvers[False], tls, secret, _watch(environment))
    return handler_of(around, pipelines)


def sync(folder: Path, environment: Mapping[str, str]) -> Handler:
    """Make the handler without a framework; the arguments and errors of `gateway`."""
    from fanin.sync.handler import sync_handler

    configure_logs(environment, redaction := redaction_of(environment))
    config, clock = configuration(folder, environment), time.monotonic
    authenticator = authenticator_of(config, environment, redaction, clock)
    fetch = _blocking_fetch(_resolvers(environment), clock, authenticator, environment)
    models: dict[str, BlockingRun] = {
        "/sync": lambda request: sequential.run(request, fetch),
        "/sync-threads": Threads(fetch, clock).run,
    }
    return sync_handler(config, models, clock=clock, seeing=seeing(environment))


def django(folder: Path, environment: Mapping[str, str]) -> "Site":
    """Make what the views of a Django project serve; the arguments and errors of `gateway`.

    Each view's client is made when it is first asked for, by the environment as it is now.
    """
    from fanin.django.endpoints import Site
    from fanin.django.problems import is_unexpected

    environment = dict(environment)
    configure_logs(environment, redaction := redaction_of(environment))
    logging.getLogger("django.request").addFilter(is_unexpected)
    config, given, resolvers = configuration(folder, environment), Surroundings(), _resolvers(environment)
    authenticator = authenticator_of(config, environment, redaction, given.clock)
    blocking = _when_asked_for(lambda: _blocking_fetch(resolvers, given.clock, authenticator, environment))

    def make_pipelines() -> dict[str, Fetch]:
        tls = tls_context()
        caching, limits = _stores(environment, tls, given)
        fetches = _fetches(config, resolvers, tls, given, authentication(authenticator, environment, tls))
        return {name: stack(config.sources[name], fetch, given, caching, limits) for name, fetch in fetches.items()}

    pipelines = _when_asked_for(make_pipelines)
    return Site(
        config,
        one_after_another=lambda request: sequential.run(request, blocking()),
        all_at_once=lambda request: concurrent.run(request, pipelines()),
        clock=given.clock,
    )


def _blocking_fetch(
    resolvers: Mapping[bool, Resolver], clock: Clock, authenticator: Authenticator, environment: Mapping[str, str]
) -> "BlockingFetch":
    """Make the fetch of every source with requests, over connections that all requests share."""
    from fanin.sources.http_blocking import BlockingHttp

    tls = tls_context()
    authenticate = blocking_authentication(authenticator, environment, tls)
    fetches = {
        private: BlockingHttp(resolver, tls, clock, authenticate).fetch for private, resolver in resolvers.items()
    }
    return lambda call: fetches[call.source.private](call)


def _when_asked_for[Part](make: Callable[[], Part]) -> Callable[[], Part]:
    """Make a part when it is first asked for, once, whichever thread asks: what few requests need delays no start."""
    lock, made = Lock(), functools.cache(make)

    def part() -> Part:
        with lock:
            return made()

    return part


def _fetches(
    config: Config,
    resolvers: Mapping[bool, Resolver],
    tls: ssl.SSLContext,
    given: Surroundings,
    authenticated: Authenticated,
) -> dict[str, Fetch]:
    """Make the fetch of each source: one kind of connections for private sources, and one for all others."""
    from fanin.sources.http import http_fetch
    from fanin.sources.transport import Transport

    fetches = {
        private: http_fetch(Transport(resolve=resolver.resolve_async, ssl_context=tls, clock=given.clock))
        for private, resolver in resolvers.items()
    }
    return {name: authenticated(source, fetches[source.private]) for name, source in config.sources.items()}


def _stores(
    environment: Mapping[str, str], tls: ssl.SSLContext, given: Surroundings
) -> tuple[Caching | None, SharedLimit | None]:
    """Say where answers are kept and calls are counted: in memory, and in the table that the environment names."""
    kept = environment.get("FANIN_CACHE") != "off"
    table = environment.get("FANIN_TABLE")
    if not table or environment.get("AWS_SAM_LOCAL"):  # there, names of resources lead to nothing
        return Caching(given, is_missing) if kept else None, None
    from fanin.aws.client import Aws
    from fanin.stores.dynamodb import DynamoDb
    from fanin.stores.dynamodb_limit import DynamoDbLimit
    from fanin.stores.guarded import Guarded
    from fanin.worker.queue import Queue
    from fanin.worker.refresh import handing_over

    aws = Aws(environment, tls)
    dynamodb, queue = Guarded(aws, "dynamodb", given.clock), environment.get("FANIN_QUEUE")
    caching = Caching(
        given,
        is_missing,
        shared=DynamoDb(dynamodb, table, given.wall),
        hand_over=handing_over(Queue(Guarded(aws, "sqs", given.clock), queue)) if queue else None,
    )
    return caching if kept else None, DynamoDbLimit(dynamodb, table)


def _resolvers(environment: Mapping[str, str]) -> dict[bool, Resolver]:
    """Make the resolver of private sources and that of all others, whose connections must not be shared."""
    try:
        guard = AddressGuard(
            environment.get("FANIN_ALLOW", ""), runtime_api=environment.get("AWS_LAMBDA_RUNTIME_API", "")
        )
        return {private: Resolver(guard, private=private) for private in (False, True)}
    except ValueError as error:
        fix = "Write CIDR:port, such as 10.0.0.0/16:443, * for any port, and spaces between"
        raise ConfigError([Finding("bad-allow", ("FANIN_ALLOW",), str(error), fix)], "environment") from error
