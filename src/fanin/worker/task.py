"""What goes through the queue: a task of a kind, as JSON, that may be handed over more than once."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from fanin.config.values import Json
from fanin.errors import FaninError

MAX_TASK = 200_000
"""Bytes of a task; SQS takes 262,144, attributes included."""
_ESCAPED = {0xFFFE: r"\ufffe", 0xFFFF: r"\uffff"}
"""Characters that JSON can have as they are, and that SQS refuses in a message or writes others for."""


class TaskRefused(FaninError):
    """What was handed over is no task that can be done here. It goes to the dead-letter queue in the end."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done.

    Args:
        id: the same for every delivery; two tasks with the same id are the same work.
        kind: who does it.
        version: of what `payload` holds for this kind; whoever does it knows which ones it takes.
        payload: what there is to know.
    """

    id: str
    kind: str
    version: int
    payload: Mapping[str, Json]

    def encode(self) -> str:
        """Write it.

        Raises:
            TaskRefused: it is too large for the queue.
        """
        task: Mapping[str, Json] = {
            "id": self.id,
            "kind": self.kind,
            "version": self.version,
            "payload": {**self.payload},
        }
        text = orjson.dumps(task).decode().translate(_ESCAPED)
        if len(text.encode()) > MAX_TASK:
            raise TaskRefused(f"{self.kind} {self.id} has over {MAX_TASK} bytes")
        return text

    @classmethod
    def decode(cls, text: str) -> "Task":
        """Read one.

        Raises:
            TaskRefused: it is none.
        """
        try:
            read: Any = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise TaskRefused("the message is not JSON") from error
        match read:
            case {"id": str(id_), "kind": str(kind), "version": int(version), "payload": dict(payload)}:
                return cls(id_, kind, version, payload)
        raise TaskRefused("the message is no task: it lacks id, kind, version or payload")


type Do = Callable[[Task, float], Awaitable[None]]
"""Does a task by a deadline, in the clock's seconds. It raises where the task is to be handed over again."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How tasks of one kind are done.

    Args:
        versions: those of the payload that are understood.
        do: does one.
    """

    versions: frozenset[int]
    do: Do
