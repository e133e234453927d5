"""What calls come to: JSON values, outcomes, and the trace of a request."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import orjson

from fanin.config.record import record
from fanin.config.values import Json
from fanin.errors import NotFound, SourceError

type Clock = Callable[[], float]
"""Gives seconds that only go forward, from any starting point."""

type State = Literal["fresh", "stale", "fallback", "partial", "skipped", "given up"]
type Told = Mapping[str, int | str]
type ResponseHead = tuple[Mapping[str, str], int]
"""Headers of a response, names in lower case, and its status."""

_INCOMPLETE: frozenset[State] = frozenset(("fallback", "partial"))
_NOTHING: Told = MappingProxyType({})


@record
class Outcome[Value]:
    """What a call came to: a value, or a failure.

    Args:
        value: what the source answered; None in a failure.
        error: why there is no value.
        state: where the value is from: the source now, a cache past its freshness, or static data; `partial` where a
            part of it is missing; `skipped` where the source was not asked, since it need not be.
        age: seconds since the source gave the value.
        attempts: requests to the source that were made for it.
        fresh_for: seconds for which the value goes on being fresh, infinite for a static one; None where nobody may
            keep it.
        headers: those of the source's response, names in lower case, for the policies to read.
        status: the response's status, for the policies to read.
        size: bytes of the answers that the value was read from, as far as they are known.
        partial: why a part of the value is missing; None of a whole value, and of a failure.
        told: what else `Fanin-Sources` tells, by the name that it has there.
        left: of a list that failed what there is of it, with nulls; None of any other outcome.
        answers: the heads of the responses that it was put together from; empty where it is from one.
    """

    value: Value | None = None
    error: SourceError | None = None
    state: State = "fresh"
    age: float = 0.0
    attempts: int = 1
    fresh_for: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    size: int = 0
    partial: SourceError | None = None
    told: Told = _NOTHING
    left: Json = None
    answers: tuple[ResponseHead, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the source answered for itself, fresh or stale, and for all that it was asked, or need not be."""
        return self.error is None and self.state not in _INCOMPLETE

    @property
    def told_state(self) -> str:
        """What it came to in a word: its state, or the problem of its failure."""
        return self.error.problem if self.error else self.state

    @property
    def has_age(self) -> bool:
        """Whether the source gave the value, at some time."""
        return self.error is None and self.state not in ("fallback", "skipped")

    def decoded[Read](self, value: Read, headers: Mapping[str, str], status: int, size: int) -> "Outcome[Read]":
        """Give it with what was read from a response; `dataclasses.replace` would take several times as long."""
        return Outcome(
            value,
            self.error,
            self.state,
            self.age,
            self.attempts,
            self.fresh_for,
            headers,
            status,
            size,
            self.partial,
            self.told,
            self.left,
        )

    @classmethod
    def failed(cls, error: SourceError) -> "Outcome[Value]":
        """Turn an error into a failure."""
        return cls(error=error.settled(), attempts=error.attempts)

    @classmethod
    def skipped(cls) -> "Outcome[Value]":
        """Say that the source was not asked, since it need not be: its value is null, for as long as anyone likes."""
        return cls(state="skipped", attempts=0, fresh_for=math.inf)


class Encoded(Outcome[Json]):
    """One whose value is there as JSON. It is read when somebody wants the value.

    An answer whose parts nobody has read takes them as they are. Whoever reads a value may change it. A value that
    nothing but the answer will want is encoded when it comes: its objects end while others are on their way.

    Attributes:
        encoded: the JSON; None once it has been read.
    """

    __slots__ = ("_value", "encoded")
    encoded: bytes | None

    @property
    def value(self) -> Json:
        """The value, one of the reader's own."""
        if self.encoded is not None:
            self._value, self.encoded = orjson.loads(self.encoded), None
        read: Json = self._value
        return read

    @value.setter
    def value(self, value: Json) -> None:
        self._value, self.encoded = value, None


class Kept(Encoded):
    """One whose value was kept: the same bytes may come again."""

    __slots__ = ()

    @classmethod
    def of(cls, encoded: bytes, state: State, age: float, attempts: int, fresh_for: float) -> "Kept":
        """Make the outcome of a call that was answered with a value that was kept; the arguments of `Outcome`."""
        kept = cls(None, None, state, age, attempts, fresh_for, {}, 200, len(encoded))
        kept.encoded = encoded
        return kept


