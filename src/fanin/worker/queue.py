"""Handing tasks over to a queue."""

from fanin.stores.errors import StoreError
from fanin.stores.queue import Queue
from fanin.worker.task import Task


class Tasks:
    """The tasks that wait in a queue.

    Args:
        queue: the queue.
    """

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    async def send(self, task: Task) -> bool:
        """Hand a task over; False where the queue did not take it in time.

        Raises:
            TaskRefused: the task is too large.
        """
        try:
            await self._queue.send(task.encode())
        except StoreError:
            return False
        return True
