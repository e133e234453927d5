"""What requests cost before and after a change: the longest time, the most calls, and how long answers are kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fanin.cli.changes.change import Change, Group
from fanin.cli.changes.clients import pairs_of, route_of
from fanin.config import Config, Endpoint, Source
from fanin.config.units import spelled
from fanin.config.values import Json
from fanin.engine.worst_case import WorstCase
from fanin.entrypoints.console.plan import explained


@dataclass(frozen=True, slots=True)
class Cost:
    """What a request for an endpoint costs at most, before and after; None where it is not there.

    Args:
        route: method and path.
        concurrent: milliseconds if all calls run at once.
        sequential: milliseconds if one runs after another.
        requests: how many requests the sources get.
    """

    route: str
    concurrent: tuple[float | None, float | None]
    sequential: tuple[float | None, float | None]
    requests: tuple[int | None, int | None]

    @property
    def changed(self) -> bool:
        """Whether any of it differs."""
        return any(before != after for before, after in (self.concurrent, self.sequential, self.requests))

    @property
    def json(self) -> Json:
        """The cost as JSON."""
        return {
            "endpoint": self.route,
            "worst_case_ms": {"async": [*self.concurrent], "sync": [*self.sequential]},
            "most_requests": [*self.requests],
        }


def costs_of(old: Config, new: Config) -> Iterator[Cost]:
    """Give the costs of all endpoints that differ, those that are new or gone included."""
    pairs, gone, added = pairs_of(old, new)
    every: list[tuple[Endpoint | None, Endpoint | None]] = [*pairs, *((each, None) for each in gone)]
    every += [(None, each) for each in added]
    for before, after in every:
        told = _told(before, old), _told(after, new)
        shown = after or before
        assert shown is not None
        cost = Cost(
            route_of(shown),
            (told[0]["async"], told[1]["async"]),
            (told[0]["sync"], told[1]["sync"]),
            (told[0]["requests"], told[1]["requests"]),
        )
        if cost.changed:
            yield cost


def _told(endpoint: Endpoint | None, config: Config) -> dict[str, Any]:
    if endpoint is None:
        return dict.fromkeys(("async", "sync", "requests"))
    told: Any = explained(WorstCase.of(endpoint, config.sources))
    return {**told["worst_case_ms"], "requests": told["most_requests"]}


def cache_changes(old: Config, new: Config) -> Iterator[Change]:
    """Find sources whose answers are kept for another time."""
    for name, source in new.sources.items():
        if name not in old.sources:
            continue
        before, after = _kept(old.sources[name]), _kept(source)
        if before != after:
            yield Change(Group.CACHE, "cache-changed", f"sources.{name}", f"{before} → {after}")


def _kept(source: Source) -> str:
    if source.cache is None:
        return "not kept"
    parts = [source.cache.words]
    parts += [f"not-found {spelled(source.cache.negative)}"] if source.cache.negative else []
    parts += ["whatever the source says"] if source.cache.override else []
    parts += [f"refreshed every {spelled(source.refresh)}"] if source.refresh else []
    return ", ".join(parts)
