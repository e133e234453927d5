"""A source that does what a test says, and remembers what it was asked."""

from collections.abc import Sequence
from typing import Any

import orjson

from fanin.engine.call import Call, Response
from fanin.engine.outcome import Outcome
from fanin.errors import SourceUnavailable
from fanin.testing.scripts import Script


class FakeSource:
    """Stands for one API.

    Args:
        script: what it does; of several scripts, each for one call, in turn, and the last for all that follow.
            None where a test expects no call.
    """

    def __init__(self, script: Script | Sequence[Script] | None = None) -> None:
        self.script = script
        self.calls: list[Call] = []
        """The calls so far: what was asked is in `call.request`, when, by the fake clock, in `call.span`."""

    @property
    def urls(self) -> list[str]:
        """The URL of each call."""
        return [call.request.url for call in self.calls]

    @property
    def parameters(self) -> list[Any]:
        """What the statement of each call was asked with: the values of its references, each once, in their order."""
        return [orjson.loads(call.request.body or b"[]") for call in self.calls]

    async def fetch(self, call: Call) -> Outcome[Response]:
        """Make a call, as the next script has it.

        Raises:
            DependencyFailed: it is a write that may not begin any more.
        """
        call.traced()
        self.calls.append(call)
        if not self.script:
            raise SourceUnavailable(call.source.name, f"{call.source.name} has no script")
        if isinstance(self.script, Sequence):
            return await self.script[min(len(self.calls), len(self.script)) - 1](call)
        return await self.script(call)
