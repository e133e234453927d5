"""One subscription: its messages, their numbers, and what its client has seen."""

import hashlib
from dataclasses import dataclass, field

import orjson

from fanin.config.values import Json
from fanin.contract import problems
from fanin.contract.records import progress_record, source_record
from fanin.engine.outcome import Outcome
from fanin.entrypoints.websocket.messages import Message, encode, fits
from fanin.errors import RequestError

_ANSWER = "*"
"""Where the digest of an answer as a whole is kept: no source has this name."""

type Part = Outcome[Json] | str
"""What is told of a source: what it came to, or, of a job's, where it stands."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a round ended.

    Args:
        status: what the endpoint would have answered with over HTTP; None where a job has not ended.
        complete: whether every source answered for itself; None likewise.
        problem: why there is no answer; None where there is one.
        job: a job's state; empty where it is an endpoint that was read.
        over: whether there is nothing to come.
        answer: the answer as a whole, if sources were not told one by one; else nothing.
    """

    status: int | None
    complete: bool | None
    problem: Message | None = None
    job: str = ""
    over: bool = False
    answer: tuple[Json] | tuple[()] = ()


@dataclass(slots=True)
class Subscription:
    """Makes the messages of a subscription, each with the next number: a client that misses one sees a gap.

    Args:
        id: the client's name for it.
        url: where its values are, too, by HTTP.
        number: the last message's.
        seen: a digest of what the client was sent last of each source.
    """

    id: str
    url: str = ""
    number: int = 0
    seen: dict[str, str] = field(default_factory=dict)

    def arrived(self, source: str, part: Part) -> str | None:
        """Make the message of what a source came to, or where it stands; None where the client has seen it.

        A value that is too large for a message becomes a problem that says where to get it.
        """
        digest = part if isinstance(part, str) else _digest(part)
        if self.seen.get(source) == digest:
            return None
        self.seen[source] = digest
        if isinstance(part, str):
            return self._next(progress_record(source, part))
        return self._outcome(source, part)

    def _outcome(self, source: str, outcome: Outcome[Json]) -> str:
        record = source_record(source, outcome)
        text = self._next(record)
        if outcome.error or fits(text):
            return text
        self.number -= 1
        del record["value"]
        return self._next(record | {"problem": _too_large(source) | {"url": self.url}})

    def completed(self, ending: Ending, again_in: float | None) -> str:
        """Make the message that ends a round.

        Args:
            ending: how it ended.
            again_in: seconds until the next begins; None where this was the last.
        """
        again_in = None if ending.over else again_in
        job: Message = {"job": ending.job, "url": self.url} if ending.job else {}
        message: Message = {"type": "complete", "status": ending.status, "complete": ending.complete, **job}
        problem: Message = {"problem": ending.problem} if ending.problem else {}
        answer: Message = {"answer": ending.answer[0]} if ending.answer and self._is_news(ending.answer[0]) else {}
        text = self._next(message | problem | answer | {"again_in": again_in})
        if fits(text):
            return text
        self.number -= 1
        if answer:
            return self._next(
                message | {"problem": _too_large("this endpoint") | {"url": self.url}, "again_in": again_in}
            )
        del (kept := dict(ending.problem or {}))["sources"]
        return self._next(message | {"problem": kept, "again_in": again_in})

    def _is_news(self, answer: Json) -> bool:
        """Whether the client has not seen an answer, which it then has."""
        digest = _digest(Outcome(answer))
        known, self.seen[_ANSWER] = self.seen.get(_ANSWER), digest
        return known != digest

    def ended(self, problem: Message) -> str:
        """Make the message that ends a subscription, and says why."""
        return self._next({"type": "problem", "problem": problem})

    def _next(self, message: Message) -> str:
        self.number += 1
        head: Message = {"id": self.id, "n": self.number}
        return encode(head | message)


def refusal(error: RequestError, id_: str | None) -> str:
    """Make the message that refuses a client's message; it belongs to no subscription, and has no number."""
    named: Message = {} if id_ is None else {"id": id_}
    return encode(named | {"type": "problem", "problem": problems.request_problem(error)})


def failure() -> str:
    """Make the message that says that a client's message came to nothing for a fault of fanin's own."""
    return encode({"type": "problem", "problem": problems.internal_problem()})


def unsubscribed(id_: str) -> str:
    """Make the message that says that a subscription is no more."""
    return encode({"id": id_, "type": "unsubscribed"})


def _digest(outcome: Outcome[Json]) -> str:
    """Tell values apart, and failures by their kind: another attempt or detail is no news."""
    if outcome.error:
        what = outcome.error.problem.encode()
    else:
        what = b"=" + orjson.dumps(outcome.value, option=orjson.OPT_SORT_KEYS)
        what += outcome.partial.problem.encode() if outcome.partial else b""
    return hashlib.blake2b(what, digest_size=12).hexdigest()


def _too_large(source: str) -> Message:
    detail = f"the value of {source} is too large for a message; its URL has it"
    return problems.request_problem(RequestError(500, "value-too-large", "Value too large", detail))
