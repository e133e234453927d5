"""What a fake source does when it is called."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

import orjson

from fanin.engine.call import Call, Response
from fanin.engine.outcome import Outcome
from fanin.errors import DependencyFailed, ItemsFailed, SourceError
from fanin.sources.http.body import Body

type Script = Callable[[Call], Awaitable[Outcome[Response]]]
"""Stands where a source's fetch stands. Any `async` function of this form is one, besides those that are made here."""


def gives(
    answer: Any, *, status: int = 200, headers: Mapping[str, str] = MappingProxyType({}), after: float = 0.0
) -> Script:
    """Answer as the API does, before the source's `pick` and `drop`, and under its `max_bytes`.

    Args:
        answer: what is written as JSON; bytes are sent as they are, for a source of any `format`.
        status: the HTTP status.
        headers: the answer's headers.
        after: seconds until the answer, on the fake clock.
    """
    told = {name.lower(): value for name, value in headers.items()}
    content = answer if isinstance(answer, bytes) else orjson.dumps(answer)

    async def give(call: Call) -> Outcome[Response]:
        await asyncio.sleep(after)
        body = Body(call.source.name, "", call.room.max_bytes if call.room else call.source.max_bytes)
        body.feed(content)
        return Outcome(Response(status, told, body.whole()))

    return give


def fails(kind: type[SourceError], *, after: float = 0.0) -> Script:
    """Fail with an error of a kind.

    Args:
        kind: one of those in `fanin.errors` that a call can come to.
        after: seconds until the failure, on the fake clock.

    Raises:
        ValueError: a dependency fails where the source that it needs does, and a list where its items do; there is no
            call to script.
    """
    if kind is ItemsFailed:
        raise ValueError("ItemsFailed follows from items that fail: script the call of each item")
    if kind is DependencyFailed:
        raise ValueError("DependencyFailed follows from another source's failure: script that source")

    async def fail(call: Call) -> Outcome[Response]:
        await asyncio.sleep(after)
        raise kind(call.source.name, f"{call.source.name} failed, as its script says")

    return fail


def hangs() -> Script:
    """Never answer, so that the call ends at its timeout or at the deadline."""

    async def hang(_: Call) -> Outcome[Response]:
        never: asyncio.Future[Outcome[Response]] = asyncio.get_running_loop().create_future()
        return await never

    return hang
