"""Handing tasks over to SQS."""

from fanin.errors import AwsError
from fanin.stores.guarded import Guarded
from fanin.stores.store import StoreUnavailable
from fanin.worker.task import Task


class Queue:
    """A queue of tasks.

    Args:
        service: SQS, bounded.
        url: the queue's URL.
    """

    def __init__(self, service: Guarded, url: str) -> None:
        self._service = service
        self._url = url

    async def send(self, task: Task) -> bool:
        """Hand a task over; False where the queue did not take it in time.

        Raises:
            TaskRefused: the task is too large.
        """
        try:
            await self._service.call("SendMessage", {"QueueUrl": self._url, "MessageBody": task.encode()})
        except (StoreUnavailable, AwsError):
            return False
        return True
