"""Handing jobs over to SQS."""

from fanin.errors import AwsError
from fanin.jobs.job import Job
from fanin.stores.guarded import Guarded
from fanin.stores.store import StoreUnavailable


class Queue:
    """A queue of jobs.

    Args:
        service: SQS, bounded.
        url: the queue's URL.
    """

    def __init__(self, service: Guarded, url: str) -> None:
        self._service = service
        self._url = url

    async def send(self, job: Job) -> bool:
        """Hand a job over; False where the queue did not take it in time.

        Raises:
            JobRefused: the job is too large.
        """
        try:
            await self._service.call("SendMessage", {"QueueUrl": self._url, "MessageBody": job.encode()})
        except (StoreUnavailable, AwsError):
            return False
        return True
