"""pages: an answer in pages is read page by page, within one call."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from fanin.engine.call import Call, Fetch
from fanin.engine.outcome import Outcome, ResponseHead
from fanin.errors import SourceError
from fanin.policies.cache.freshness import oldest
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
                return _put_together(whole, [(outcome.headers, outcome.status) for outcome in outcomes])

    return with_pages


def _put_together(whole: Outcome[Any], answers: Sequence[ResponseHead]) -> Outcome[Any]:
    """Give the outcome of all pages, as old as the oldest, without what asks whether one page still holds."""
    headers = {name: value for name, value in whole.headers.items() if name not in _VALIDATORS}
    return replace(whole, headers={**headers, "age": str(int(oldest(answers)))}, answers=tuple(answers))
