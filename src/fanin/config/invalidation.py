"""What `invalidates` only shows when the sources that it names are seen."""

from collections.abc import Collection, Iterator, Mapping

from fanin.config.finding import Finding, Key, unknown_source
from fanin.config.source import Source
from fanin.config.template import ParameterReference, SecretReference


def invalidation_findings(sources: Mapping[str, Source], names: Collection[str]) -> Iterator[Finding]:
    """Find names of no source, of one that keeps nothing, and of one whose answers a write cannot name.

    Args:
        sources: those without a mistake of their own.
        names: all that the file has.
    """
    for source in sources.values():
        for position, name in enumerate(source.invalidates):
            key = ("sources", source.name, "invalidates", position)
            if name not in names:
                yield unknown_source(key, name, [name for name, other in sources.items() if other.cache])
            elif name in sources and (finding := _finding(source, sources[name], key)):
                yield finding


def _finding(source: Source, other: Source, key: Key) -> Finding | None:
    part = f'"{other.name}"'
    if other.cache is None:
        return Finding("bad-writes", key, f"{other.name} has no cache, and keeps no answer", "Remove it", part=part)
    known = set(source.references)
    for reference in other.references:
        if reference not in known and not isinstance(reference, ParameterReference | SecretReference):
            message = f"{other.name} is asked by {reference}, which {source.name} does not refer to"
            return Finding(
                "bad-writes", key, message, f"Refer to {reference} in {source.name}, or remove it", part=part
            )
    if missing := [name for name in other.forward if name not in source.forward]:
        message = f"{other.name} is asked with the client's {missing[0]}, which {source.name} is not"
        return Finding("bad-writes", key, message, f"Add {missing[0]} to forward of {source.name}", part=part)
    return None
