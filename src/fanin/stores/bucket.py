"""A bucket: large objects by their keys."""

from typing import Protocol


class Bucket(Protocol):
    """A bucket. Every wait of it is bounded; every method raises StoreUnavailable, of which the reason may be said."""

    async def put(self, key: str, body: bytes, *, kind: str = "application/json") -> None:
        """Write an object in the place of the one with its key.

        Args:
            key: the object's.
            body: its bytes.
            kind: their media type.

        Raises:
            StoreTooLarge: there are over `MAX_OBJECT` of them.
        """
        ...

    async def get(self, key: str) -> bytes | None:
        """Read an object; None where there is none."""
        ...

    def link(self, key: str, seconds: int) -> str | None:
        """Give a link under which whoever has it reads an object for some seconds; None where nothing serves links."""
        ...
