"""One process of many that miss the same key at the same moment: `python -m tests.stores.missing FANIN_TOML COUNT`.

It says `ready`, waits for a line, and says how many of its reads came to the value.
"""

import asyncio
import os
import sys
import time
from pathlib import Path

from fanin.compose.gateway import gateway
from fanin.engine.aggregation import Aggregation
from fanin.engine.document import Asked
from fanin.engine.execution import concurrent
from fanin.engine.plan import Plan


async def main(file: str, count: int) -> None:
    """Make the application as the function does, wait to be told, and read the source many times at once."""
    app = gateway(Path(file).parent, dict(os.environ))
    config, pipelines = app.state.config, app.state.reader._pipelines
    plan = Plan.of(config.endpoints["e"], config.sources)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    reads = [
        concurrent.run(Aggregation(plan, Asked({}), time.monotonic() + 20, time.monotonic), pipelines)
        for _ in range(count)
    ]
    results = await asyncio.gather(*reads)
    values = [result.outcomes["a"].value for result in results]
    sys.stdout.write(f"{sum(value == {'a': 1} for value in values)}\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
