"""The time that an endpoint's calls may take together, along its dependencies, and warnings where it cannot fit.

Nothing here keeps fanin.toml from being served; a mistake that does is found in `check`.
"""

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter

from fanin.config import check_lists
from fanin.config.exposed import exposed
from fanin.config.format import GATEWAY_LIMIT, Config, Endpoint
from fanin.config.locate import Places
from fanin.config.needs import needs_of
from fanin.config.quotes import unescaped
from fanin.config.source import Source
from fanin.config.units import spelled
from fanin.errors import Finding

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
    needs = needs_of(endpoint.sources, sources)
    slots: dict[str, Slot] = {}
    for name in TopologicalSorter(needs).static_order():
        starts = max((slots[other].ends for other in needs[name]), default=0.0)
        timeout = sources[name].takes
        slots[name] = Slot(starts, max(starts, endpoint.timeout) if timeout is None else starts + timeout)
    return slots


def critical_path(needs: Mapping[str, Collection[str]], ends: Mapping[str, float]) -> list[str]:
    """Give the chain of sources that decides when the last one ends, each needing the one before.

    Args:
        needs: for each source, those that it waits for.
        ends: for each source, when it ends.
    """
    return _chain_to(_last(ends, ends), needs, ends)


def warnings(config: Config, text: str) -> list[Finding]:
    """Find budgets that cannot fit, credentials that are exposed, and values that could end the quotes around them.

    Args:
        config: the checked configuration.
        text: the file that it was read from, in which the findings are placed.

    Returns:
        the warnings, in the order of the file.
    """
    found = []
    places = Places(text)
    for finding in (
        *_unbounded(config),
        *_too_many_attempts(config),
        *_too_long(config),
        *check_lists.warnings(config),
        *exposed(config),
        *unescaped(config),
    ):
        line, column = places.position(finding.key, finding.part)
        found.append(replace(finding, line=line, column=column))
    return sorted(found, key=lambda finding: (finding.line, finding.column))


def _unbounded(config: Config) -> Iterator[Finding]:
    """Find sources without a timeout that others wait for; one finding for each, whatever number of endpoints."""
    waiting: dict[str, dict[str, str]] = {}
    for endpoint in config.endpoints.values():
        for name, needs in needs_of(endpoint.sources, config.sources).items():
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
        slots, needs = worst_case(endpoint, config.sources), needs_of(endpoint.sources, config.sources)
        ends = {name: slot.ends for name, slot in slots.items()}
        chains = [[config.sources[source] for source in _chain_to(name, needs, ends)] for name in slots]
        tight = [chain for chain in chains if not _fits(chain, slots[chain[-1].name], endpoint.timeout)]
        if tight:
            chain = max(tight, key=lambda chain: ends[chain[-1].name])
            timeouts = {source.name: source.timeout for source in chain if source.timeout is not None}
            sums = " + ".join(f"{name} {spelled(timeout)}" for name, timeout in timeouts.items())
            total = sum(timeouts.values())
            message = (
                f"{sums} can take {spelled(total)}, and the endpoint's timeout is {spelled(endpoint.timeout)}: "
                f"{chain[-1].name} may be cut short"
            )
            yield Finding("chain-too-long", ("endpoints", endpoint.name, "timeout"), message, _room_for(total))


def _fits(chain: list[Source], last: Slot, timeout: float) -> bool:
    """Tell whether a chain's last call has its time; what waits for an unbounded source is found in `_unbounded`."""
    if any(source.takes is None for source in chain[:-1]):
        return True
    return last.starts < timeout if chain[-1].takes is None else last.ends <= timeout + _ROUNDING


def _room_for(seconds: float) -> str:
    """Say how to make room; an endpoint's timeout has a limit of its own."""
    enough = math.ceil((seconds - _ROUNDING) * 10) / 10
    if enough > GATEWAY_LIMIT:
        return "Shorten the timeouts of these sources"
    written = spelled(enough).replace(" ", "")
    return f'Write timeout = "{written}" for the endpoint, or shorten the timeouts of these sources'


def _chain_to(name: str, needs: Mapping[str, Collection[str]], ends: Mapping[str, float]) -> list[str]:
    chain = [name]
    while needs[chain[0]]:
        chain.insert(0, _last(needs[chain[0]], ends))
    return chain


def _last(names: Collection[str], ends: Mapping[str, float]) -> str:
    return max(sorted(names), key=ends.__getitem__)


def _listed(names: Collection[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
