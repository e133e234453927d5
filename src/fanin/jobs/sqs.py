"""sqs: the queue of jobs, and what the worker does with what comes from it."""

import math
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fanin.jobs.callback import Caller
from fanin.jobs.calls import Calls
from fanin.jobs.message import MAX_DELAY, CallBack, JobMessage, RunJob
from fanin.jobs.run import Worker
from fanin.jobs.store import JobsUnavailable
from fanin.observability.redact import Redact, redactor
from fanin.worker.task import Kind, Task, TaskRefused

RUN = "run_job"
CALL_BACK = "call_back"
VERSION = 1
_REASON = 1024
"""Characters of a reason."""


@dataclass(frozen=True, slots=True)
class SqsJobs:
    """A `JobQueue` of SQS's.

    Args:
        calls: AWS, bounded.
        queue: the queue's URL.
        dead_letters: the URL of its dead-letter queue; empty for who sends nothing there.
        redact: what a reason passes before it is sent.
    """

    calls: Calls
    queue: str
    dead_letters: str = ""
    redact: Redact = field(default_factory=redactor)

    async def send(self, message: JobMessage, *, delay: float = 0.0) -> None:
        """Send a message, to be delivered at least once."""
        seconds = math.ceil(min(MAX_DELAY, max(0.0, delay)))  # not sooner: a lease would still be held
        payload: dict[str, Any] = {"QueueUrl": self.queue, "MessageBody": task_of(message).encode()}
        await self.calls.call("sqs", "SendMessage", payload | ({"DelaySeconds": seconds} if seconds else {}))

    async def bury(self, message: JobMessage, reason: str) -> None:
        """Send a message to the dead letters."""
        await self.bury_text(task_of(message).encode(), reason)

    async def bury_text(self, body: str, reason: str) -> None:
        """Send whatever came to the dead letters, with the reason as the attribute `reason`."""
        if not self.dead_letters:
            raise JobsUnavailable("there is no dead-letter queue to send to")
        payload: dict[str, Any] = {
            "QueueUrl": self.dead_letters,
            "MessageBody": body or "(empty)",
            "MessageAttributes": {"reason": {"DataType": "String", "StringValue": _printable(self.redact(reason))}},
        }
        await self.calls.call("sqs", "SendMessage", payload)


def task_of(message: JobMessage) -> Task:
    """Write a message as a task of the worker's."""
    if isinstance(message, CallBack):
        return Task(message.job_id, CALL_BACK, VERSION, {"job": message.job_id, "attempt": message.attempt})
    return Task(message.job_id, RUN, VERSION, {"job": message.job_id, "after": message.after})


def job_kinds(worker: Worker, caller: Caller) -> dict[str, Kind]:
    """Say how the worker does what comes from the queue of jobs.

    Args:
        worker: runs jobs.
        caller: delivers callbacks.
    """

    async def run(task: Task, deadline: float) -> None:
        match task.payload:
            case {"job": str(job_id), "after": None | int() as after}:
                message = RunJob(job_id, after)
            case _:
                raise TaskRefused("it lacks job or after")
        if (later := await worker.run(message, deadline)) is not None:
            await worker.queue.send(message, delay=later.seconds)

    async def call_back(task: Task, deadline: float) -> None:  # noqa: ARG001 - an attempt has its own bound
        match task.payload:
            case {"job": str(job_id), "attempt": int(attempt)}:
                await caller.deliver(CallBack(job_id, attempt))
            case _:
                raise TaskRefused("it lacks job or attempt")

    kind = partial(Kind, frozenset({VERSION}))
    return {RUN: kind(run), CALL_BACK: kind(call_back)}


def _printable(reason: str) -> str:
    """Write a reason in characters that SQS takes."""
    text = "".join(character if character.isprintable() else " " for character in reason)
    return text.encode(errors="replace").decode()[:_REASON] or "unknown"
