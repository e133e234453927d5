"""What sources need: those that they refer to, those that these refer to, and so on."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from typing import NamedTuple

from fanin.config.finding import Key
from fanin.config.source import Source
from fanin.config.template import FieldReference


class Wait(NamedTuple):
    """Why a source waits for another.

    Args:
        key: the key that says so, as a path below the source.
        part: what of the key's value does, as it is written.
    """

    key: Key
    part: str


def waits_of(source: Source) -> dict[str, Wait]:
    """Name the sources that a source waits for, each with why: that it refers to their values, first of all."""
    waits: dict[str, Wait] = {}
    for name, wait in _all_waits(source):
        waits.setdefault(name, wait)
    return waits


def _all_waits(source: Source) -> Iterator[tuple[str, Wait]]:
    for key, references in source.references_by_key:
        for reference in references:
            if isinstance(reference, FieldReference):
                yield reference.source, Wait(key, str(reference))
    for key, expression in source.expressions_by_key:
        for name in sorted(expression.waits_for):
            yield name, Wait(key, name)
    for position, name in enumerate(source.after):
        yield name, Wait(("after", position), f'"{name}"')
    for position, name in enumerate(source.alternatives):
        yield name, Wait(("first_of", position), f'"{name}"')


def waits_at_once(source: Source) -> frozenset[str]:
    """Name the sources that a source waits for before it begins: not those that `first_of` asks then."""
    return frozenset(name for name, wait in waits_of(source).items() if wait.key[0] != "first_of")


def follows_of(source: Source) -> Iterator[str]:
    """Name the sources without which a source is skipped, if they are: those whose fields it cannot do without."""
    for reference in source.references:
        if isinstance(reference, FieldReference) and not reference.optional:
            yield reference.source


def may_be_skipped(source: Source, sources: Mapping[str, Source]) -> bool:
    """Whether a source of a checked configuration need not be asked: by its own `when`, or that of one it follows."""
    seen, waiting = {source.name}, [source]
    while waiting:
        source = waiting.pop()
        if source.when is not None:
            return True
        new = set(follows_of(source)) - seen
        seen |= new
        waiting += [sources[name] for name in new]
    return False


def needs_of(
    listed: Iterable[str], sources: Mapping[str, Source], *, most: float = math.inf
) -> dict[str, frozenset[str]]:
    """Give the sources that are listed and all that they wait for, each with those that it waits for.

    Args:
        listed: names of sources.
        sources: sources by their names. One that is not there, as where a mistake kept it out, needs none.
        most: with more than so many, the others are left out.
    """
    needs: dict[str, frozenset[str]] = {}
    waiting = list(reversed(list(listed)))
    while waiting and len(needs) <= most:
        name = waiting.pop()
        if name not in needs:
            waits = waits_of(sources[name]) if name in sources else {}
            needs[name] = frozenset(waits)
            waiting += reversed(waits)
    return needs


def in_order(needs: Mapping[str, Collection[str]]) -> list[str]:
    """Put each source behind those that it needs, in the same order in every process.

    A set has its texts in another order in each process. An answer has its `errors` in this order, and models that make
    one call after another make them in it.

    Args:
        needs: as `needs_of` gives them, without a cycle.
    """
    places = {name: place for place, name in enumerate(needs)}
    return list(TopologicalSorter({name: sorted(needs[name], key=places.__getitem__) for name in needs}).static_order())
