"""What only shows of expressions when the parts of fanin.toml are seen together: names, and the levels of values."""

from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from fanin.config.expressions import Expression
from fanin.config.expressions.repairs import of_name
from fanin.config.expressions.sound import FLATTER, MAX_LEVELS
from fanin.config.finding import Finding, unknown_source
from fanin.config.format import Endpoint
from fanin.config.mistake import quoted
from fanin.config.needs import waits_of
from fanin.config.source import Source

_TOO_DEEP = f"with the values that it is made of, its value can have {MAX_LEVELS} levels more than an answer"


def source_findings(
    sources: Mapping[str, Source], endpoints: Mapping[str, Endpoint], names: Collection[str]
) -> Iterator[Finding]:
    """Find names in expressions that are no sources, and values that can have too many levels.

    Args:
        sources: those without a mistake of their own.
        endpoints: likewise.
        names: those of all sources that the file has.
    """
    yield from _unknown_names(sources, endpoints, names)
    yield from _added_levels(sources, endpoints)


def _unknown_names(
    sources: Mapping[str, Source], endpoints: Mapping[str, Endpoint], names: Collection[str]
) -> Iterator[Finding]:
    """Find names in expressions, and in `after`, that are no sources."""
    parameters = {name for endpoint in endpoints.values() for name in endpoint.all_parameters}
    inputs = {name for endpoint in endpoints.values() for name in _members(endpoint)}
    for source in sources.values():
        for key, expression in source.expressions_by_key:
            for name in sorted(expression.waits_for - set(names)):
                fix = of_name(name, expression.text, names)
                if name in expression.sources:
                    fix = _elsewhere(name, parameters, inputs) or fix
                message = f"there is no source {quoted(name)}"
                yield Finding("unknown-name", ("sources", source.name, *key), message, fix, part=name)
        for position, name in enumerate(source.after):
            if name not in names:
                yield unknown_source(("sources", source.name, "after", position), name, names)


def _elsewhere(name: str, parameters: Collection[str], inputs: Collection[str]) -> str:
    """Say where a name that is no source stands in the plan document; empty if it is nowhere."""
    return f"Write parameters.{name}" if name in parameters else f"Write input.{name}" if name in inputs else ""


def _members(endpoint: Endpoint) -> Collection[str]:
    """Name the members of the client's body that the endpoint's schema names."""
    schema = endpoint.input.document if endpoint.input else None
    members = schema.get("properties") if isinstance(schema, dict) else None
    return members.keys() if isinstance(members, dict) else ()


def _added_levels(sources: Mapping[str, Source], endpoints: Mapping[str, Endpoint]) -> Iterator[Finding]:
    """Find values that can have more levels than a body may: what is computed of computed values adds up."""
    computed = {name: source for name, source in sources.items() if source.computes}
    graph = {name: [n for n in waits_of(source) if n in computed] for name, source in computed.items()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError:
        return
    added = {name: source.added_levels for name, source in sources.items()}
    for name in order:
        source = computed[name]
        assert source.computes is not None
        added[name] += max([added[n] for n in source.computes.sources if n in added], default=0)
        if added[name] > MAX_LEVELS:
            yield Finding("bad-jmespath", ("sources", name, source.kind), _TOO_DEEP, FLATTER)
    for endpoint in endpoints.values():
        if endpoint.pick:
            of_sources = max([added[n] for n in endpoint.pick.sources if n in added], default=0)
            if endpoint.pick.added_levels + of_sources > MAX_LEVELS:
                yield Finding("bad-jmespath", ("endpoints", endpoint.name, "pick"), _TOO_DEEP, FLATTER)


def endpoint_findings(endpoint: Endpoint, names: Collection[str]) -> Iterator[Finding]:
    """Find names in the endpoint's own expression that are neither sources nor parameters."""
    if endpoint.pick is None:
        return
    key, known = ("endpoints", endpoint.name, "pick"), endpoint.all_parameters
    for name in sorted(endpoint.pick.waits_for - set(names)):
        fix = of_name(name, endpoint.pick.text, names)
        if name in endpoint.pick.sources:
            fix = _elsewhere(name, known, _members(endpoint)) or fix
        yield Finding("unknown-name", key, f"there is no source {quoted(name)}", fix, part=name)
    yield from brought(endpoint, key, endpoint.pick)


def brought(endpoint: Endpoint, key: tuple[str, ...], expression: Expression) -> Iterator[Finding]:
    """Find what an expression reads that no request for the endpoint brings with it."""
    for name in sorted(expression.parameters - endpoint.all_parameters.keys()):
        message = f"{quoted(name)} is no parameter of endpoint {endpoint.name!r}"
        fix = f"Put {{{name}}} into its path, or declare it in [endpoints.{endpoint.name}.parameters]"
        yield Finding("unknown-parameter", key, message, fix, part=name)
    if "input" in expression.mentions and endpoint.input is None:
        yield no_input(endpoint, key, "input")


def no_input(endpoint: Endpoint, key: tuple[str, ...], part: str) -> Finding:
    """Tell of a part of a key that is of the client's body, which the endpoint does not take."""
    message = f"{part} is of the client's body, and endpoint {endpoint.name!r} takes none"
    fix = f"Add input to [endpoints.{endpoint.name}], with its JSON Schema; true takes any JSON"
    return Finding("unknown-reference", key, message, fix, part=part)
