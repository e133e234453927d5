"""The time that an endpoint's calls may take together, along its dependencies, and warnings where it cannot fit.

Nothing here keeps fanin.toml from being served; a mistake that does is found in `check`.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from fanin.config.finding import Finding
from fanin.config.format import GATEWAY_LIMIT, Config, Endpoint
from fanin.config.needs import in_order, needs_of
from fanin.config.source import Source
from fanin.config.units import spelled

_MOST_WAITING = 10
"""Sources that a message names."""
_ROUNDING = 1e-6
"""Seconds by which a sum of timeouts may miss the number that a person would add up."""


@dataclass(frozen=True, slots=True)
class Slot:
    """When a source's call runs if every call takes all the time that it may.

    Args:
        starts: seconds after the request began.
        ends: likewise; it may lie behind the endpoint's timeout, which would cut the call.
    """

    starts: float
    ends: float


def worst_case(endpoint: Endpoint, sources: Mapping[str, Source]) -> dict[str, Slot]:
    """Give each source's slot where all calls run at once.

    A source without a timeout of its own may take until the endpoint's timeout is over.

    Args:
        endpoint: an endpoint of a checked configuration.
        sources: all sources of that configuration.
    """
    return _slots(endpoint, sources, needs_of(endpoint.reads, sources))


def _slots(endpoint: Endpoint, sources: Mapping[str, Source], needs: Mapping[str, Collection[str]]) -> dict[str, Slot]:
    slots: dict[str, Slot] = {}
    for name in in_order(needs):
        alternatives, timeout = sources[name].alternatives, sources[name].takes
        starts = max((slots[other].ends for other in needs[name] if other not in alternatives), default=0.0)
        if alternatives:
            slots[name] = Slot(starts, _one_after_another(starts, [slots[other] for other in alternatives]))
            continue
        slots[name] = Slot(starts, max(starts, endpoint.timeout) if timeout is None else starts + timeout)
    return slots


def _one_after_another(starts: float, slots: Iterable[Slot]) -> float:
    """Give the end of the last source of a `first_of`, each of which is asked when the one before has failed."""
    ends = starts
    for slot in slots:
        ends = max(ends, slot.starts) + slot.ends - slot.starts
    return ends


def critical_path(needs: Mapping[str, Collection[str]], ends: Mapping[str, float]) -> list[str]:
    """Give the chain of sources that decides when the last one ends, each needing the one before.

    Args:
        needs: for each source, those that it waits for.
        ends: for each source, when it ends.
    """
    return _chain_to(_last(ends, ends), needs, ends)


def warnings(config: Config) -> Iterator[Finding]:
    """Find budgets that cannot fit.

    Args:
        config: the checked configuration.
    """
    yield from _unbounded(config)
    yield from _too_many_attempts(config)
    yield from _too_long(config)


def _unbounded(config: Config) -> Iterator[Finding]:
    """Find sources without a timeout that others wait for; one finding for each, whatever number of endpoints."""
    waiting: dict[str, dict[str, str]] = {}
    for endpoint in config.endpoints.values():
        for name, needs in needs_of(endpoint.reads, config.sources).items():
            for other in needs:
                if config.sources[other].takes is None:
                    waiting.setdefault(other, {})[name] = endpoint.name
    for name, dependants in waiting.items():
        first = next(iter(dependants.values()))
        wait = "waits" if len(dependants) == 1 else "wait"
        message = (
            f"{name} has no timeout of its own, and {_listed(dependants)} {wait} for it: "
            f"while it hangs, the whole time of endpoint {first!r} goes by"
        )
        yield Finding("no-timeout", ("sources", name), message, f"Give {name} a timeout")


def _too_many_attempts(config: Config) -> Iterator[Finding]:
    """Find sources whose attempts and the waits between them do not fit into their timeout."""
    for source in config.sources.values():
        if source.timeout is None or source.attempt_timeout is None or source.retry is None:
            continue
        waits = [min(source.retry.cap, source.retry.base * 2**made) for made in range(source.retry.attempts - 1)]
        longest = source.retry.attempts * source.attempt_timeout + sum(waits)
        if longest > source.timeout + _ROUNDING:
            message = (
                f"{source.retry.attempts} attempts of {spelled(source.attempt_timeout)}, and the waits between them, "
                f"can take {spelled(longest)}, and the timeout is {spelled(source.timeout)}: the last may be cut short"
            )
            fix = "Shorten attempt_timeout, lengthen timeout, or make fewer attempts"
            yield Finding("attempts-too-long", ("sources", source.name, "attempt_timeout"), message, fix)


def _too_long(config: Config) -> Iterator[Finding]:
    """Find endpoints whose longest chain of calls does not fit into their timeout; one finding for each."""
    for endpoint in config.endpoints.values():
        needs = needs_of(endpoint.reads, config.sources)
        slots = _slots(endpoint, config.sources, needs)
        ends = {name: slot.ends for name, slot in slots.items()}
        if tight := _tight(slots, needs, endpoint.timeout, config.sources):
            chain = [config.sources[name] for name in _chain_to(max(tight, key=ends.__getitem__), needs, ends)]
            timeouts = {source.name: source.timeout for source in chain if source.timeout is not None}
            sums = " + ".join(f"{name} {spelled(timeout)}" for name, timeout in timeouts.items())
            total = sum(timeouts.values())
            message = (
                f"{sums} can take {spelled(total)}, and the endpoint's timeout is {spelled(endpoint.timeout)}: "
                f"{chain[-1].name} may be cut short"
            )
            yield Finding("chain-too-long", ("endpoints", endpoint.name, "timeout"), message, _room_for(total))


def _tight(
    slots: Mapping[str, Slot], needs: Mapping[str, Collection[str]], timeout: float, sources: Mapping[str, Source]
) -> list[str]:
    """Give the sources whose call may have no time left, each in one step from the source that it waits for longest.

    What waits for an unbounded source is found in `_unbounded`.

    Args:
        slots: the sources' slots, each after those that it needs.
        needs: for each source, those that it waits for.
        timeout: the endpoint's, in seconds.
        sources: all sources.
    """
    ends = {name: slot.ends for name, slot in slots.items()}
    waits_unbounded: dict[str, bool] = {}
    tight = []
    for name, slot in slots.items():
        before = _last(needs[name], ends) if needs[name] else None
        waits_unbounded[name] = before is not None and (waits_unbounded[before] or sources[before].takes is None)
        fits = slot.starts < timeout if sources[name].takes is None else slot.ends <= timeout + _ROUNDING
        if not fits and not waits_unbounded[name]:
            tight.append(name)
    return tight


def _room_for(seconds: float) -> str:
    """Say how to make room; an endpoint's timeout has a limit of its own."""
    enough = math.ceil((seconds - _ROUNDING) * 10) / 10
    if enough > GATEWAY_LIMIT:
        return "Shorten the timeouts of these sources"
    written = spelled(enough).replace(" ", "")
    return f'Write timeout = "{written}" for the endpoint, or shorten the timeouts of these sources'


def _chain_to(name: str, needs: Mapping[str, Collection[str]], ends: Mapping[str, float]) -> list[str]:
    chain = [name]
    while needs[chain[-1]]:
        chain.append(_last(needs[chain[-1]], ends))
    return chain[::-1]


def _last(names: Collection[str], ends: Mapping[str, float]) -> str:
    return max(sorted(names), key=ends.__getitem__)


def _listed(names: Collection[str]) -> str:
    *others, last = names
    if len(names) > _MOST_WAITING:
        others, last = others[:_MOST_WAITING], f"{len(names) - _MOST_WAITING} others"
    return f"{', '.join(others)} and {last}" if others else last
