"""A bucket in memory."""

from fanin.stores.bounds import MAX_OBJECT
from fanin.stores.errors import StoreTooLarge

MAX_BYTES = 256_000_000
"""Bytes of all objects; beyond it the oldest leave."""


class MemoryBucket:
    """A `Bucket` of one process, which ends with it.

    Args:
        max_bytes: of all objects.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._objects: dict[str, bytes] = {}

    async def put(self, key: str, body: bytes, *, kind: str = "application/json") -> None:  # noqa: ARG002 - nothing serves it
        """Write an object."""
        if len(body) > min(MAX_OBJECT, self._max_bytes):
            raise StoreTooLarge(f"an object has {len(body)} bytes, over {min(MAX_OBJECT, self._max_bytes)}")
        self._objects.pop(key, None)
        while sum(map(len, self._objects.values())) + len(body) > self._max_bytes:
            del self._objects[next(iter(self._objects))]
        self._objects[key] = body

    async def get(self, key: str) -> bytes | None:
        """Read an object; None where there is none."""
        return self._objects.get(key)

    def link(self, key: str, seconds: int) -> str | None:  # noqa: ARG002 - nothing serves links
        """There is no link into a process."""
        return None
