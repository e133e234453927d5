"""The kind `value`: a static value, which stands in fanin.toml itself."""

from typing import Any, ClassVar

from fanin.config.kinds.without_call import SourceWithoutCall
from fanin.config.request import Request
from fanin.config.texts import Static
from fanin.config.values import Json


class ValueSource(SourceWithoutCall):
    """A static value."""

    kind: ClassVar[str] = "value"

    value: Static
    """A static value, answered as it is without a call; a text may hold variables, and no other references."""

    @property
    def drawn(self) -> str:
        """That there is no call."""
        return "static value"

    @property
    def static(self) -> Json:
        """The value."""
        read: Json = self.value
        return read

    def identity(self, request: Request) -> list[Any]:  # noqa: ARG002 - the signature is every kind's
        """Give the value."""
        return [self.value]
