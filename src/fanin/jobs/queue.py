"""The messages of jobs as tasks in a queue, and what the worker does with what comes from it."""

from functools import partial

from fanin.jobs.callback import Caller
from fanin.jobs.message import CallBack, JobMessage, RunJob
from fanin.jobs.run import Worker
from fanin.observability.redact import Redact, redactor
from fanin.stores.errors import StoreRefused
from fanin.stores.queue import Queue
from fanin.worker.task import Kind, Task, TaskRefused

RUN = "run_job"
CALL_BACK = "call_back"
VERSION = 1
_REASON = 1024
"""Characters of a reason."""


class QueuedMessages:
    """A `JobQueue` over a queue.

    Args:
        queue: where messages wait for a worker.
        dead_letters: where those go of which nothing came; None for whoever sends nothing there.
        redact: what a reason passes before it is sent; all that can be told by its look, by default.
    """

    def __init__(self, queue: Queue, dead_letters: Queue | None = None, redact: Redact | None = None) -> None:
        self._queue = queue
        self._dead_letters = dead_letters
        self._redact = redact or redactor()

    async def send(self, message: JobMessage, *, delay: float = 0.0) -> None:
        """Send a message, to be delivered at least once."""
        await self._queue.send(task_of(message).encode(), delay=delay)

    async def bury(self, message: JobMessage, reason: str) -> None:
        """Send a message to the dead letters."""
        await self.bury_text(task_of(message).encode(), reason)

    async def bury_text(self, body: str, reason: str) -> None:
        """Send whatever came to the dead letters, with the reason as the attribute `reason`."""
        if self._dead_letters is None:
            raise StoreRefused("there is no dead-letter queue to send to")
        await self._dead_letters.send(
            body or "(empty)", attributes={"reason": self._redact(reason)[:_REASON] or "unknown"}
        )


def task_of(message: JobMessage) -> Task:
    """Write a message as a task of the worker's."""
    if isinstance(message, CallBack):
        return Task(message.job_id, CALL_BACK, VERSION, {"job": message.job_id, "attempt": message.attempt})
    return Task(message.job_id, RUN, VERSION, {"job": message.job_id, "after": message.after})


def message_in(task: Task) -> JobMessage:
    """Read the message that a task is.

    Raises:
        TaskRefused: it is none.
    """
    match task.kind, task.payload:
        case "run_job", {"job": str(job_id), "after": None | int() as after}:
            return RunJob(job_id, after)
        case "call_back", {"job": str(job_id), "attempt": int(attempt)}:
            return CallBack(job_id, attempt)
    raise TaskRefused("it lacks job, or after or attempt")


def job_kinds(worker: Worker, caller: Caller) -> dict[str, Kind]:
    """Say how the worker does what comes from the queue of jobs.

    Args:
        worker: runs jobs.
        caller: delivers callbacks.
    """

    async def do(task: Task, deadline: float) -> None:
        message = message_in(task)
        if isinstance(message, CallBack):  # an attempt has its own bound
            await caller.deliver(message)
        elif (later := await worker.run(message, deadline)) is not None:
            await worker.queue.send(message, delay=later.seconds)

    kind = partial(Kind, frozenset({VERSION}))
    return {RUN: kind(do), CALL_BACK: kind(do)}
