"""How often one client may ask an endpoint."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from fanin.config.mistake import Mistake
from fanin.config.table import Table
from fanin.config.units import Duration, at_most, spelled


def _whole_seconds(length: float) -> float:
    if not length.is_integer():
        raise Mistake("bad-duration", "answers tell clients whole seconds", 'Write whole seconds, such as "1s" or "1m"')
    return length


class ClientLimit(Table):
    """No more requests of one client than this."""

    calls: Annotated[int, Field(ge=1, le=10_000, strict=True)]
    """How many requests a client may make within `per`."""
    per: Annotated[Duration, at_most("1d"), AfterValidator(_whole_seconds)] = 1.0
    """The length of time that they are counted in."""
    by: Literal["caller", "address"] | None = None
    """Who a client is: who the caller is, or the network address; without it the caller, where there is one."""

    @property
    def words(self) -> str:
        """How many requests in which time, and of whom."""
        whom = "client" if self.by is None else self.by
        return f"{self.calls} in {spelled(self.per)}, each {whom}"
