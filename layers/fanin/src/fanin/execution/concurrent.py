"""All calls at once, as tasks of one event loop."""

import asyncio
from collections.abc import Mapping

from fanin.aggregate import Aggregation, Result
from fanin.pipeline import Call, Fetch


async def run(aggregation: Aggregation, pipelines: Mapping[str, Fetch]) -> Result:
    """Make each call the moment its references are there; no task outlives this.

    Args:
        aggregation: the request.
        pipelines: for each source, its policies around its fetch, `observe` outermost.
    """
    async with asyncio.TaskGroup() as tasks:

        async def make(call: Call) -> None:
            outcome = await pipelines[call.source.name](call)
            for ready in aggregation.settle(call, outcome):
                tasks.create_task(make(ready))

        for call in aggregation.start():
            tasks.create_task(make(call))
    return aggregation.result()
