"""The kind `first_of`: the first of several sources that has a value."""

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, field_validator

from fanin.config.kinds.without_call import SourceWithoutCall
from fanin.config.mistake import Mistake
from fanin.config.request import Request
from fanin.config.table import Name
from fanin.config.units import Duration, at_most, spelled


class FirstOfHedge(BaseModel):
    """When the next source is asked beside one that is slow."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    after: Annotated[Duration, at_most("29s")]
    """How long the first source is waited for, before the next is asked beside it."""


class FirstOfSource(SourceWithoutCall):
    """Other sources, asked in order until one has a value."""

    kind: ClassVar[str] = "first_of"

    first_of: tuple[Name, ...]
    """Sources: the value is that of the first that has one. They are asked in order."""
    hedge: FirstOfHedge | None = None  # type: ignore[assignment]
    """After how long the next source is asked beside one that has not answered."""

    @field_validator("first_of")
    @classmethod
    def _several(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(names) < 2:
            raise Mistake("bad-first-of", "fewer than two sources", "Name them in the order in which to ask")
        if twice := [name for position, name in enumerate(names) if name in names[:position]]:
            raise Mistake("bad-first-of", f"{twice[0]} is named twice", "Name it once", f'"{twice[0]}"')
        return names

    @classmethod
    def accepted(cls) -> frozenset[str]:
        """Those of what makes no call itself, and `hedge`."""
        return super().accepted() | {"hedge"}

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The sources, in the order in which they are asked."""
        return self.first_of

    @property
    def asks_beside(self) -> float | None:
        """The time that `hedge` says."""
        return self.hedge.after if self.hedge else None

    @property
    def drawn(self) -> str:
        """What is asked, in which order."""
        beside = f", each beside the last after {spelled(self.hedge.after)}" if self.hedge else ""
        return f"the first of {', '.join(self.first_of)}{beside}"

    def identity(self, request: Request) -> list[Any]:  # noqa: ARG002 - the signature is every kind's
        """Give the sources."""
        return [list(self.first_of)]
