"""The kind `value`: a static value, which stands in fanin.toml itself."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from fanin.config import template
from fanin.config.request import NO_REQUEST, Request
from fanin.config.source import Source
from fanin.config.texts import Static
from fanin.config.values import Json


class ValueSource(Source):
    """A static value. Reading it makes no call, so it takes no time, cannot fail, and has no policies."""

    kind: ClassVar[str] = "value"
    makes_calls: ClassVar[bool] = False

    value: Static
    """A static value, answered as it is without a call; a text may hold variables, and no other references."""

    @classmethod
    def accepted(cls) -> frozenset[str]:
        """Only the value: every other key is about calls and their answers."""
        return frozenset({"value"})

    @property
    def references_by_key(self) -> Iterator[tuple[tuple[str, ...], Iterable[template.Reference]]]:
        """None: variables are put in when the file is loaded."""
        return iter(())

    @property
    def drawn(self) -> str:
        """That there is no call."""
        return "static value"

    @property
    def static(self) -> Json:
        """The value."""
        read: Json = self.value
        return read

    @property
    def takes(self) -> float:
        """No time."""
        return 0.0

    def check_parameters(self, values: template.Values) -> None:
        """Pass: no parameter stands in it."""

    def request(self, values: template.Values, forwarded: tuple[tuple[str, str], ...] = ()) -> Request:  # noqa: ARG002 - the signature is every kind's
        """Ask nothing."""
        return NO_REQUEST

    def identity(self, request: Request) -> list[Any]:  # noqa: ARG002 - the signature is every kind's
        """Give the value."""
        return [self.value]
