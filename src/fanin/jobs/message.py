"""The messages by which jobs move: which job, and which step of it is due."""

from dataclasses import dataclass
from typing import Protocol

from fanin.jobs.job import Job, State


@dataclass(frozen=True, slots=True)
class RunJob:
    """Begin a run of a job.

    Args:
        job_id: which.
        after: the last run before the job was set aside, in a dead letter; a job that was not has none.
    """

    job_id: str
    after: int | None = None


@dataclass(frozen=True, slots=True)
class CallBack:
    """Deliver a job's callback.

    Args:
        job_id: which.
        attempt: how often it had been tried when this was sent.
    """

    job_id: str
    attempt: int


type JobMessage = RunJob | CallBack


class JobQueue(Protocol):
    """Where messages wait for a worker. Every wait of it is bounded; every method raises StoreUnavailable."""

    async def send(self, message: JobMessage, *, delay: float = 0.0) -> None:
        """Send a message, to be delivered at least once, not before `delay` seconds, `MAX_DELAY` at most."""
        ...

    async def bury(self, message: JobMessage, reason: str) -> None:
        """Send a message to the dead letters, with the reason why nothing came of it."""
        ...


def message_of(job: Job) -> JobMessage:
    """Give the message of what is due of a job."""
    if job.state in (State.QUEUED, State.RUNNING, State.DEAD) or job.callback is None:
        return RunJob(job.id)
    return CallBack(job.id, job.callback.attempts)
