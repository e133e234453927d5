"""Where the parts of jobs are put together, as the environment says where they are recorded."""

import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fanin.config.format import JOB_LIMIT
from fanin.engine.call import Fetch, Runtime
from fanin.engine.catalogue import Catalogue
from fanin.engine.problems import types_begin_with
from fanin.entrypoints.aws_lambda.tasks import TaskHandler
from fanin.errors import FaninError
from fanin.jobs.message import CallBack, JobMessage, JobQueue
from fanin.jobs.order import Orders
from fanin.jobs.service import JobService
from fanin.jobs.store import JobStore, Results
from fanin.observability.redact import Redact
from fanin.observability.served import Watch, log_request
from fanin.sources.resolve import Resolver

if TYPE_CHECKING:
    from fanin.compose.resources import Resources
    from fanin.jobs.callback import Caller
    from fanin.jobs.queue import QueuedMessages
    from fanin.jobs.run import Worker

# ruff: noqa: PLC0415 - the parts of one place for jobs are no part of another's cold start

IN_MEMORY = "memory"
"""What `FANIN_JOBS` is where jobs are recorded in the process itself."""

type SecretValue = Callable[[str], Awaitable[str]]
"""Gives the value of a secret, by its name; raises FaninError if it is missing."""


@dataclass(frozen=True, slots=True)
class Around:
    """What is around jobs.

    Args:
        catalogue: what is served.
        environment: the function's.
        runtime: clock and randomness.
        resolver: looks up whom callbacks are for, and guards where they go.
        tls: the context of TLS connections.
        resources: gives the function's tables, queues and buckets.
        secret: gives what callbacks are signed with.
        redact: what a reason passes before it is recorded or sent anywhere.
        watch: is told of each run.
    """

    catalogue: Catalogue
    environment: Mapping[str, str]
    runtime: Runtime
    resolver: Resolver
    tls: ssl.SSLContext
    resources: "Callable[[], Resources]"
    secret: SecretValue
    redact: Redact
    watch: Watch = log_request


def job_service_of(around: Around, pipelines: Mapping[str, Fetch]) -> JobService | None:
    """Make where jobs are handed in; None where the environment names no place for them.

    Args:
        around: what is around them.
        pipelines: each source's policies around its fetch, for jobs that run in this process.
    """
    place = around.environment.get("FANIN_JOBS")
    if not place or around.environment.get("AWS_SAM_LOCAL"):
        return None  # where `sam local` serves, the names are those of the template, and there is nothing behind them
    if place == IN_MEMORY:
        return _local_job_service(around, pipelines)
    store, results, queue = _in_aws(around, place)
    return JobService(around.catalogue, store, results, queue, now=around.runtime.now)


def handler_of(around: Around, pipelines: Mapping[str, Fetch]) -> TaskHandler:
    """Make the handler that runs jobs from the queue, delivers callbacks, and looks each minute for what is overdue.

    Where the environment names no table for jobs, it hands every message back.
    """
    from fanin.entrypoints.aws_lambda.tasks import nothing_due, worker_handler
    from fanin.jobs.overdue import see_to_overdue
    from fanin.jobs.queue import job_kinds

    if not (table := around.environment.get("FANIN_JOBS")):
        return worker_handler({}, clock=around.runtime.clock)
    store, results, queue = _in_aws(around, table)
    worker, caller = _workers(around, pipelines, store, results, queue)
    types_begin_with.set(around.catalogue.config.api.problems)

    async def minute() -> None:
        await see_to_overdue(store, queue, around.runtime.now)

    kinds = job_kinds(worker, caller)
    each_minute = nothing_due if around.environment.get("AWS_SAM_LOCAL") else minute
    return worker_handler(kinds, bury=queue.bury_text, minute=each_minute, clock=around.runtime.clock)


def _local_job_service(around: Around, pipelines: Mapping[str, Fetch]) -> JobService:
    from fanin.jobs import table
    from fanin.jobs.local import LocalQueue
    from fanin.jobs.overdue import see_to_overdue
    from fanin.jobs.results import StoredResults
    from fanin.jobs.run import ROOM, Postponed
    from fanin.stores.memory.bucket import MemoryBucket
    from fanin.stores.memory.table import MemoryTable

    runtime = around.runtime
    kept = MemoryTable(table.KEY, runtime.now, indexes=table.INDEXES)
    store, results = table.TableJobs(kept), StoredResults(kept, MemoryBucket())

    async def work(message: JobMessage) -> Postponed | None:
        types_begin_with.set(around.catalogue.config.api.problems)
        if isinstance(message, CallBack):
            await caller.deliver(message)
            return None
        return await worker.run(message, runtime.clock() + JOB_LIMIT + ROOM)

    async def look() -> None:
        await see_to_overdue(store, queue, runtime.now)

    queue = LocalQueue(work, look, sleep=runtime.sleep)
    worker, caller = _workers(around, pipelines, store, results, queue)
    return JobService(around.catalogue, store, results, queue, now=runtime.now)


def _workers(
    around: Around, pipelines: Mapping[str, Fetch], store: JobStore, results: Results, queue: JobQueue
) -> "tuple[Worker, Caller]":
    from fanin.jobs.callback import Caller
    from fanin.jobs.run import Worker
    from fanin.jobs.webhook_client import webhook_client
    from fanin.sources.http.loop.client import Transport

    runtime = around.runtime

    async def secret() -> str:
        name = around.catalogue.config.jobs.callback_secret
        if name is None:
            raise FaninError("fanin.toml names no secret for callbacks any more")
        return await around.secret(name)

    transport = Transport(resolve=around.resolver.resolve_async, ssl_context=around.tls, clock=runtime.clock)
    worker = Worker(
        Orders(around.catalogue),
        pipelines,
        store,
        results,
        queue,
        now=runtime.now,
        sleep=runtime.sleep,
        watch=around.watch,
        redact=around.redact,
    )
    return worker, Caller(store, queue, webhook_client(transport), secret, runtime.now)


def _in_aws(around: Around, table: str) -> "tuple[JobStore, Results, QueuedMessages]":
    from fanin.jobs.queue import QueuedMessages
    from fanin.jobs.results import StoredResults
    from fanin.jobs.table import TableJobs
    from fanin.stores.bounds import NEEDED, NEEDED_LARGE

    environment, resources = around.environment, around.resources()
    bucket, dead_letters = environment.get("FANIN_JOBS_BUCKET"), environment.get("FANIN_DEAD_LETTERS")
    kept = resources.table(table, NEEDED)
    return (
        TableJobs(kept),
        StoredResults(kept, resources.bucket(bucket, NEEDED_LARGE) if bucket else None),
        QueuedMessages(
            resources.queue(environment.get("FANIN_JOBS_QUEUE", ""), NEEDED),
            resources.queue(dead_letters, NEEDED) if dead_letters else None,
            around.redact,
        ),
    )
