"""What goes through the queue: a job of a kind, as JSON, that may be handed over more than once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from fanin.errors import FaninError
from fanin.outcome import Json

MAX_JOB = 200_000
"""Bytes of a job; SQS takes 262,144, attributes included."""


class JobRefused(FaninError):
    """What was handed over is no job that can be done here. It goes to the dead-letter queue in the end."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done.

    Args:
        id: the same for every delivery; two jobs with the same id are the same work.
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
            JobRefused: it is too large for the queue.
        """
        text = orjson.dumps(
            {"id": self.id, "kind": self.kind, "version": self.version, "payload": {**self.payload}}
        ).decode()
        if len(text.encode()) > MAX_JOB:
            raise JobRefused(f"{self.kind} {self.id} has over {MAX_JOB} bytes")
        return text

    @classmethod
    def decode(cls, text: str) -> "Job":
        """Read one.

        Raises:
            JobRefused: it is none.
        """
        try:
            read: Any = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise JobRefused("the message is not JSON") from error
        match read:
            case {"id": str(id_), "kind": str(kind), "version": int(version), "payload": dict(payload)}:
                return cls(id_, kind, version, payload)
        raise JobRefused("the message is no job: it lacks id, kind, version or payload")
