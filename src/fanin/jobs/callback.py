"""The delivery of a callback: one attempt, and what follows from it."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from fanin.engine.call import Request
from fanin.errors import FaninError
from fanin.jobs import answers
from fanin.jobs import job as steps
from fanin.jobs.job import Callback, CallbackState, Job
from fanin.jobs.message import CallBack, JobQueue
from fanin.jobs.store import JobStore, take
from fanin.jobs.webhook import signed
from fanin.stores.bounds import MAX_DELAY

_GONE = 410

logger = logging.getLogger("fanin")

type Post = Callable[[Request], Awaitable[int]]
"""Sends a request to whom a client named, through the guard, within a bounded time; gives the status of the answer.

Raises FaninError where there is none.
"""


@dataclass(frozen=True, slots=True)
class Caller:
    """What the delivery of a callback touches.

    Args:
        store: where jobs are recorded.
        queue: where the message of the next attempt goes.
        post: sends a request.
        secret: gives what callbacks are signed with.
        now: gives seconds since the epoch.
    """

    store: JobStore
    queue: JobQueue
    post: Post
    secret: Callable[[], Awaitable[str]] = field(repr=False)
    now: Callable[[], float]

    async def deliver(self, message: CallBack) -> None:
        """Deliver a callback, if it is due and this message is its own.

        The attempt is counted before it is made: a message that comes twice makes one, and an attempt that is cut off
        counts. What was delivered but not recorded is delivered again, under the same `webhook-id`.

        Raises:
            StoreUnavailable: the store does not answer; the message has to come again.
        """
        job, due = await take(self.store, message.job_id, lambda job: steps.call_back(job, self.now(), message.attempt))
        if job is None or not due or job.callback is None:
            return
        callback = job.callback
        status = await self._status(job, callback)
        delivered = 200 <= status < 300
        logger.info("callback", extra={"job": job.id, "attempt": callback.attempts, "status": status})
        job, _ = await take(
            self.store,
            job.id,
            lambda job: steps.called_back(
                job, self.now(), callback.attempts, delivered=delivered, again=status != _GONE
            ),
        )
        if job and job.callback and job.callback.state is CallbackState.DUE and job.due is not None:
            delay = job.due - self.now()
            if delay <= MAX_DELAY:  # what is due later, the minute rule sends
                await self.queue.send(CallBack(job.id, callback.attempts), delay=max(0.0, delay))

    async def _status(self, job: Job, callback: Callback) -> int:
        """Make the attempt; 0 where there is no answer."""
        body = answers.event(job, job.ended or job.created)
        try:
            signature = signed(f"msg_{job.id}", body, secret=await self.secret(), now=self.now())
            headers = (("Content-Type", "application/json"), *signature)
            return await self.post(Request("POST", callback.url, headers, body))
        except (FaninError, ValueError) as error:
            logger.warning("callback failed", extra={"job": job.id, "reason": str(error) or type(error).__name__})
            return 0
