"""memory: jobs and their results in the memory of one process, for a server on a laptop and for tests."""

from collections.abc import Sequence

from fanin.jobs.job import Job, Kept
from fanin.jobs.store import Claim, position


class MemoryJobs:
    """Jobs by their ids; what has expired leaves when the next is made.

    Args:
        max_jobs: the most that are kept; beyond it the oldest leaves.
    """

    def __init__(self, max_jobs: int = 10_000) -> None:
        self._max_jobs = max_jobs
        self._jobs: dict[str, Job] = {}
        self._claims: dict[str, tuple[Claim, float]] = {}
        self._bodies: dict[str, tuple[bytes, float]] = {}

    async def get(self, job_id: str) -> Job | None:
        """Look a job up."""
        return self._jobs.get(job_id)

    async def put(self, job: Job) -> bool:
        """Write a job, if what is there has the revision before its own."""
        there = self._jobs.get(job.id)
        if (there.revision if there else 0) != job.revision - 1:
            return False
        if there is None:
            self._make_room(job.created)
        self._jobs[job.id] = job
        return True

    async def of_owner(self, owner: str, limit: int, after: str = "") -> Sequence[Job]:
        """Give an owner's jobs, the newest first."""
        jobs = sorted((job for job in self._jobs.values() if job.owner == owner), key=position, reverse=True)
        return [job for job in jobs if not after or position(job) < after][:limit]

    async def overdue(self, now: float, limit: int) -> Sequence[str]:
        """Name the jobs whose `due` has come."""
        due = sorted((job.due, job.id) for job in self._jobs.values() if job.due is not None and job.due <= now)
        return [job_id for _, job_id in due[:limit]]

    async def claim(self, key: str, claim: Claim, *, now: float, until: float) -> Claim:
        """Say what an idempotency key stands for, and give what it does stand for."""
        there, ends = self._claims.get(key, (claim, 0.0))
        if now < ends:
            return there
        self._claims[key] = (claim, until)
        return claim

    async def keep(self, name: str, body: bytes, expires: float) -> Kept:
        """Keep the body of an answer."""
        self._bodies[name] = (body, expires)
        return Kept(name, in_bucket=False, size=len(body))

    async def body(self, kept: Kept) -> bytes | None:
        """Give the body of an answer."""
        body, _ = self._bodies.get(kept.name, (None, 0.0))
        return body

    def link(self, kept: Kept) -> str:
        """There is no bucket: every body is here."""
        raise LookupError(kept.name)

    def _make_room(self, now: float) -> None:
        leaving = [job for job in self._jobs.values() if job.expires <= now]
        if len(self._jobs) - len(leaving) >= self._max_jobs:
            leaving.append(next(iter(self._jobs.values())))
        for job in leaving:
            self._jobs.pop(job.id, None)
            if job.kept:
                self._bodies.pop(job.kept.name, None)
        # What a run kept whose end was not recorded is nobody's.
        self._bodies = {name: body for name, body in self._bodies.items() if now < body[1]}
        self._claims = {key: claim for key, claim in self._claims.items() if now < claim[1]}
