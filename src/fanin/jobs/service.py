"""Where clients hand in jobs, ask for them, and cancel them: the rules, whatever carries the requests."""

import hashlib
import logging
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace

from fanin.engine.catalogue import Catalogue
from fanin.errors import RequestError
from fanin.jobs.job import ENDED, Job, State, cancel, queued
from fanin.jobs.message import JobQueue, message_of
from fanin.jobs.order import Order, Orders
from fanin.jobs.store import Claim, JobStore, Results, position, take
from fanin.stores.errors import StoreUnavailable

KEY_KEPT = 86400.0
"""Seconds for which an idempotency key is kept."""

_ID = re.compile(r"[0-9a-f]{32}")

logger = logging.getLogger("fanin")


class JobService:
    """The jobs of a catalogue.

    Args:
        catalogue: what is served.
        store: where jobs are recorded.
        results: where their answers are.
        queue: where their messages go.
        now: gives seconds since the epoch.
        new_id: gives an id that nobody can guess.
    """

    def __init__(  # noqa: PLR0913 - what a job touches
        self,
        catalogue: Catalogue,
        store: JobStore,
        results: Results,
        queue: JobQueue,
        *,
        now: Callable[[], float],
        new_id: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self.orders = Orders(catalogue, catalogue.config.jobs.callbacks)
        self._store = store
        self.results = results
        self._queue = queue
        self._now = now
        self._new_id = new_id

    async def accept(self, order: Order, owner: str, key: str = "") -> Job:
        """Make a job, or give the one that an idempotency key stands for.

        What the key stands for is written first, then the job, then the message. Whoever is cut off in between does
        the rest by asking again with the same key; and a job without a message is found by the minute rule.

        Args:
            order: what is asked for.
            owner: who asks; empty where they did not say.
            key: the idempotency key; empty without one.

        Raises:
            RequestError: the key stands for another order, or the owner has as many open jobs of the endpoint as they
                may have.
            StoreUnavailable: the job cannot be recorded.
        """
        job_id, now = self._new_id(), self._now()
        if key:
            name = hashlib.sha256(f"{owner}\n{key}".encode()).hexdigest()
            claim = Claim(job_id, order.fingerprint)
            first = await self._store.claim(name, claim, now=now, until=now + KEY_KEPT)
            if first.fingerprint != claim.fingerprint:
                detail = "this Idempotency-Key came with another request; take a new one"
                raise RequestError(422, "idempotency-key-reused", "Idempotency key reused", detail)
            if first.job_id != job_id and (made := await self._store.get(first.job_id)):
                return await self._sent(made)
            job_id = first.job_id
        job = queued(job_id, owner, order.endpoint, order.parameters, order.callback, now=now, input=order.input)
        job = replace(job, caller=order.caller) if order.caller else job
        most = self.orders.catalogue.config.jobs.max_open
        if not await self._store.enter(job, most, now=now):
            raise too_many_jobs(order.endpoint, most)
        if not await self._store.put(job):
            job = await self._store.get(job_id) or job
        return await self._sent(job)

    async def get(self, job_id: str, owner: str) -> Job:
        """Give a job to whom it belongs.

        Raises:
            RequestError: there is none for them.
            StoreUnavailable: the store does not answer.
        """
        job = await self.find_any(job_id, owner)
        if job.owner != owner:
            raise unknown_job()
        return job

    async def callers_of(self, job_id: str) -> str:
        """Name which of [callers] a job belongs to one of; empty if none, or if there is no such job.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        job = await self._store.get(job_id) if _ID.fullmatch(job_id) else None
        return job.caller.name if job and job.caller else ""

    async def find_any(self, job_id: str, owner: str = "") -> Job:
        """Give a job that belongs to whoever asks, or to nobody.

        Args:
            job_id: the job's id.
            owner: who asks; empty where they did not say.

        Raises:
            RequestError: there is none for them.
            StoreUnavailable: the store does not answer.
        """
        job = await self._store.get(job_id) if _ID.fullmatch(job_id) else None
        if job is None or job.owner not in {"", owner} or job.expires <= self._now():
            raise unknown_job()
        return job

    async def cancel(self, job_id: str, owner: str) -> Job:
        """Cancel a job that has not ended; one that is cancelled stays so.

        Raises:
            RequestError: there is none for them, or it has ended.
            StoreUnavailable: the store does not answer.
        """
        await self.get(job_id, owner)
        job, cancelled = await take(self._store, job_id, lambda job: cancel(job, self._now()))
        if job is None:
            raise unknown_job()
        if cancelled and job.callback:
            await self._send(job)
        if job.state in ENDED - {State.CANCELLED}:
            raise RequestError(409, "job-ended", "Job ended", f"the job has {job.state.value}")
        return job

    async def listed(self, owner: str, limit: int, after: str) -> tuple[Sequence[Job], str]:
        """Give an owner's jobs, the newest first, and behind which to go on; empty where these are the last.

        Raises:
            RequestError: nobody said who they are: a list would tell the ids of everybody's jobs.
            StoreUnavailable: the store does not answer.
        """
        if not owner:
            detail = "jobs are listed for whom they belong to; without an identity, ask for each by its id"
            raise RequestError(403, "identity-needed", "Identity needed", detail)
        jobs = await self._store.of_owner(owner, limit + 1, after)
        now = self._now()
        page = jobs[:limit]
        return [job for job in page if job.expires > now], position(page[-1]) if len(jobs) > limit else ""

    async def _sent(self, job: Job) -> Job:
        if job.state is State.QUEUED:
            await self._send(job)
        return job

    async def _send(self, job: Job) -> None:
        """Send a job's message; where that fails, the minute rule will, since the job is recorded."""
        try:
            await self._queue.send(message_of(job))
        except StoreUnavailable:
            logger.warning("message of a job not sent", extra={"job": job.id}, exc_info=True)


def unknown_job() -> RequestError:
    """Refuse a job that is not there, or not for whoever asks: which of the two is not told."""
    return RequestError(404, "unknown-job", "Unknown job", "there is no such job, or no more")


def too_many_jobs(endpoint: str, most: int) -> RequestError:
    """Refuse a job over the bound."""
    detail = f"{most} jobs of {endpoint} are open; hand in another when one of them has ended"
    return RequestError(429, "too-many-jobs", "Too many jobs", detail)
