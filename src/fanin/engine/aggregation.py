"""One request's way through a plan, whatever runs its calls.

An execution model (`fanin.engine.execution`) asks which calls may start, makes them, and hands each outcome back.
It is then told which further calls may start. References, shapes, failed dependencies and times are here.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from fanin.config import Source
from fanin.config.expressions import Expression, ExpressionError
from fanin.config.request import NO_REQUEST
from fanin.config.template import (
    CallerReference,
    FieldReference,
    InputReference,
    ParameterReference,
    Reference,
    Values,
)
from fanin.config.values import Json
from fanin.engine import shape
from fanin.engine.call import Call
from fanin.engine.choices import Alarm, Choices
from fanin.engine.document import Asked, document_for
from fanin.engine.footprint import memory_for
from fanin.engine.list_calls import ListCalls, list_of
from fanin.engine.outcome import Clock, Outcome, Span, Trace
from fanin.engine.plan import Plan
from fanin.engine.result import Picked, Result
from fanin.engine.trace_context import TraceContext
from fanin.errors import DependencyFailed, NotFound, SourceError, ValueRefused

__all__ = ["Aggregation", "Picked", "Result", "Settled"]

type Settled = Callable[[str, Outcome[Json]], None]
"""Hears of each source's outcome, its value shaped, the moment that it is known."""

_NONE: Mapping[str, str] = MappingProxyType({})
_UNKNOWN = object()
"""In the place of a parameter that a handler written by hand has left out."""


MOST_PICKED = memory_for(6_000_000)
"""Bytes of memory that a body may take which an endpoint's `pick` makes: as for an answer as large as Lambda's."""


