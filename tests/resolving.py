"""Resolvers that find no address, for tests of which way to addresses is taken."""

from typing import Any

from fanin.sources.resolve import AddressForbidden


class Forbidding:
    """Permits no address, and counts who looks for one."""

    def __init__(self) -> None:
        self.asked = 0

    async def resolve_async(self, *_: Any) -> Any:
        """Count, and refuse."""
        self.resolve()

    def resolve(self, *_: Any) -> Any:
        """Count, and refuse."""
        self.asked += 1
        raise AddressForbidden
