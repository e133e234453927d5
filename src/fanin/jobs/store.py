"""What jobs ask of the stores that they are kept in, and how a step is written."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from fanin.jobs.job import Job, KeptAnswer
from fanin.stores.errors import StoreUnavailable

_ROUNDS = 20
"""How often a step is taken anew because somebody else wrote first."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What an idempotency key stands for.

    Args:
        job_id: the job of the first request with it.
        fingerprint: what that request asked for.
    """

    job_id: str
    fingerprint: str


class JobStore(Protocol):
    """Where jobs are recorded. Every wait of it is bounded; every method raises StoreUnavailable."""

    async def get(self, job_id: str) -> Job | None:
        """Look a job up, as it was written last; None for one that has expired."""
        ...

    async def put(self, job: Job) -> bool:
        """Write a job, if what is there has the revision before its own; False where not.

        Revision 1 is written where nothing is.
        """
        ...

    async def enter(self, job: Job, most: int, *, now: float) -> bool:
        """Count a job among the open ones of its owner and endpoint; False where there are `most` of them already.

        A job is counted once, however often it enters.
        """
        ...

    async def leave(self, job: Job) -> None:
        """Count a job no more."""
        ...

    async def of_owner(self, owner: str, limit: int, after: str = "") -> Sequence[Job]:
        """Give an owner's jobs, the newest first.

        Args:
            owner: whose.
            limit: the most of them.
            after: the `position` of the job behind which to go on; empty for the first.
        """
        ...

    async def overdue(self, now: float, limit: int) -> Sequence[str]:
        """Name the jobs whose `due` has come, the longest overdue first."""
        ...

    async def claim(self, key: str, claim: Claim, *, now: float, until: float) -> Claim:
        """Say what an idempotency key stands for, until a moment, and give what it does stand for: the first claim."""
        ...


class Results(Protocol):
    """Where the bodies of answers are kept. Every wait of it is bounded; every method raises StoreUnavailable."""

    async def keep(self, name: str, body: bytes, expires: float) -> KeptAnswer | None:
        """Keep a body under a name that is its own; None where it is too large to be kept."""
        ...

    async def body(self, kept: KeptAnswer) -> bytes | None:
        """Give a body; None where it is not there any more."""
        ...

    def link(self, kept: KeptAnswer) -> str | None:
        """Give a link under which whoever has it gets a body of the bucket, for `LINK_SECONDS`; None without one."""
        ...


LINK_SECONDS = 900
"""For how long a link to a result is good."""


def position(job: Job) -> str:
    """Give a job's place among its owner's, which sorts as their times of making."""
    return f"{job.created:017.6f}-{job.id}"


async def take(store: JobStore, job_id: str, step: Callable[[Job], Job | None]) -> tuple[Job | None, bool]:
    """Take a step, again where somebody else has written meanwhile.

    Args:
        store: where the job is.
        job_id: which.
        step: from the job as it is to what it becomes; None where the step is not to be taken.

    Returns:
        the job as it is then, None where there is none; and whether the step was taken.

    Raises:
        StoreUnavailable: the store does not answer; or others wrote all the time.
    """
    for _ in range(_ROUNDS):
        job = await store.get(job_id)
        changed = step(job) if job else None
        if changed is None:
            return job, False
        if await store.put(changed):
            if job and job.is_open and not changed.is_open:
                with suppress(StoreUnavailable):  # who finds no room for another job looks which have ended
                    await store.leave(changed)
            return changed, True
    raise StoreUnavailable(f"job {job_id} is written by others all the time")
