"""One request's way through a plan, whatever runs its calls.

An execution model (`fanin.engine.execution`) asks which calls may start, makes them, and hands each outcome back.
It is then told which further calls may start. References, shapes, failed dependencies and times are here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from fanin.config import Source
from fanin.config.request import NO_REQUEST
from fanin.config.template import (
    ParameterReference,
    Reference,
    RefusedValue,
    Values,
)
from fanin.config.values import Json
from fanin.engine import shape
from fanin.engine.call import Call
from fanin.engine.causes import by_first_causes
from fanin.engine.document import Asked, document_for, evaluated, is_wanted, picked, values_of
from fanin.engine.list_calls import ListCalls, list_of
from fanin.engine.outcome import Clock, Kept, Outcome, Span, Trace
from fanin.engine.plan import Plan
from fanin.engine.result import Result
from fanin.engine.trace_context import TraceContext
from fanin.engine.writes import Writes, told
from fanin.errors import DependencyFailed, SourceError

if TYPE_CHECKING:
    from fanin.config.expressions import Expression

type Settled = Callable[[str, Outcome[Json]], None]
"""Hears of each source's outcome, its value shaped, the moment that it is known."""

type ItemSettled = Callable[[str, int, Outcome[Json]], None]
"""Hears of each item of a list that is asked for by itself: the source, the item's place, and its outcome."""

_NONE: Mapping[str, str] = MappingProxyType({})
"""In the place of a parameter that a handler written by hand has left out."""
_NULL = b"null"
"""A value that says that there is no such thing."""


