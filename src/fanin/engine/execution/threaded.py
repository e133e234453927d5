"""All calls at once, each in a thread."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import Any

from fanin.config.format import MAX_SOURCES
from fanin.engine.aggregation import Aggregation
from fanin.engine.call import Call
from fanin.engine.outcome import Clock, Outcome
from fanin.engine.result import Result


class Threads:
    """Threads for calls, made as they are needed and kept for later requests: to make one costs more than to use it.

    Args:
        fetch: makes a call of any source, in any thread, by its deadline, and gives its failure as an outcome.
        clock: the clock of the calls' deadlines.
        most: threads there may be; by default as many as one request has calls.
    """

    def __init__(self, fetch: Callable[[Call], Outcome[Any]], clock: Clock, most: int = MAX_SOURCES) -> None:
        self._fetch = fetch
        self._clock = clock
        self._pool = ThreadPoolExecutor(most, "call")

    def run(self, aggregation: Aggregation) -> Result:
        """Make each call the moment its references are there and a thread is free; none is under way behind this.

        The threads fetch, and no more: the request's state is this thread's alone.
        """
        ended: SimpleQueue[Future[Outcome[Any]]] = SimpleQueue()
        under_way: dict[Future[Outcome[Any]], Call] = {}
        ready = aggregation.start()
        try:
            while True:
                for call in ready:
                    future = self._pool.submit(copy_context().run, self._fetch, call)
                    under_way[future] = call
                    future.add_done_callback(ended.put)
                if not under_way:
                    return aggregation.result()
                future = self._next(ended, under_way)
                call = under_way.pop(future)
                outcome = Outcome.failed(call.timed_out(0)) if future.cancelled() else future.result()
                ready = aggregation.settle(call, outcome)
        finally:
            _give_up_waiting(under_way)
            wait(under_way)

    def close(self) -> None:
        """End the threads, when the calls that are under way have ended."""
        self._pool.shutdown()

    def _next(
        self, ended: SimpleQueue[Future[Outcome[Any]]], under_way: dict[Future[Outcome[Any]], Call]
    ) -> Future[Outcome[Any]]:
        """Wait for a call to end; from its deadline on, one that still waits for a thread is given up."""
        while True:
            now = self._clock()
            _give_up_waiting(future for future, call in under_way.items() if call.deadline <= now)
            left = min((call.deadline - now for call in under_way.values() if call.deadline > now), default=None)
            try:
                return ended.get(timeout=left)
            except Empty:
                continue


def _give_up_waiting(calls: Iterable[Future[Outcome[Any]]]) -> None:
    """Cancel the calls that no thread has taken yet; the others end by their deadline."""
    for call in calls:
        call.cancel()
