"""What sources need: those that they refer to, those that these refer to, and so on."""

import math
from collections.abc import Iterable, Mapping

from fanin.config.source import Source
from fanin.config.template import RESERVED, FieldReference


def referenced(source: Source) -> tuple[str, ...]:
    """Give the sources whose values a source refers to or its list is made of, each once, in that order."""
    of_references = (reference.source for reference in source.references if isinstance(reference, FieldReference))
    of_list = sorted(source.for_each.mentions - RESERVED) if source.for_each else ()
    return tuple(dict.fromkeys((*of_references, *of_list)))


def needs_of(
    listed: Iterable[str], sources: Mapping[str, Source], *, most: float = math.inf
) -> dict[str, frozenset[str]]:
    """Give the sources that are listed and all that they refer to, each with those whose values it refers to.

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
            references = referenced(sources[name]) if name in sources else ()
            needs[name] = frozenset(references)
            waiting += reversed(references)
    return needs