class Aggregation:
    """The state of one request.

    Args:
        plan: which sources run, and when.
        asked: what the request brings with it: parameters as `Plan.check` lets them pass, and the input as the
            endpoint's `input` does.
        deadline: when the answer is due, in the clock's seconds.
        clock: the clock.
        forwarded: the client's headers that are handed on, as `Plan.forwards` gives them.
        trace_context: the trace that the request belongs to, for sources that ask for it.
        settled: hears of each outcome, before the calls that waited for it are given out.
        unwanted: the sources that are skipped.
        idempotency_key: what the keys of sources are derived from: the client's key, made this caller's own, or one
            that no other request has; empty if no source takes one.
    """

    def __init__(  # noqa: PLR0913 - what one request is
        self,
        plan: Plan,
        asked: Asked,
        deadline: float,
        clock: Clock,
        forwarded: Mapping[str, str] = _NONE,
        *,
        trace_context: TraceContext | None = None,
        settled: Settled | None = None,
        unwanted: Sequence[str] = (),
        idempotency_key: str = "",
    ) -> None:
        self._plan = plan
        self._forwarded = forwarded
        self._deadline = deadline
        self._clock = clock
        self._settled = settled
        self._unwanted = unwanted
        self._trace_context = trace_context
        self._asked = asked
        self._parameters: dict[Reference, Json] = {
            ParameterReference(name): value for name, value in asked.parameters.items()
        }
        self._missing = {name: set(plan.conditions.get(name, needs)) for name, needs in plan.waits.items()}
        self._undecided = set(plan.conditions)
        """The sources whose `when` is not known yet."""
        self._skipped: set[str] = set()
        self._followed: set[str] = set()
        """The sources that failed since one that they need did."""
        self._outcomes: dict[str, Outcome[Json]] = {}
        self._writes = Writes(plan, self._outcomes, idempotency_key) if plan.writes else None
        self._trace = Trace(began=clock())
        self._lists: dict[str, ListCalls] = {}
        """What is under way of each source with `for_each`."""
        self.at_once: int | None = None
        """How many calls of a list may be under way, where the execution model makes fewer than the list may have."""
        self.item_settled: ItemSettled | None = None
        self._held = set(plan.asked_for)
        """The sources that no `first_of` has asked for yet."""

    @property
    def trace(self) -> Trace:
        """When each call ran, as far as the request has come."""
        return self._trace

    def start(self) -> list[Call]:
        """Give the calls that wait for nothing."""
        for name in self._unwanted:
            self._skip(name)
        not_yet = self._skipped | self._held
        return self._ready([name for name, missing in self._missing.items() if not missing and name not in not_yet])

    def settle(self, call: Call, outcome: Outcome[Any]) -> list[Call]:
        """Take a call's outcome, its value not yet shaped, and give the calls that may start now."""
        if isinstance(outcome, Kept) and outcome.encoded != _NULL and call.source.name in self._plan.untouched:
            shaped: Outcome[Json] = outcome
        else:
            unread = self._settled is None and call.source.name in self._plan.unread
            shaped = shape.shaped(call.source, outcome, self._plan.goal, unread=unread)
        if call.item is None:
            return self._ready(self._record(call.source, shaped))
        listed, free = self._lists[call.source.name], list[str]()
        listed.settle(call.item, shaped)
        if self.item_settled and not call.source.batch:
            self.item_settled(call.source.name, call.item, shaped)
        calls = self._next_of(listed, free)
        return calls + self._ready(free) if free else calls

    def abandon(self) -> None:
        """Hear that the client has gone: no write begins any more, except of what makes good for failures."""
        if self._writes is not None:
            self._writes.abandoned = True

    def result(self) -> Result:
        """Give what the request came to, once every call is settled."""
        plan, asked_for = self._plan, self._plan.asked_for
        if self._followed:
            self._outcomes |= self._by_first_causes()
        ordered = {name: self._outcomes[name] for name in plan.sources if name not in asked_for}
        asked = (
            {n: self._outcomes[n] for n in plan.sources if n in asked_for and n in self._outcomes} if asked_for else {}
        )
        pick = self._plan.goal.pick
        made = picked(pick, self._document(pick, left=False)) if pick else None
        writes = told(self._plan, {**ordered, **asked}) if self._plan.writes else _NONE
        headers = self._headers() if self._plan.goal.headers else ()
        return Result(self._plan.goal, ordered, self._trace, self._plan.varies, headers, made, writes, asked)

    def _headers(self) -> tuple[tuple[str, str], ...]:
        """Write the endpoint's headers, without those that refer to no value, or to one that no header may have."""
        headers: list[tuple[str, str]] = []
        for name, header in self._plan.goal.headers.items():
            values = self._values(header.template.references)
            if all(values.get(reference) is not None for reference in header.template.references):
                with suppress(RefusedValue):
                    headers.append((name, header.expand(values) or ""))
        return tuple(headers)

    def _record(self, source: Source, outcome: Outcome[Json]) -> list[str]:
        """Keep an outcome, fail what cannot run for it, and name the sources that wait for nothing any more."""
        self._outcomes[source.name] = outcome
        if self._settled and source.name not in self._plan.asked_for:
            self._settled(source.name, outcome)
        free: list[str] = []
        for name in self._plan.dependants[source.name]:
            if name in self._outcomes or source.name not in self._missing[name]:
                continue
            self._missing[name].discard(source.name)
            if name in self._held:
                continue
            if outcome.error is not None and source.name not in self._plan.spared.get(name, ()):
                free += self._fail(name, DependencyFailed(name, outcome.error))
            elif not self._missing[name]:
                free.append(name)
        return free + self._choose_after(source.name) if self._plan.alternatives else free

    def _choose_after(self, name: str) -> list[str]:
        """Ask what sources with `first_of` are to ask now that another has settled; `Choosing` does."""
        raise NotImplementedError

    def _chosen(self, name: str, outcomes: Mapping[str, Outcome[Json]]) -> Outcome[Json]:
        """Give what a source with `first_of` comes to by these outcomes; `Choosing` does."""
        raise NotImplementedError

    def _begin_choice(self, source: Source) -> list[str]:
        """Begin a source with `first_of`; `Choosing` does."""
        raise NotImplementedError

    def _fail(self, name: str, error: SourceError) -> list[str]:
        """Record a source that fails without a call."""
        self._trace.spans[name] = Span(ready=self._clock())
        if isinstance(error, DependencyFailed):
            self._followed.add(name)
        return self._record(self._plan.sources[name], Outcome(error=error, attempts=0))

    def _skip(self, name: str) -> list[str]:
        """Record a source that need not be asked."""
        self._skipped.add(name)
        self._trace.spans[name] = Span(ready=self._clock())
        return self._record(self._plan.sources[name], Outcome.skipped())

    def _ready(self, names: list[str]) -> list[Call]:
        """Make the calls of sources that wait for nothing any more."""
        calls: list[Call] = []
        while names:
            source = self._plan.sources[names.pop(0)]
            try:
                if self._is_due(source, names):
                    calls += self._begun(source, names)
            except SourceError as error:
                names += self._fail(source.name, error.settled())
        return calls

    def _is_due(self, source: Source, free: list[str]) -> bool:
        """Whether a source begins now; one that is skipped frees others."""
        if source.name in self._undecided:
            self._undecided.remove(source.name)
            assert source.when is not None
            if not is_wanted(source, self._evaluated(source, "when", source.when)):
                free += self._skip(source.name)
                return False
            if self._waits_for_more(source):
                return False
        if self._skipped and not self._skipped.isdisjoint(self._plan.follows[source.name]):
            free += self._skip(source.name)
            return False
        return True

    def _begun(self, source: Source, free: list[str]) -> list[Call]:
        """Make a source's calls; a choice frees the first that it asks, and an empty list all that wait for it."""
        if source.name in self._plan.alternatives:
            free += self._begin_choice(source)
            return []
        values = self._values(self._plan.references[source.name], source.name)
        forwarded = tuple([(name, self._forwarded[name]) for name in source.forward if name in self._forwarded])
        if source.for_each:
            return self._next_of(self._list(source, values, forwarded), free)
        request = source.request(values, forwarded)
        writes = self._writes if source.writes else None
        if writes is not None:
            request = writes.keyed(source, request)
        span = self._trace.spans[source.name] = Span(ready=self._clock())
        trace_context = self._trace_context if source.trace_context else None
        computed = self._plan.computed.get(source.name)
        document = self._document(computed) if computed else None
        base = (source, request, self._deadline, span, forwarded, values, trace_context, document)
        return [Call(*base, writes=writes)]

    def _document(self, expression: "Expression", *, left: bool = True) -> Json:
        outcomes = self._by_first_causes() if expression.errors and self._followed else self._outcomes
        return document_for(expression, self._asked, outcomes, left=left)

    def _by_first_causes(self) -> Mapping[str, Outcome[Json]]:
        return by_first_causes(self._plan, self._outcomes, self._followed, self._chosen)

    def _evaluated(self, source: Source, key: str, expression: "Expression") -> Json:
        return evaluated(source, key, expression, self._document(expression))

    def _waits_for_more(self, source: Source) -> bool:
        """Whether a source that is wanted waits for others, now that this is known.

        Raises:
            DependencyFailed: one of them has failed.
        """
        missing = self._missing[source.name] = set()
        for name in sorted(self._plan.waits[source.name]):
            if (outcome := self._outcomes.get(name)) is None:
                missing.add(name)
            elif outcome.error is not None and name not in self._plan.spared.get(source.name, ()):
                raise DependencyFailed(source.name, outcome.error)
        return bool(missing)

    def _list(self, source: Source, values: Values, forwarded: tuple[tuple[str, str], ...]) -> ListCalls:
        """Begin the list of a source.

        Raises:
            SourceError: there is no list, or it has too many items.
        """
        assert source.for_each is not None
        limit = values[source.limit] if isinstance(source.limit, ParameterReference) else source.limit
        items = list_of(source, self._evaluated(source, "for_each", source.for_each), limit)
        now = self._clock()
        span = self._trace.spans[source.name] = Span(ready=now, items={})
        deadline = self._deadline if source.timeout is None else min(self._deadline, now + source.timeout)
        trace_context = self._trace_context if source.trace_context else None
        writes = self._writes if source.writes else None
        call = Call(source, NO_REQUEST, deadline, span, forwarded, values, trace_context, writes=writes)
        at_once = source.at_once if self.at_once is None else min(self.at_once, source.at_once)
        listed = self._lists[source.name] = ListCalls(call, items, self._plan.each[source.name], at_once)
        return listed

    def _next_of(self, listed: ListCalls, free: list[str]) -> list[Call]:
        """Give the calls of a list that may start now; once it is done, add those that waited for it to `free`."""
        calls = listed.start(self._clock())
        if listed.done:
            del self._lists[listed.source.name]
            free += self._record(listed.source, listed.outcome())
        return calls

    def _values(self, references: Iterable[Reference], needed_by: str = "") -> dict[Reference, Json]:
        """Give the request's parameters, and what else references stand for.

        Args:
            references: what is looked up.
            needed_by: the source that has them; empty where null is as good as any value.

        Raises:
            SourceError: one of a source's without a question mark is null or missing.
        """
        return values_of(references, self._parameters, self._asked, self._outcomes, needed_by)
