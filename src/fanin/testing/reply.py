"""What comes back to a test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP response.

    Args:
        status: the status code.
        headers: names in lower case; without `Set-Cookie`.
        cookies: the value of each `Set-Cookie`.
        content: the body.
        seconds: how long it took, on the fake clock.
    """

    status: int
    headers: Mapping[str, str]
    cookies: Sequence[str]
    content: bytes
    seconds: float

    @property
    def body(self) -> Any:
        """The body, read as JSON."""
        return orjson.loads(self.content)

    @property
    def records(self) -> list[dict[str, Any]]:
        """The records of a stream, whether it was asked for as lines of JSON or as events."""
        lines = [
            line.removeprefix(b"data: ") for line in self.content.splitlines() if line.startswith((b"{", b"data: {"))
        ]
        return [orjson.loads(line) for line in lines]

    @property
    def complete(self) -> bool:
        """Whether every source answered for itself, as `Fanin-Complete` says."""
        return self.headers.get("fanin-complete") == "?1"

    @property
    def sources(self) -> dict[str, str]:
        """What each source came to, as `Fanin-Sources` says: `fresh`, or the problem type of its failure."""
        members = (member.partition("=") for member in self.headers.get("fanin-sources", "").split(", ") if member)
        return {name: state.partition(";")[0] for name, _, state in members}
