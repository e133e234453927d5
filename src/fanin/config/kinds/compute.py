"""The kind `compute`: a value that fanin makes of other sources' values and of the request."""

from collections.abc import Iterator
from typing import Any, ClassVar

from fanin.config.expressions import Expression
from fanin.config.expressions.keys import PlanExpression
from fanin.config.kinds.without_call import SourceWithoutCall
from fanin.config.request import Request


class ComputeSource(SourceWithoutCall):
    """A computed value."""

    kind: ClassVar[str] = "compute"

    compute: PlanExpression
    """JMESPath over what the request has so far: the value, made without a call."""

    @classmethod
    def accepted(cls) -> frozenset[str]:
        """Those of what makes no call, and those that say what to do with the value."""
        return super().accepted() | {"drop", "missing"}

    @property
    def expressions_by_key(self) -> Iterator[tuple[tuple[str, ...], Expression]]:
        """That of `when`, and its own."""
        yield from super().expressions_by_key
        yield ("compute",), self.compute

    @property
    def added_levels(self) -> int:
        """Those that its expression adds."""
        return self.compute.added_levels

    @property
    def computes(self) -> Expression:
        """Its expression."""
        return self.compute

    @property
    def drawn(self) -> str:
        """That there is no call."""
        return "computed"

    def identity(self, request: Request) -> list[Any]:  # noqa: ARG002 - the signature is every kind's
        """Give the expression."""
        return [self.compute.text]
