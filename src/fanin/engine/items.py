"""The items of one source with `for_each`: which calls may start, what came of them, and what they are together.

It does no I/O and has no clock: it is told the time.
"""

import math
from collections.abc import Callable, Sequence

import orjson

from fanin.config import Source
from fanin.config.items import Batch
from fanin.config.record import record
from fanin.config.request import Request
from fanin.config.template import EachReference, Reference, Values
from fanin.config.values import Json
from fanin.engine import shape
from fanin.engine.document import field_of
from fanin.engine.outcome import Outcome, of_both
from fanin.engine.rows import key_of, rows_by_key
from fanin.errors import (
    FailedItems,
    ItemsFailed,
    NotFound,
    SourceError,
    SourceTimeout,
    SourceTooLarge,
    value_refused,
)

type Ask = Callable[[Values], tuple[Request, Values]]
"""Makes a request of what stands for the references to an item, and gives all values that it was made of.

It raises a SourceError where one may not stand there.
"""


@record
class Part:
    """What one call asks: for one item, or for a batch of them.

    Args:
        item: the place of its item in the list; of a batch that of the first.
        request: how.
        values: what stood for the references.
    """

    item: int
    request: Request
    values: Values


class Items:
    """The state of one source's items, for one request.

    Args:
        source: the source, which has `for_each`.
        items: the items, as `list_of` gives them.
        references: the source's references to an item.
        ask: makes a request.
        deadline: when all items must be done, in the clock's seconds.
        at_once: how many calls may be under way.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what one list is
        self,
        source: Source,
        items: Sequence[Json],
        references: Sequence[EachReference],
        ask: Ask,
        deadline: float,
        at_once: int,
    ) -> None:
        self.source = source
        self.deadline = deadline
        self._items = items
        self._references = references
        self._ask = ask
        self._at_once = at_once
        self._fails_fast = source.stops_at_failure
        self._merges = not source.writes
        self._next = 0
        """The place of the next item to be looked at."""
        self._under_way: dict[int, list[int]] = {}
        """The places that each call under way is for, by its part's `item`."""
        self._asked: dict[object, int] = {}
        """What was asked, and the place of the item for which it was asked first; of reads only."""
        self._same: dict[int, int] = {}
        """The places whose answer is that of another's call, each with the place of that other."""
        self._values: list[Json] = [None] * len(items)
        self._errors: dict[int, SourceError] = {}
        self._refused: SourceError | None = None
        """Why the source fails whatever its items came to."""
        self._calls: Outcome[Json] = Outcome(attempts=0, fresh_for=math.inf)
        """What all calls that are not fresh in the usual way came to together, without their values."""
        self._keepable = True
        """Whether all calls so far may be kept."""
        self._attempts = self._size = 0

    @property
    def done(self) -> bool:
        """Whether no call is under way and none is to come."""
        return not self._under_way and (self._stopped or self._next == len(self._items))

    def start(self, now: float) -> list[Part]:
        """Give the calls that may start now; each has to be settled.

        Args:
            now: the time, in the clock's seconds. From the deadline on no call starts, and the items left have failed.
        """
        parts: list[Part] = []
        if now >= self.deadline:
            self._end_of_time()
        while not self._stopped and self._next < len(self._items) and len(self._under_way) < self._at_once:
            part = self._batched(self.source.batch) if self.source.batch else self._single()
            if part is not None:
                parts.append(part)
        return parts

    def settle(self, item: int, outcome: Outcome[Json]) -> None:
        """Take what a call came to.

        Args:
            item: as its part has it.
            outcome: of a batch, its value is the rows; otherwise it is the item's.
        """
        places = self._under_way.pop(item)
        self._add(outcome)
        if self._size > self.source.max_bytes:
            name, most = self.source.name, self.source.max_bytes
            detail = f"the answers for the items of {name} have over {most} bytes together"
            self._refused = SourceTooLarge(name, detail)
        if outcome.error is not None:
            for place in places:
                self._errors[place] = outcome.error
        elif self.source.batch and outcome.state != "fallback":
            self._match(self.source.batch, places, outcome.value)
        else:
            for place in places:
                self._values[place] = outcome.value

    def outcome(self) -> Outcome[Json]:
        """Give what all items came to together, in their order, once they are done."""
        for place, first in self._same.items():
            self._values[place] = self._values[first]
            if first in self._errors:
                self._errors[place] = self._errors[first]
        failed, calls = len(self._errors), self._calls
        told = {"items": len(self._items), **({"failed": failed} if failed else {}), **calls.told}
        wanted = len(self._items) - self._items.count(None)
        error = self._refused
        if error is None and failed and (self._fails_fast or failed == wanted):
            error = self._failure(self._common())
        if error is not None:
            error.attempts = self._attempts
            return Outcome(error=error, attempts=self._attempts, told=told, left=self._joined())
        partial = self._failure(None) if failed else calls.partial
        return Outcome(
            value=self._joined(),
            state="partial" if failed else calls.state,
            age=calls.age,
            attempts=self._attempts,
            fresh_for=calls.fresh_for if self._keepable and not failed else None,
            partial=partial,
            told=told,
        )

    def _add(self, outcome: Outcome[Json]) -> None:
        """Count a call in; one that is fresh in the usual way costs no more than additions."""
        self._size += outcome.size
        self._attempts += outcome.attempts
        if outcome.age or outcome.fresh_for is not None or outcome.state != "fresh" or outcome.told:
            self._calls = of_both(self._calls, outcome)
        else:
            self._keepable = False

    @property
    def _stopped(self) -> bool:
        """Whether no further call may start."""
        return self._refused is not None or (self._fails_fast and bool(self._errors))

    def _end_of_time(self) -> None:
        """Fail the items that no call has been made for."""
        name = self.source.name
        error = SourceTimeout(name, f"the time of {name} was over before it could be asked for this item", attempts=0)
        while not self._stopped and self._next < len(self._items):
            if self._items[self._next] is not None:
                self._errors[self._next] = error
            self._next += 1

    def _single(self) -> Part | None:
        """Make the call of the next item; None where it needs none."""
        if (taken := self._take()) is None:
            return None
        place, fields = taken
        try:
            request, values = self._ask(fields)
        except SourceError as error:
            self._errors[place] = error.settled()
            return None
        if self._merges and self._is_asked(request, place):
            return None
        self._under_way[place] = [place]
        return Part(place, request, values)

    def _batched(self, batch: Batch) -> Part | None:
        """Make the call of the next batch; None where no item is left that needs one."""
        places: list[int] = []
        together: dict[Reference, list[Json]] = {reference: [] for reference in self._references}
        while len(places) < batch.size and self._next < len(self._items):
            if (taken := self._take()) is None:
                if self._stopped:
                    return None
                continue
            place, fields = taken
            asked = orjson.dumps([key_of(batch, self._items[place]), *fields.values()])
            if self._merges and self._is_asked(asked, place):
                continue
            places.append(place)
            for reference, value in fields.items():
                together[reference] += [] if value is None else [value]
        if not places:
            return None
        try:
            request, values = self._ask(together)
        except SourceError as error:
            self._errors |= dict.fromkeys(places, error.settled())
            return None
        self._under_way[places[0]] = places
        return Part(places[0], request, values)

    def _take(self) -> tuple[int, dict[Reference, Json]] | None:
        """Take the next item: its place, and what stands for the references to it; None where it needs no call."""
        place, name = self._next, self.source.name
        self._next += 1
        item = self._items[place]
        if item is None:
            return None
        if self.source.join_as and not isinstance(item, dict):
            detail = f"an item of {name} is no object, which join_as needs"
            self._errors[place] = value_refused(name, detail, of_client=self.source.items_of_client)
            return None
        fields: dict[Reference, Json] = {}
        for reference in self._references:
            value = fields[reference] = field_of(item, reference.path)
            if value is None and not reference.optional:
                self._errors[place] = _without(name, str(reference))
                return None
        if self.source.batch and key_of(self.source.batch, item) is None:
            self._errors[place] = _without(name, f"{self.source.batch.by.each} of each item")
            return None
        return place, fields

    def _is_asked(self, asked: object, place: int) -> bool:
        """Whether the same is asked for an item before this one, whose answer is then this one's too."""
        first = self._asked.setdefault(asked, place)
        if first != place:
            self._same[place] = first
        return first != place

    def _match(self, batch: Batch, places: Sequence[int], rows: Json) -> None:
        """Give each item of a batch its row or rows."""
        try:
            found = rows_by_key(self.source.name, batch, rows)
        except SourceError as error:
            self._errors |= dict.fromkeys(places, error)
            return
        for place in places:
            key = key_of(batch, self._items[place])
            assert key is not None
            try:
                self._values[place] = shape.row_of(self.source, found.get(key, []))
            except SourceError as error:
                self._errors[place] = error

    def _joined(self) -> list[Json]:
        """Give the value: the results, or the items with their results in them."""
        name = self.source.join_as
        if not name:
            return self._values
        return [
            {**item, name: value} if isinstance(item, dict) else None
            for item, value in zip(self._items, self._values, strict=True)
        ]

    def _common(self) -> SourceError | None:
        """Give the first failure if all are of its type."""
        first = self._errors[min(self._errors)]
        return first if all(type(error) is type(first) for error in self._errors.values()) else None

    def _failure(self, common: SourceError | None) -> SourceError:
        """Make one error of those of the items: of a type that they have in common, if there is one."""
        name, failed = self.source.name, len(self._errors)
        detail = f"{failed} of {len(self._items)} items of {name} failed"
        if common is None:
            error: SourceError = ItemsFailed(name, detail)
        else:
            error = common.again()
            error.detail = f"{detail}: {common.detail}"
        error.attempts = self._attempts
        error.items = FailedItems.of(self._errors)
        return error


def _without(name: str, what: str) -> NotFound:
    return NotFound(name, f"{name} needs {what}, which has no value", attempts=0)
