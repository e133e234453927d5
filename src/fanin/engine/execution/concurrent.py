"""All calls at once, as tasks of one event loop."""

import asyncio
from collections.abc import Mapping

from fanin.engine.aggregation import Aggregation
from fanin.engine.call import Call, Fetch
from fanin.engine.choosing import Choosing
from fanin.engine.execution import racing
from fanin.engine.result import Result


async def run(aggregation: Aggregation, pipelines: Mapping[str, Fetch]) -> Result:
    """Make each call the moment its references are there; no task outlives this.

    Args:
        aggregation: the request.
        pipelines: for each source, its policies around its fetch, `observe` outermost.
    """
    if isinstance(aggregation, Choosing) and aggregation.races:
        return await racing.run(aggregation, pipelines)
    ready = aggregation.start()
    while len(ready) == 1:  # with nothing beside it, a call needs no task of its own, which costs turns of the loop
        ready = aggregation.settle(ready[0], await pipelines[ready[0].source.name](ready[0]))
    if not ready:
        return aggregation.result()
    async with asyncio.TaskGroup() as tasks:
        for call in ready:
            tasks.create_task(_make(call, aggregation, pipelines, tasks))
    return aggregation.result()


async def _make(call: Call, aggregation: Aggregation, pipelines: Mapping[str, Fetch], tasks: asyncio.TaskGroup) -> None:
    """Make a call, and start those that waited for it.

    No function within `run`: one that refers to itself would keep every request until a collection.
    """
    outcome = await pipelines[call.source.name](call)
    for ready in aggregation.settle(call, outcome):
        tasks.create_task(_make(ready, aggregation, pipelines, tasks))
