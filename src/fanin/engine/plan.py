"""The order in which an endpoint's sources can run, as a graph of their references."""

from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from fanin.config import Endpoint, Source
from fanin.config.needs import needs_of


@dataclass(frozen=True, slots=True)
class Plan:
    """A graph without cycles, made once for an endpoint and shared by all its requests.

    Args:
        endpoint: whose plan it is.
        sources: the endpoint's sources and all that they refer to, each behind those that it needs.
        needs: for each source, the sources whose values it refers to.
        dependants: for each source, the sources that refer to its value.
        forwarded: the client's headers that are handed on to any of the sources.
    """

    endpoint: Endpoint
    sources: Mapping[str, Source]
    needs: Mapping[str, frozenset[str]]
    dependants: Mapping[str, tuple[str, ...]]
    forwarded: tuple[str, ...] = ()

    @classmethod
    def of(cls, endpoint: Endpoint, sources: Mapping[str, Source]) -> "Plan":
        """Make the plan of an endpoint of a checked configuration.

        Args:
            endpoint: the endpoint.
            sources: all sources of the configuration.
        """
        needs = needs_of(endpoint.sources, sources)
        order = list(TopologicalSorter(needs).static_order())
        return cls(
            endpoint=endpoint,
            sources={name: sources[name] for name in order},
            needs=needs,
            dependants={name: tuple(other for other in order if name in needs[other]) for name in order},
            forwarded=tuple(dict.fromkeys(header for name in order for header in sources[name].forward)),
        )
