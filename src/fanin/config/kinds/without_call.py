"""What the kinds have in common that make no call."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from fanin.config import template
from fanin.config.request import NO_REQUEST, Request
from fanin.config.source import Source


class SourceWithoutCall(Source):
    """A source whose value fanin has, or makes itself. It takes no time, and has no policies."""

    makes_calls: ClassVar[bool] = False

    @classmethod
    def accepted(cls) -> frozenset[str]:
        """Its own key, and those that say when it is read: every other is about calls and their answers."""
        return frozenset({cls.kind, "when", "after"})

    @property
    def references_by_key(self) -> Iterator[tuple[tuple[str, ...], Iterable[template.Reference]]]:
        """None: there is no request to put values into."""
        return iter(())

    @property
    def takes(self) -> float:
        """No time."""
        return 0.0

    def check_parameters(self, values: template.Values) -> None:
        """Pass: no parameter stands in it."""

    def request(self, values: template.Values, forwarded: tuple[tuple[str, str], ...] = ()) -> Request:  # noqa: ARG002 - the signature is every kind's
        """Ask nothing."""
        return NO_REQUEST
