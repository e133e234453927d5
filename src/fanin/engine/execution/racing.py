"""All calls at once, where sources may be asked beside slow ones: with timers, and calls that are given up."""

import asyncio
from collections.abc import Iterable, Mapping
from functools import partial

from fanin.engine.call import Call, Fetch
from fanin.engine.choosing import Choosing
from fanin.engine.result import Result


async def run(aggregation: Choosing, pipelines: Mapping[str, Fetch]) -> Result:
    """Make each call the moment its references are there; no task and no timer outlives this. As `concurrent.run`."""
    timers: set[asyncio.TimerHandle] = set()
    try:
        async with asyncio.TaskGroup() as tasks:
            _Race(aggregation, pipelines, tasks, timers).begin(aggregation.start())
    finally:
        for timer in timers:
            timer.cancel()
    return aggregation.result()


class _Race:
    def __init__(
        self,
        aggregation: Choosing,
        pipelines: Mapping[str, Fetch],
        tasks: asyncio.TaskGroup,
        timers: set[asyncio.TimerHandle],
    ) -> None:
        self._aggregation = aggregation
        self._pipelines = pipelines
        self._tasks = tasks
        self._timers = timers
        request = asyncio.current_task()
        assert request is not None
        self._request, self._cancelling = request, request.cancelling()
        self._under_way: dict[str, set[asyncio.Task[None]]] = {}

    def begin(self, calls: Iterable[Call]) -> None:
        """Make calls, set the timers that have come up, and end the calls that nobody waits for any more."""
        for call in calls:
            task = self._tasks.create_task(self._make(call))
            of_source = self._under_way.setdefault(call.source.name, set())
            of_source.add(task)
            task.add_done_callback(of_source.discard)
        for alarm in self._aggregation.take_alarms():
            ring = partial(self._ring, alarm.name, alarm.asked)
            self._timers.add(asyncio.get_running_loop().call_later(alarm.after, ring))
        for name in self._aggregation.take_given_up():
            for task in self._under_way.get(name, ()):
                task.cancel()

    async def _make(self, call: Call) -> None:
        outcome = await self._pipelines[call.source.name](call)
        self.begin(self._aggregation.settle(call, outcome))

    def _ring(self, name: str, asked: int) -> None:
        if self._request.cancelling() > self._cancelling:  # its tasks are ending, and no other may begin
            return
        self.begin(self._aggregation.ring(name, asked))
