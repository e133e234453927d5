"""The task `refresh`: ask a source anew for an answer that has become stale, and put it into the store."""

import logging
from collections.abc import Callable, Iterator, Mapping

from fanin.config import Source
from fanin.config.template import Reference
from fanin.config.values import Json
from fanin.engine.call import Call, Fetch, Policy
from fanin.engine.catalogue import Catalogue
from fanin.engine.outcome import Clock
from fanin.policies.cache.policy import HandOver
from fanin.policies.wanted import wanted
from fanin.stores.warm import Wanted
from fanin.worker.queue import Tasks
from fanin.worker.task import Kind, Task, TaskRefused

logger = logging.getLogger("fanin")

REFRESH = "refresh"
VERSION = 1


def refresh_task(call: Call, key: str) -> Task:
    """Make the task of a call: what stood for the source's references, and nothing that is a secret.

    The request is made again from fanin.toml, so that no header and no credential is in a queue.
    """
    told = _told(call.source)
    return Task(
        key,
        REFRESH,
        VERSION,
        {"source": call.source.name, "values": {str(reference): call.values[reference] for reference in told}},
    )


def handing_over(tasks: Tasks) -> HandOver:
    """Have stale answers refreshed by whoever reads a queue."""

    async def hand_over(call: Call, key: str) -> bool:
        try:
            return await tasks.send(refresh_task(call, key))
        except TaskRefused:  # too large, for what stood in its URL or body
            return False

    return hand_over


def keeping_warm(notes: Wanted, now: Clock) -> Callable[[Source], Policy]:
    """Have what is asked of sources with `refresh` written down, as the tasks that refresh it."""

    def keep_warm(source: Source) -> Policy:
        assert source.refresh is not None
        return wanted(notes, lambda call, key: refresh_task(call, key).encode(), source.refresh, now)

    return keep_warm


def refresh_kind(catalogue: Catalogue, pipelines: Mapping[str, Fetch]) -> Kind:
    """Say how answers are refreshed.

    It can be done any number of times: whoever finds a fresh answer in the store leaves the source alone. Where the
    source fails, the task is done with all the same: the next stale answer hands over another.

    Args:
        catalogue: what is served.
        pipelines: for each source, its policies around its fetch, `renewal` in the place of `cache`.
    """

    async def refresh(task: Task, deadline: float) -> None:
        source, values = _read(task, catalogue.config.sources)
        outcome = await pipelines[source.name](catalogue.call(source.name, values, deadline))
        if outcome.error is not None:
            reason = f"{outcome.error.problem}: {outcome.error.reason or outcome.error.detail}"
            logger.warning("refresh failed", extra={"source": source.name, "reason": reason})

    return Kind(frozenset({VERSION}), refresh)


def _told(source: Source) -> Iterator[Reference]:
    """Give the references whose values a task has to say: secrets are looked up by whoever does it."""
    return (reference for reference in source.references if reference not in source.sealed)


def _read(task: Task, sources: Mapping[str, Source]) -> tuple[Source, dict[Reference, Json]]:
    """Read a task's payload.

    Raises:
        TaskRefused: it asks for what fanin.toml does not have.
    """
    match task.payload:
        case {"source": str(name), "values": dict(written)} if name in sources:
            source = sources[name]
        case _:
            raise TaskRefused("there is no such source")
    values: dict[Reference, Json] = {}
    for reference in _told(source):
        if written.get(str(reference)) is None and not reference.optional:
            raise TaskRefused(f"{source.name} needs {reference}, which the task lacks")
        values[reference] = written.get(str(reference))
    return source, values
