"""pages: an answer in pages is read page by page, within one call."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from fanin.engine.call import Call, Fetch
from fanin.engine.outcome import Outcome
from fanin.errors import SourceError
from fanin.policies.cache.freshness import lifetime
from fanin.policies.cache.key import personal
from fanin.sources.pages import read_pages

_VALIDATORS = frozenset(("etag", "last-modified"))
"""Headers by which one page is asked whether it still holds, which says nothing of the others."""


def pages(fetch: Fetch) -> Fetch:
    """Read all pages; each is a call for what is inside. All are kept for as long as the first of them to expire."""

    async def with_pages(call: Call) -> Outcome[Any]:
        reading = read_pages(call)
        outcomes: list[Outcome[Any]] = []
        asked = next(reading)
        while True:
            try:
                outcome = await fetch(asked)
            except SourceError as error:
                step = partial(reading.throw, error)
            else:
                outcomes.append(outcome)
                step = partial(reading.send, outcome)
            try:
                asked = step()
            except StopIteration as ended:
                whole: Outcome[Any] = ended.value
                return replace(whole, headers=_shortest(call, outcomes))

    return with_pages


def _shortest(call: Call, outcomes: list[Outcome[Any]]) -> Mapping[str, str]:
    """Give the headers of the page that may be kept for the shortest time, without what asks for one page only."""

    def length(outcome: Outcome[Any]) -> float:
        assert call.source.cache is not None
        life = lifetime(call.source.cache, outcome.headers, personal=personal(call), status=outcome.status)
        return -1.0 if life is None else life.fresh

    headers = (min(outcomes, key=length) if call.source.cache else outcomes[0]).headers
    return {name: value for name, value in headers.items() if name not in _VALIDATORS}