_WORST_FIRST: tuple[State, ...] = ("partial", "fallback", "stale", "fresh", "skipped")


def of_both[Value](first: Outcome[Value], second: Outcome[Value]) -> Outcome[Value]:
    """Say what two reads of one source came to, without their values.

    It failed if either did, is as old as the older, stays fresh for as long as the one that ends first, and took the
    attempts and bytes of both. Of two failures, one that there is no such thing says less than any other.
    """
    errors = [outcome.error for outcome in (first, second) if outcome.error is not None]
    lengths = [outcome.fresh_for for outcome in (first, second) if outcome.fresh_for is not None]
    return Outcome(
        error=min(errors, key=lambda error: isinstance(error.root, NotFound), default=None),
        state=min(first.state, second.state, key=_WORST_FIRST.index),
        age=max(first.age, second.age),
        attempts=first.attempts + second.attempts,
        fresh_for=min(lengths) if len(lengths) == 2 else None,
        size=first.size + second.size,
        partial=first.partial or second.partial,
        told=_told_of_both(first.told, second.told) if first.told or second.told else _NOTHING,
    )


def _told_of_both(first: Told, second: Told) -> Told:
    """Add what is counted; of words, the second's count."""
    both = {**first, **second}
    for name, one in first.items():
        other = second.get(name)
        if isinstance(one, int) and isinstance(other, int):
            both[name] = one + other
    return both


@dataclass(slots=True, eq=False)
class Attempt:
    """One request to a source within a call, its times in the clock's seconds.

    Args:
        started: when it was handed to the fetch.
        ended: when it came to something; None while it is under way.
        result: `value`, the problem of its failure, or `cancelled`; empty while it is under way.
        span_id: the id that the source was told with the trace; empty where it was told none.
    """

    started: float
    ended: float | None = None
    result: str = ""
    span_id: str = ""


@record
class Event:
    """What a policy did in a call, where it did more than hand it on.

    Args:
        at: when, in the clock's seconds.
        policy: the policy's key in fanin.toml, such as `retry`.
        did: what, in a few words fit for a client's eyes: no secret, no internal address.
    """

    at: float
    policy: str
    did: str


@dataclass(slots=True)
class Span:
    """The times of one call, in the clock's seconds; None for what did not happen.

    Args:
        ready: when the values that it refers to were there.
        started: when its first step was taken.
        ended: when its outcome was known.
        attempts: the requests to the source, in the order in which they started.
        events: what policies did, in the order in which they did it.
        items: of a source with `for_each`, the times of each call, by the place of its item in the list; None of any
            other. Its own attempts and events are theirs.
    """

    ready: float
    started: float | None = None
    ended: float | None = None
    attempts: list[Attempt] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    items: "dict[int, Span] | None" = None

    def note(self, at: float, policy: str, did: str) -> None:
        """Write down what a policy does; the arguments of `Event`."""
        self.events.append(Event(at, policy, did))

    def close(self) -> None:
        """Take the times of a list from those of its items: from the first start to the last end."""
        spans = (self.items or {}).values()
        self.started = min((span.started for span in spans if span.started is not None), default=None)
        self.ended = max((span.ended for span in spans if span.ended is not None), default=None)

    def replayed(self, at: float) -> None:
        """Write down that the source refused the attempt under way, which is made once more with other credentials."""
        under_way = [attempt for attempt in self.attempts if attempt.ended is None]
        began = self.started if self.started is not None else self.ready
        if under_way:
            began, under_way[-1].started = under_way[-1].started, at
        self.attempts.insert(len(self.attempts) - len(under_way), Attempt(began, at, "source-rejected"))

    @property
    def paused(self) -> bool:
        """Whether a policy may have waited within it."""
        return bool(self.events) or any(item.events for item in (self.items or {}).values())

    @property
    def duration(self) -> float:
        """Seconds from start to end; 0 where no call was made."""
        return 0.0 if self.started is None or self.ended is None else self.ended - self.started


def slower(first: Span, second: Span) -> Span:
    """Give the longer of two reads of one source."""
    return max(first, second, key=lambda span: span.duration)


@dataclass(slots=True)
class Trace:
    """When each call of a request waited, started and ended.

    Args:
        began: when the request began, in the clock's seconds.
        spans: each source's times, by its name.
    """

    began: float
    spans: dict[str, Span] = field(default_factory=dict)
