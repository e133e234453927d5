"""How far a run is: what each of its sources has come to."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

import orjson

from fanin.config.template import EachReference
from fanin.config.values import Json
from fanin.engine.call import Call, Fetch
from fanin.engine.idempotency import HEADER
from fanin.engine.outcome import Outcome
from fanin.engine.result import Result


class Progress:
    """The sources of a run, each `waiting`, `running`, how it answered, or the problem that it came to.

    Args:
        sources: their names.
    """

    def __init__(self, sources: Iterable[str]) -> None:
        self._states = dict.fromkeys(sources, "waiting")
        self.changes = 0

    @property
    def states(self) -> dict[str, str]:
        """Each source's state, as it is now."""
        return dict(self._states)

    def watching(self, pipelines: Mapping[str, Fetch], job_id: str) -> dict[str, Fetch]:
        """Wrap pipelines, so that what they do is noted, and what they ask for is known again when it is repeated.

        A run may have begun before, and asked its sources then: every write carries an `Idempotency-Key` that is the
        same at each run of the job, unless the source has one of its own. A write of a list has that of its item,
        wherever in the list that stands.

        Args:
            pipelines: each source's.
            job_id: whose run it is.
        """
        asked = Counter[str]()
        return {name: self._watched(name, fetch, job_id, asked) for name, fetch in pipelines.items()}

    def arrived(self, name: str, outcome: Outcome[Json]) -> None:
        """Take what a source came to."""
        self._note(name, outcome.told_state)

    def settle(self, result: Result) -> None:
        """Take what every source came to."""
        self._states = {name: outcome.told_state for name, outcome in result.outcomes.items()}

    def _watched(self, name: str, fetch: Fetch, job_id: str, asked: Counter[str]) -> Fetch:
        async def watched(call: Call) -> Outcome[Any]:
            if self._states[name] != "running":
                self._note(name, "running")
            return await fetch(_repeatable(call, job_id, asked))

        return watched

    def _note(self, name: str, state: str) -> None:
        self._states[name] = state
        self.changes += 1


def _repeatable(call: Call, job_id: str, asked: Counter[str]) -> Call:
    """Give a write a key; a list may have changed since the last run, so that an item's is of what the item says."""
    request = call.request
    if not call.source.writes or any(name.lower() == HEADER.lower() for name, _ in request.headers):
        return call
    of = call.source.name
    if call.item is not None:
        said = sorted((str(each), value) for each, value in call.values.items() if isinstance(each, EachReference))
        of = f"{of}/{sha256(orjson.dumps(said)).hexdigest()}"
        asked[of] += 1
        of = f"{of}/{asked[of]}"
    key = (HEADER, str(uuid5(UUID(hex=job_id), of)))
    return replace(call, request=replace(request, headers=(*request.headers, key)))
