"""What calls come to: JSON values, outcomes, and the trace of a request."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from fanin.errors import NotFound, SourceError

type Clock = Callable[[], float]
"""Gives seconds that only go forward, from any starting point."""


@dataclass(frozen=True, slots=True)
class Outcome[Value]:
    """What a call came to: a value, or a failure.

    Args:
        value: what the source answered; None in a failure.
        error: why there is no value.
        state: where the value is from: the source now, a cache past its freshness, or static data; `skipped` where the
            source was not asked, since it need not be.
        age: seconds since the source gave the value.
        attempts: requests to the source that were made for it.
        fresh_for: seconds for which the value goes on being fresh, infinite for a static one; None where nobody may
            keep it.
        headers: those of the source's response, names in lower case, for the policies to read.
        status: the response's status, for the policies to read.
    """

    value: Value | None = None
    error: SourceError | None = None
    state: Literal["fresh", "stale", "fallback", "skipped"] = "fresh"
    age: float = 0.0
    attempts: int = 1
    fresh_for: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200

    @property
    def complete(self) -> bool:
        """Whether the source answered for itself, fresh or stale, or need not be asked."""
        return self.error is None and self.state != "fallback"

    @property
    def told_state(self) -> str:
        """What it came to in a word: its state, or the problem of its failure."""
        return self.error.problem if self.error else self.state

    @property
    def has_age(self) -> bool:
        """Whether the source gave the value, at some time."""
        return self.error is None and self.state in ("fresh", "stale")

    @classmethod
    def failed(cls, error: SourceError) -> "Outcome[Value]":
        """Turn an error into a failure."""
        return cls(error=error.settled(), attempts=error.attempts)

    @classmethod
    def skipped(cls) -> "Outcome[Value]":
        """Say that the source was not asked, since it need not be: its value is null, for as long as anyone likes."""
        return cls(state="skipped", attempts=0, fresh_for=math.inf)


_WORST_FIRST = ("fallback", "stale", "fresh", "skipped")


def of_both[Value](first: Outcome[Value], second: Outcome[Value]) -> Outcome[Value]:
    """Say what two reads of one source came to, without their values.

    It failed if either did, is as old as the older, stays fresh for as long as the one that ends first, and took the
    attempts of both. Of two failures, one that there is no such thing says less than any other.
    """
    errors = [outcome.error for outcome in (first, second) if outcome.error is not None]
    lengths = [outcome.fresh_for for outcome in (first, second) if outcome.fresh_for is not None]
    return Outcome(
        error=min(errors, key=lambda error: isinstance(error.root, NotFound), default=None),
        state=min(first.state, second.state, key=_WORST_FIRST.index),
        age=max(first.age, second.age),
        attempts=first.attempts + second.attempts,
        fresh_for=min(lengths) if len(lengths) == 2 else None,
    )


@dataclass(slots=True, eq=False)
class Attempt:
    """One request to a source within a call, its times in the clock's seconds.

    Args:
        started: when it was handed to the fetch.
        ended: when it came to something; None while it is under way.
        result: `value`, the problem of its failure, or `cancelled`; empty while it is under way.
    """

    started: float
    ended: float | None = None
    result: str = ""


@dataclass(frozen=True, slots=True)
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
    """

    ready: float
    started: float | None = None
    ended: float | None = None
    attempts: list[Attempt] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def note(self, at: float, policy: str, did: str) -> None:
        """Write down what a policy does; the arguments of `Event`."""
        self.events.append(Event(at, policy, did))

    def replayed(self, at: float) -> None:
        """Write down that the source refused the attempt under way, which is made once more with other credentials."""
        under_way = [attempt for attempt in self.attempts if attempt.ended is None]
        began = self.started if self.started is not None else self.ready
        if under_way:
            began, under_way[-1].started = under_way[-1].started, at
        self.attempts.insert(len(self.attempts) - len(under_way), Attempt(began, at, "source-rejected"))

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
