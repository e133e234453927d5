"""What the minute rule sees to: jobs whose message is missing, whose run is not heard of, whose callback is due."""

import logging
from collections.abc import Callable

from fanin.jobs import job as steps
from fanin.jobs.message import JobQueue, message_of
from fanin.jobs.store import JobStore, take
from fanin.stores.errors import StoreUnavailable

MOST = 500
"""Jobs that are seen to at once; the next minute sees to the others."""

logger = logging.getLogger("fanin")


async def see_to_overdue(store: JobStore, queue: JobQueue, now: Callable[[], float]) -> int:
    """Send the messages of overdue jobs again.

    Of two that look at once, one sends: looking is a step of the job. A record that is not understood, since a newer
    function wrote it, keeps nobody from looking at the others.

    Returns:
        how many were sent.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    sent = 0
    for job_id in await store.overdue(now(), MOST):
        try:
            job, looked = await take(store, job_id, lambda job: steps.look_after(job, now()))
        except (ValueError, TypeError, KeyError):
            logger.exception("record of a job not understood", extra={"job": job_id})
            continue
        if job and looked and job.due is not None:
            try:
                await queue.send(message_of(job))
                sent += 1
            except StoreUnavailable:
                logger.warning("message of a job not sent", extra={"job": job.id}, exc_info=True)
    return sent
