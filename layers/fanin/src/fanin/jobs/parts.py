"""Where the parts of jobs are put together."""

import ssl
from collections.abc import Awaitable, Callable, Mapping

from fanin.config import Config
from fanin.config.format import JOB_LIMIT
from fanin.jobs.callback import Caller, Post
from fanin.jobs.desk import Desk
from fanin.jobs.local import LocalQueue
from fanin.jobs.memory import MemoryJobs
from fanin.jobs.message import CallBack, JobMessage
from fanin.jobs.order import Orders
from fanin.jobs.run import ROOM, Later, Worker
from fanin.pipeline import Fetch, Surroundings
from fanin.sources.resolve import Resolver

type Secret = Callable[[], Awaitable[str]]
"""Gives what callbacks are signed with."""


_SECRET = "FANIN_SECRET_"  # noqa: S105 - a prefix


def desk_of(  # noqa: PLR0913, PLR0917 - what jobs are made of
    config: Config,
    pipelines: Mapping[str, Fetch],
    given: Surroundings,
    environment: Mapping[str, str],
    resolver: Resolver,
    tls: ssl.SSLContext,
) -> "Desk | None":
    """Make where jobs are handed in; None where the environment names no place for them."""
    if environment.get("FANIN_JOBS") != "memory":
        return None
    from fanin.jobs.posting import posting  # noqa: PLC0415 - no part of the cold start
    from fanin.sources.transport import Transport  # noqa: PLC0415 - likewise

    async def secret() -> str:
        return environment.get(_SECRET + (config.jobs.callback_secret or "").upper(), "")

    transport = Transport(resolve=resolver.resolve_async, ssl_context=tls, clock=given.clock)
    return local_desk(config, pipelines, given, post=posting(transport), secret=secret)


def local_desk(
    config: Config, pipelines: Mapping[str, Fetch], given: Surroundings, *, post: Post, secret: Secret
) -> Desk:
    """Make jobs that are recorded, and run, in this process alone.

    Args:
        config: what is served.
        pipelines: each source's policies around its fetch.
        given: time and chance.
        post: sends a callback.
        secret: what it is signed with.
    """
    memory, orders = MemoryJobs(), Orders(config)

    async def work(message: JobMessage) -> Later | None:
        if isinstance(message, CallBack):
            await caller.deliver(message)
            return None
        return await worker.run(message, given.clock() + JOB_LIMIT + ROOM)

    queue = LocalQueue(work, sleep=given.sleep)
    caller = Caller(memory, queue, post, secret, given.wall)
    worker = Worker(orders, pipelines, memory, memory, queue, now=given.wall, clock=given.clock, sleep=given.sleep)
    return Desk(config, memory, memory, queue, now=given.wall)
