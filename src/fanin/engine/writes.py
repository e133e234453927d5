"""The writes of one request: which may still begin, by which keys they are known, and what became of them."""

from collections.abc import Mapping
from dataclasses import replace

from fanin.config import Source
from fanin.config.request import Request
from fanin.config.values import Json
from fanin.engine.idempotency import HEADER, DerivedKeys
from fanin.engine.outcome import Outcome
from fanin.engine.plan import Plan
from fanin.errors import DependencyFailed, NotFound, SourceError, SourceRejected, SourceTimeout

DONE, REFUSED, UNKNOWN, NOT_BEGUN = "done", "refused", "unknown", "not-begun"


class Writes:
    """What a request may still change.

    Args:
        plan: the request's.
        outcomes: what its sources have come to so far; it grows meanwhile.
        key: what idempotency keys are derived of: the client's own, as no other caller can have it, or one that no
            other request has; empty if no write takes one.
    """

    def __init__(
        self,
        plan: Plan,
        outcomes: Mapping[str, Outcome[Json]],
        key: str = "",
    ) -> None:
        self._plan = plan
        self._outcomes = outcomes
        self._keys = DerivedKeys(key) if key else None
        self.abandoned = False
        """Whether the client has gone: nobody would hear of what is changed from now on."""

    def admit(self, source: Source) -> None:
        """Pass a write that may begin, or be tried again.

        A source that reads the errors of others may always: it is there to make good what has failed.

        Raises:
            DependencyFailed: what the answer needs has failed, or the client has gone.
        """
        if self._plan.spared.get(source.name):
            return
        for name in self._plan.goal.required:
            if (outcome := self._outcomes.get(name)) and outcome.error is not None:
                detail = f"{source.name} was not begun: {name}, which the answer needs, failed"
                raise DependencyFailed(source.name, outcome.error, detail)
        if self.abandoned:
            gone = SourceTimeout(source.name, f"the client has gone: {source.name} was not begun", attempts=0)
            raise DependencyFailed(source.name, gone, gone.detail)

    def keyed(self, source: Source, request: Request) -> Request:
        """Give a request with the key that is derived for it, if its source takes one: the same at all attempts."""
        if self._keys is None or not source.idempotency_key:
            return request
        key = (HEADER, self._keys.key_of(source.name, request))
        return replace(request, headers=(*request.headers, key))


def told(plan: Plan, outcomes: Mapping[str, Outcome[Json]]) -> dict[str, str]:
    """Say of each write of a plan what became of it."""
    return {name: _became(outcomes[name]) for name in plan.writes if name in outcomes}


def _became(outcome: Outcome[Json]) -> str:
    if outcome.attempts == 0:
        return NOT_BEGUN
    if _is_refusal(outcome.error):
        return REFUSED
    return DONE if outcome.complete else UNKNOWN


def _is_refusal(error: SourceError | None) -> bool:
    """Whether the source has answered that it did nothing, at its only attempt."""
    return isinstance(error, NotFound | SourceRejected) and error.attempts == 1
