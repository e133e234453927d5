"""The calls of one source with `for_each`, made of its items as they may start."""

from collections.abc import Sequence

from fanin.config import Source
from fanin.config.request import Request
from fanin.config.template import EachReference, Values
from fanin.config.values import Json
from fanin.engine.call import Call
from fanin.engine.items import Items
from fanin.engine.outcome import Outcome, Span
from fanin.errors import ClientValueRefused, SourceTooLarge, value_refused


def list_of(source: Source, value: Json, limit: Json) -> list[Json]:
    """Give the items of a source.

    Args:
        source: the source, which has `for_each`.
        value: what its `for_each` came to; null is an empty list.
        limit: how many to take at most; None for all.

    Raises:
        ValueRefused: it is no list, or the limit is no number; or there are more than `max_items`, and they are the
            client's.
        SourceTooLarge: there are more than the source's `max_items`.
    """
    if value is None:
        return []
    if not isinstance(value, list):
        detail = f"for_each of {source.name} gives no list"
        raise value_refused(source.name, detail, of_client=source.items_of_client)
    if limit is not None and not isinstance(limit, int):
        raise value_refused(source.name, f"limit of {source.name} is no whole number", of_client=True)
    items = value if limit is None else value[: max(0, limit)]
    if len(items) > source.max_items:
        detail = f"for_each of {source.name} gives {len(items)} items, and max_items is {source.max_items}"
        if source.items_of_client:
            raise ClientValueRefused(source.name, detail)
        raise SourceTooLarge(source.name, detail, attempts=0)
    return items


class ListCalls:
    """A list under way, for one request.

    Args:
        like: what all its calls have in common: the source, the deadline of all together, the headers to hand on, what
            stands for the other references, and the span around those of the items.
        items: the items.
        references: the source's references to an item.
        at_once: how many calls may be under way.
    """

    def __init__(self, like: Call, items: Sequence[Json], references: Sequence[EachReference], at_once: int) -> None:
        self._like = like
        self._items = Items(like.source, items, references, self._ask, like.deadline, at_once)

    @property
    def source(self) -> Source:
        """The source."""
        return self._like.source

    @property
    def done(self) -> bool:
        """Whether no call is under way and none is to come."""
        return self._items.done

    def start(self, now: float) -> list[Call]:
        """Give the calls that may start now; each has to be settled."""
        like, calls = self._like, list[Call]()
        spans = like.span.items
        assert spans is not None
        for part in self._items.start(now):
            span = spans[part.item] = Span(ready=now)
            request = part.request if like.writes is None else like.writes.keyed(like.source, part.request)
            call = Call(
                like.source,
                request,
                like.deadline,
                span,
                like.forwarded,
                part.values,
                like.trace_context,
                item=part.item,
                writes=like.writes,
            )
            calls.append(call)
        return calls

    def settle(self, item: int, outcome: Outcome[Json]) -> None:
        """Take what the call of an item came to, its value shaped."""
        self._items.settle(item, outcome)

    def outcome(self) -> Outcome[Json]:
        """Give what all items came to together, once they are done."""
        self._like.span.close()
        return self._items.outcome()

    def _ask(self, fields: Values) -> tuple[Request, Values]:
        values = {**self._like.values, **fields}
        return self._like.source.request(values, self._like.forwarded), values