class Aggregation:
    """The state of one request.

    Args:
        plan: which sources run, and when.
        parameters: the request's parameters, as `Plan.check` lets them pass.
        deadline: when the answer is due, in the clock's seconds.
        clock: the clock.
        forwarded: the client's headers that are handed on, as `Plan.forwards` gives them.
        input: the client's JSON body, as the endpoint's `input` lets it pass; None without one.
        caller: the claims of who asks; None for everybody.
        trace_context: the trace that the request belongs to, for sources that ask for it.
        settled: hears of each outcome, before the calls that waited for it are given out.
    """

    def __init__(  # noqa: PLR0913 - what one request is
        self,
        plan: Plan,
        parameters: Mapping[str, Json],
        deadline: float,
        clock: Clock,
        forwarded: Mapping[str, str] = _NONE,
        *,
        input: Json = None,  # noqa: A002 - what fanin.toml calls it
        caller: Mapping[str, Json] | None = None,
        trace_context: TraceContext | None = None,
        settled: Settled | None = None,
    ) -> None:
        self._plan = plan
        self._forwarded = forwarded
        self._deadline = deadline
        self._clock = clock
        self._settled = settled
        self._trace_context = trace_context
        self._input = input
        self._caller: Json = None if caller is None else dict(caller)
        self._parameters: dict[Reference, Json] = {
            ParameterReference(name): value for name, value in parameters.items()
        }
        self._given = parameters
        self._missing = {name: set(plan.conditions.get(name, waits)) for name, waits in plan.waits.items()}
        self._undecided = set(plan.conditions)
        """The sources whose `when` is not known yet."""
        self._skipped: set[str] = set()
        self._outcomes: dict[str, Outcome[Json]] = {}
        self._trace = Trace(began=clock())
        self._lists: dict[str, ListCalls] = {}
        """What is under way of each source with `for_each`."""
        self.at_once: int | None = None
        """How many calls of a list may be under way, where the execution model makes fewer than the list may have."""
        self._choices = Choices(plan) if plan.alternatives else None

    def start(self) -> list[Call]:
        """Give the calls that wait for nothing."""
        free = [name for name, missing in self._missing.items() if not missing]
        return self._ready([name for name in free if name not in self._plan.asked_for])

    def settle(self, call: Call, outcome: Outcome[Any]) -> list[Call]:
        """Take a call's outcome, its value not yet shaped, and give the calls that may start now."""
        shaped = self._shaped(call.source, outcome)
        if call.item is None:
            return self._ready(self._record(call.source, shaped))
        listed, free = self._lists[call.source.name], list[str]()
        listed.settle(call.item, shaped)
        calls = self._next_of(listed, free)
        return calls + self._ready(free) if free else calls

    def result(self) -> Result:
        """Give what the request came to, once every call is settled."""
        asked_for = self._plan.asked_for
        ordered = {name: self._outcomes[name] for name in self._plan.sources if name not in asked_for}
        asked = {name: self._outcomes[name] for name in self._plan.sources if name in asked_for & self._outcomes.keys()}
        pick = self._plan.goal.pick
        picked = self._picked(pick) if pick else None
        return Result(self._plan.goal, ordered, self._trace, self._plan.varies, picked, asked)

    def _picked(self, pick: Expression) -> Picked:
        """Evaluate the endpoint's `pick`: sources that failed, and those that were skipped, are null."""
        try:
            return Picked(pick.search(document_for(pick, self._asked, self._outcomes), MOST_PICKED))
        except ExpressionError as error:
            return Picked(failure=str(error))

    def _shaped(self, source: Source, outcome: Outcome[Any]) -> Outcome[Json]:
        if outcome.error is not None:
            return self._missed(source, outcome)
        try:
            value = outcome.value if outcome.state == "fallback" else shape.value_of(source, outcome.value)
            if self._plan.goal.merge == "flat" and source.name in self._plan.goal.sources:
                shape.check_flat(source.name, value)
        except SourceError as error:
            error.attempts = outcome.attempts
            return self._missed(source, Outcome.failed(error))
        return replace(outcome, value=value, headers={})

    @staticmethod
    def _missed(source: Source, outcome: Outcome[Any]) -> Outcome[Json]:
        """Give a failure as it is, or null if that there is no such thing is what its source calls null."""
        if source.missing == "null" and isinstance(outcome.error, NotFound):
            return replace(outcome, error=None, headers={})
        return outcome

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
            if self._choices and not self._choices.is_wanted(name):
                continue
            if outcome.error is not None and source.name not in self._plan.spared.get(name, ()):
                free += self._fail(name, DependencyFailed(name, outcome.error))
            elif not self._missing[name]:
                free.append(name)
        if self._choices:
            for name in self._choices.waiting_for(source.name):
                free += self._choose(name)
        return free

    def _fail(self, name: str, error: SourceError) -> list[str]:
        """Record a source that fails without a call."""
        self._trace.spans[name] = Span(ready=self._clock())
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
                if source.name in self._undecided:
                    self._undecided.remove(source.name)
                    if not self._is_wanted(source):
                        names += self._skip(source.name)
                        continue
                    if self._waits_for_more(source):
                        continue
                if self._skipped and self._refers_to_skipped(source):
                    names += self._skip(source.name)
                    continue
                if source.name in self._plan.alternatives:
                    names += self._begin_choice(source)
                    continue
                values = self._values(source)
                forwarded = tuple([(name, self._forwarded[name]) for name in source.forward if name in self._forwarded])
                if source.for_each:
                    calls += self._next_of(self._list(source, values, forwarded), names)
                    continue
                request = source.request(values, forwarded)
            except SourceError as error:
                names += self._fail(source.name, error.settled())
            else:
                span = self._trace.spans[source.name] = Span(ready=self._clock())
                trace_context = self._trace_context if source.trace_context else None
                computed = self._plan.computed.get(source.name)
                document = document_for(computed, self._asked, self._outcomes) if computed else None
                calls.append(Call(source, request, self._deadline, span, forwarded, values, trace_context, document))
        return calls

    def _list(self, source: Source, values: Values, forwarded: tuple[tuple[str, str], ...]) -> ListCalls:
        """Begin the list of a source.

        Raises:
            SourceError: there is no list, or it has too many items.
        """
        assert source.for_each is not None
        limit = values[source.limit] if isinstance(source.limit, ParameterReference) else source.limit
        items = list_of(source, self._evaluated(source, source.for_each, "for_each"), limit)
        now = self._clock()
        span = self._trace.spans[source.name] = Span(ready=now, items={})
        deadline = self._deadline if source.timeout is None else min(self._deadline, now + source.timeout)
        trace_context = self._trace_context if source.trace_context else None
        call = Call(source, NO_REQUEST, deadline, span, forwarded, values, trace_context)
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

    @property
    def races(self) -> bool:
        """Whether calls may be made beside others that are slow: then `take_alarms` and `take_given_up` have a say."""
        return self._choices is not None and self._choices.hurries

    def take_alarms(self) -> list[Alarm]:
        """Give the timers that are to be set, each once; `ring` is told of each that has run."""
        return self._choices.take_alarms() if self._choices else []

    def take_given_up(self) -> list[str]:
        """Name the sources whose calls nobody waits for any more, each once."""
        return self._choices.take_given_up(self._outcomes) if self._choices else []

    def ring(self, name: str, asked: int) -> list[Call]:
        """Take that a timer has run, and give the calls that may start now."""
        assert self._choices is not None
        return self._ready(self._choose(name) if self._choices.hurry(name, asked) else [])

    def _begin_choice(self, source: Source) -> list[str]:
        assert self._choices is not None
        now = self._clock()
        self._trace.spans[source.name] = Span(ready=now, started=now)
        self._choices.begin(source)
        return self._choose(source.name)

    def _choose(self, name: str) -> list[str]:
        """Ask the next source of a `first_of`, or settle it; name the sources that may run now."""
        assert self._choices is not None
        free: list[str] = []
        while name not in self._outcomes:
            choice = self._choices.of(name)
            if (outcome := choice.outcome(self._outcomes)) is not None:
                self._trace.spans[name].ended = self._clock()
                return free + self._record(self._plan.sources[name], self._fit(name, outcome))
            if (asked := choice.next(self._outcomes)) is None:
                return free
            self._choices.set_alarm(name)
            for wanted in self._choices.want(asked):
                free += self._release(wanted)
        return free

    def _fit(self, name: str, outcome: Outcome[Json]) -> Outcome[Json]:
        """Give the outcome of a `first_of`, or a failure if its value has no place in a flat body."""
        if outcome.error is None and self._plan.goal.merge == "flat" and name in self._plan.goal.sources:
            try:
                shape.check_flat(name, outcome.value)
            except SourceError as error:
                error.attempts = outcome.attempts
                return Outcome.failed(error)
        return outcome

    def _release(self, name: str) -> list[str]:
        """Let a source run that a `first_of` asks for, as far as what it waits for is there."""
        spared = self._plan.spared.get(name, ())
        for other in sorted(self._plan.conditions.get(name, self._plan.waits[name])):
            outcome = self._outcomes.get(other)
            if outcome is not None and outcome.error is not None and other not in spared:
                return [] if name in self._outcomes else self._fail(name, DependencyFailed(name, outcome.error))
        return [] if self._missing[name] or name in self._outcomes else [name]

    @cached_property
    def _asked(self) -> Asked:
        return Asked(self._given, self._input, self._caller)

    def _is_wanted(self, source: Source) -> bool:
        """Evaluate a source's `when`.

        Raises:
            ValueRefused: it meets data that it cannot take, or gives a number or a text.
        """
        assert source.when is not None
        wanted = self._evaluated(source, source.when, "when")
        if isinstance(wanted, str | int | float) and not isinstance(wanted, bool):
            what = "a text" if isinstance(wanted, str) else "a number"
            detail = f"the when of {source.name} gives {what}, and not true, false, null, a list or an object"
            raise ValueRefused(source.name, detail)
        return bool(wanted)

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

    def _refers_to_skipped(self, source: Source) -> bool:
        """Whether a source needs a field of one that was skipped."""
        return any(
            isinstance(reference, FieldReference) and not reference.optional and reference.source in self._skipped
            for reference in self._plan.references[source.name]
        )

    def _evaluated(self, source: Source, expression: Expression, key: str) -> Json:
        """Evaluate an expression of a source on what the request has so far.

        Raises:
            ValueRefused: it meets data that it cannot take.
        """
        document = document_for(expression, self._asked, self._outcomes)
        try:
            return expression.search(document, memory_for(source.max_bytes))
        except ExpressionError as error:
            raise ValueRefused(source.name, f"the {key} of {source.name} {error}") from error

    def _values(self, source: Source) -> dict[Reference, Json]:
        """Look up what a source's references stand for.

        Raises:
            NotFound: one without a question mark is null or missing.
        """
        values = dict(self._parameters)
        for reference in self._plan.references[source.name]:
            match reference:
                case FieldReference(name, path):
                    values[reference] = shape.field_of(self._outcomes[name].value, path)
                case InputReference(path):
                    values[reference] = shape.field_of(self._input, path)
                case CallerReference(path):
                    values[reference] = shape.field_of(self._caller, path)
            if values.get(reference, _UNKNOWN) is None and not reference.optional:
                raise NotFound(source.name, f"{source.name} needs {reference}, which has no value", attempts=0)
        return values
