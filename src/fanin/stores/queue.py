"""A queue: messages that come at least once, some time after they were sent."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})


class Queue(Protocol):
    """A queue. It is done within a bounded time, or raises StoreUnavailable, of which the reason may be said."""

    async def send(self, body: str, *, delay: float = 0.0, attributes: Mapping[str, str] = NO_ATTRIBUTES) -> None:
        """Send a message.

        Args:
            body: what it says.
            delay: seconds before which it does not come; above `MAX_DELAY` they are that.
            attributes: what else it says. Characters that cannot be printed become spaces.

        Raises:
            StoreTooLarge: it has over `MAX_MESSAGE` bytes.
        """
        ...


def printable(text: str) -> str:
    """Write a text in characters that every queue takes."""
    spaced = "".join(character if character.isprintable() else " " for character in text)
    return spaced.encode(errors="replace").decode()


def size_of(body: str, attributes: Mapping[str, str]) -> int:
    """Give the bytes of a message, as SQS counts them: with names, types and values of its attributes."""
    return len(body.encode()) + sum(
        len(name.encode()) + len("String") + len(value.encode()) for name, value in attributes.items()
    )
