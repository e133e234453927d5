"""What only shows when the parts of fanin.toml are seen together."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from fanin.config import check_callers, check_expressions, check_lists
from fanin.config.endpoint_answers import answer_findings, cors_header_findings
from fanin.config.endpoint_parameters import parameter_findings
from fanin.config.finding import Finding, Key, unknown_source
from fanin.config.format import GATEWAY_LIMIT, JOB_LIMIT, MAX_SOURCES, Config, Endpoint
from fanin.config.invalidation import invalidation_findings
from fanin.config.mistake import name_like, nearest, quoted, shortened
from fanin.config.needs import needs_of, waits_of
from fanin.config.origins import origin_of
from fanin.config.source import Source
from fanin.config.template import (
    BODY,
    RESERVED,
    ChosenUrl,
    FieldReference,
    InputReference,
    ParameterReference,
    Reference,
)
from fanin.config.units import spelled

RESERVED_PATHS = frozenset(
    ("sync", "sync-threads", "threads", "django", "jobs", "live", "health", "docs", "openapi.json")
)

_ITEMS = frozenset(("element", "entry", "item", "it", "row", "this", "value"))
"""What other languages call the item of a list."""
_BODIES = frozenset((BODY, "data", "json", "payload", "req"))
"""What other languages call the client's body."""
_OUTSIDE = frozenset(("env", "environment", "secret", "secrets", "var", "variables", "vars"))
"""What other languages call what the environment says."""
_PARAMETERS = frozenset(
    ("arg", "args", "cookies", "header", "headers", "param", "params", "path", "path_params", "query", "query_params")
)
"""What other languages call the parameters of a request."""
_TABLES = frozenset(("source", "sources", "upstream", "upstreams"))
"""What may stand before a source's name elsewhere."""
_MOST_IN_CYCLE = 10
"""Sources of a cycle that are named."""
_ENOUGH = 10
"""Findings after which no other endpoint is held against a source."""


def findings(config: Config, named: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    """Find the mistakes between callers, sources and endpoints.

    Args:
        config: the file, without the tables that have a mistake of their own.
        named: under `callers`, `sources` and `endpoints`, all names that the file has; a bad one counts as what it
            should be.
    """
    sources, endpoints = config.sources, config.endpoints
    names = dict.fromkeys(name_like(name) or name for name in named["sources"])
    yield from _reserved_names(names)
    yield from _unknown_references(sources, names)
    yield from check_expressions.source_findings(sources, endpoints, names)
    yield from _cycles(sources)
    yield from _attempts(sources)
    yield from invalidation_findings(sources, names)
    for source in sources.values():
        yield from check_lists.each_findings(source)
        yield from check_lists.batch_findings(source)
        yield from check_lists.picked_findings(source)
        yield from _alternatives(source, sources, names)
    yield from _paths(endpoints)
    yield from check_callers.findings(config, named["callers"])
    told: Counter[str] = Counter()
    for endpoint in endpoints.values():
        yield from _listed(endpoint, names)
        yield from _endpoint_timeouts(endpoint)
        yield from parameter_findings(endpoint)
        yield from _flat(endpoint, sources)
        yield from cors_header_findings(endpoint) if config.cors else ()
        needed = needs_of(endpoint.reads, sources, most=MAX_SOURCES)
        if not 0 < len(needed) <= MAX_SOURCES:
            yield _count(endpoint, len(needed))
            continue
        yield from check_lists.endpoint_findings(endpoint, {n: sources[n] for n in needed if n in sources})
        yield from answer_findings(endpoint, sources, needed)
        for name in needed:
            if name in sources and told[name] < _ENOUGH:
                source = sources[name]
                found = [
                    *_references(endpoint, source, names, config.variables),
                    *check_callers.claim_findings(endpoint, keys_of(source)),
                    *_timeouts(endpoint, source),
                    *_chosen(endpoint, source),
                ]
                told[name] += len(found)
                yield from found


def _reserved_names(names: Collection[str]) -> Iterator[Finding]:
    for name in sorted(RESERVED.keys() & set(names)):
        message = f"{name!r} is reserved: {RESERVED[name]}"
        yield Finding("reserved-name", ("sources", name), message, "Choose another name")


def _unknown_references(sources: Mapping[str, Source], names: Collection[str]) -> Iterator[Finding]:
    for source in sources.values():
        for reference, key in keys_of(source).items():
            if isinstance(reference, FieldReference) and reference.source not in names:
                message = f"{reference} refers to a source that is not there"
                fix = nearest(reference.source, [*names, "caller", "input"])
                path = shortened(".".join(reference.path))
                if source.for_each is not None and reference.source in _ITEMS:
                    fix = f"Write {{each.{path}}}, for the item"
                elif reference.source in _OUTSIDE:
                    fix = f"Write {{!{path.lower()}}} for a secret, or {{${path.lower()}}} for one of [variables]"
                elif reference.source in _PARAMETERS:
                    fix = f"Write {{{path}}}: a parameter is written by its name, wherever clients send it"
                elif reference.source in _TABLES and len(reference.path) > 1 and reference.path[0] in names:
                    fix = f"Write {{{path}}}"
                elif reference.source in _BODIES:
                    fix = f"Write {replace(reference, source='input')} for a field of the client's body"
                yield Finding("unknown-reference", key, message, fix, part=str(reference))


def _alternatives(source: Source, sources: Mapping[str, Source], names: Collection[str]) -> Iterator[Finding]:
    """Find what `first_of` cannot ask: what is no source, and what changes something."""
    for position, name in enumerate(source.alternatives):
        key: Key = ("sources", source.name, "first_of", position)
        if name not in names:
            yield unknown_source(key, name, names)
        elif name in sources and sources[name].writes:
            message = f"{name} may change something, and first_of only reads"
            fix = f"Remove it; or write writes = false in {name}, if its calls change nothing"
            yield Finding("bad-first-of", key, message, fix, part=f'"{name}"')


def keys_of(source: Source) -> dict[Reference, tuple[str, ...]]:
    """Name for each reference of a source the first key in which it stands."""
    keys: dict[Reference, tuple[str, ...]] = {}
    for key, references in source.references_by_key:
        for reference in references:
            keys.setdefault(reference, ("sources", source.name, *key))
    return keys


def _cycles(sources: Mapping[str, Source]) -> Iterator[Finding]:
    """Find one cycle for each reference that leads back to where the search came from; without these there is none."""
    graph = {name: [n for n in waits_of(source) if n in sources] for name, source in sources.items()}
    done: set[str] = set()
    for start, first in graph.items():
        path, on_path, waiting = [start], {start: 0}, [iter(first)]
        while waiting and start not in done:
            below = next(waiting[-1], None)
            if below is None:
                waiting.pop()
                done.add(path.pop())
                on_path.popitem()
            elif below in on_path:
                yield _cycle(path, on_path[below], sources)
            elif below not in done:
                on_path[below] = len(path)
                path.append(below)
                waiting.append(iter(graph[below]))


def _cycle(path: Sequence[str], begins: int, sources: Mapping[str, Source]) -> Finding:
    """Tell of the cycle that the end of a path makes; a long one without its middle."""
    first, second = path[begins], path[begins + 1] if begins + 1 < len(path) else path[begins]
    names = path[begins : begins + _MOST_IN_CYCLE]
    left_out = len(path) - begins - len(names)
    others = [f"{left_out} others"] if left_out else []
    message = f"sources wait for each other: {' needs '.join(shortened(n) for n in [*names, *others, first])}"
    wait = waits_of(sources[first])[second]
    return Finding("cycle", ("sources", first, *wait.key), message, "Remove one of these references", part=wait.part)


def _attempts(sources: Mapping[str, Source]) -> Iterator[Finding]:
    for source in sources.values():
        if source.timeout and source.attempt_timeout and source.attempt_timeout > source.timeout:
            key = ("sources", source.name, "attempt_timeout")
            message = f"an attempt of {spelled(source.attempt_timeout)} does not fit into the call's timeout"
            yield Finding("timeout-too-long", key, message, "Shorten it, or lengthen timeout")
        longest = source.attempt_timeout or source.timeout
        if source.hedge and longest and source.hedge.after >= longest:
            message = f"no attempt lasts {spelled(source.hedge.after)}: it ends after {spelled(longest)}"
            fix = "Write about what 19 of 20 answers take"
            yield Finding("bad-hedge", ("sources", source.name, "hedge", "after"), message, fix)


def _paths(endpoints: Mapping[str, Endpoint]) -> Iterator[Finding]:
    seen: dict[tuple[str, str], str] = {}
    for endpoint in endpoints.values():
        key = ("endpoints", endpoint.name, "path")
        first = endpoint.path.split("/")[1]
        if first in RESERVED_PATHS:
            yield Finding("reserved-path", key, f"/{first} is reserved", "Choose another first segment")
        if first.startswith("{"):
            message = "a path that begins with a parameter would take in the reserved ones"
            yield Finding("reserved-path", key, message, f"Put a word before it: /{endpoint.name}{endpoint.path}")
        shape = endpoint.method, re.sub(r"\{[^}]*\}", "{}", endpoint.path)
        if shape in seen:
            message = f"the same method and path as endpoint {seen[shape]!r}"
            yield Finding("same-path", key, message, "Change the method or the path of one of them")
        seen.setdefault(shape, endpoint.name)


def _listed(endpoint: Endpoint, names: Collection[str]) -> Iterator[Finding]:
    yield from check_expressions.endpoint_findings(endpoint, names)
    if "sources" in endpoint.model_fields_set:
        for position, name in enumerate(endpoint.sources):
            if name not in names:
                yield unknown_source(("endpoints", endpoint.name, "sources", position), name, names)
        yield from _listed_twice(endpoint, "sources", endpoint.sources)
    yield from _listed_twice(endpoint, "required", endpoint.required)
    listed = set(endpoint.sources)
    for position, name in enumerate(endpoint.required):
        if name not in listed:
            message = f"{quoted(name)} is required but not among the endpoint's sources"
            key = ("endpoints", endpoint.name, "required", position)
            yield Finding("unknown-source", key, message, nearest(name, endpoint.sources))


def _listed_twice(endpoint: Endpoint, key: str, names: Iterable[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for position, name in enumerate(names):
        if name in seen:
            at = ("endpoints", endpoint.name, key, position)
            yield Finding("same-source", at, f"{quoted(name)} is listed twice", "List it once")
        seen.add(name)


def _count(endpoint: Endpoint, count: int) -> Finding:
    how_many = "none" if count == 0 else f"more than {MAX_SOURCES}"
    message = f"an endpoint reads 1 to {MAX_SOURCES} sources, those that they refer to included, not {how_many}"
    fix = "List the sources that the answer is made of"
    key = "sources" if "sources" in endpoint.model_fields_set else "pick"
    return Finding("source-count", ("endpoints", endpoint.name, key), message, fix)


def _undeclared(endpoint: Endpoint, reference: ParameterReference, names: Collection[str]) -> str:
    """Say what to do about a parameter that an endpoint does not declare, and that may be meant as something else."""
    name = reference.name
    fix = f"Put {reference} into that path, or declare it in [endpoints.{endpoint.name}.parameters]"
    if name in names:
        return f"Write {{{name}.field}}, with a field of the source's value; or {fix[0].lower()}{fix[1:]}"
    return "Write {input} for the client's body, or {input.name} for a field of it" if name == BODY else fix


def _references(
    endpoint: Endpoint, source: Source, names: Collection[str], variables: Collection[str]
) -> Iterator[Finding]:
    known = endpoint.all_parameters
    for reference, key in keys_of(source).items():
        match reference:
            case ParameterReference() if reference.name not in known:
                message = f"{reference} is no parameter of endpoint {endpoint.name!r}, which reads this source"
                fix = _undeclared(endpoint, reference, names)
                if reference.name in variables:
                    fix = f"Write {{${reference.name}}} for the variable; or {fix[0].lower()}{fix[1:]}"
                yield Finding("unknown-parameter", key, message, fix, part=str(reference))
            case InputReference() if endpoint.input is None:
                yield check_expressions.no_input(endpoint, key, str(reference))
    for key, references in source.references_by_key:
        for reference in references:
            if not isinstance(reference, ParameterReference) or reference.optional:
                continue
            if (parameter := known.get(reference.name)) and parameter.optional:
                message = f"{reference} may be absent in a request for endpoint {endpoint.name!r}"
                fix = f"Write {{{reference.name}?}}, which leaves out what it stands in"
                yield Finding("absent-parameter", ("sources", source.name, *key), message, fix, part=str(reference))
    for key, expression in source.expressions_by_key:
        yield from check_expressions.brought(endpoint, ("sources", source.name, *key), expression)


def _chosen(endpoint: Endpoint, source: Source) -> Iterator[Finding]:
    """Find a parameter that a URL begins with, and that may stand for anything but origins of the file."""
    url = getattr(source, "url", None)
    if not isinstance(url, ChosenUrl) or url.parameter.name not in endpoint.all_parameters:
        return
    enum = getattr(endpoint.all_parameters[url.parameter.name], "enum", None)
    if not isinstance(enum, dict) or any(origin_of(str(origin)) != origin for origin in enum.values()):
        message = f"{url.parameter} stands for the scheme, host and port, and can be other than origins of the file"
        fix = f'Declare it with enum = {{ eu = "https://eu.api.example", … }} in endpoint {endpoint.name!r}'
        yield Finding("bad-url", ("sources", source.name, "url"), message, fix, part=str(url.parameter))


def _flat(endpoint: Endpoint, sources: Mapping[str, Source]) -> Iterator[Finding]:
    """Find static values that cannot be merged, since they have no fields."""
    for name in endpoint.sources if endpoint.merge == "flat" else ():
        static = sources[name].static if name in sources else None
        if static is not None and not isinstance(static, dict):
            message = f"the value of {quoted(name)} has no fields that could be laid together with others"
            fix = f'Write merge = "nested", or an object in place of {quoted(static)}'
            yield Finding("bad-merge", ("endpoints", endpoint.name, "merge"), message, fix)


def _endpoint_timeouts(endpoint: Endpoint) -> Iterator[Finding]:
    if endpoint.timeout > GATEWAY_LIMIT:
        key = ("endpoints", endpoint.name, "timeout")
        message = f"{spelled(endpoint.timeout)} is longer than API Gateway waits"
        yield Finding("timeout-too-long", key, message, f'Write "{GATEWAY_LIMIT:.0f}s" at most')
    if endpoint.job_timeout > JOB_LIMIT:
        key = ("endpoints", endpoint.name, "job_timeout")
        message = f"{spelled(endpoint.job_timeout)} is longer than a function runs"
        yield Finding("timeout-too-long", key, message, f'Write "{JOB_LIMIT:.0f}s" at most')


def _timeouts(endpoint: Endpoint, source: Source) -> Iterator[Finding]:
    longest = max(endpoint.timeout, endpoint.job_timeout if "job_timeout" in endpoint.model_fields_set else 0.0)
    if source.timeout is not None and source.timeout > longest:
        message = f"{spelled(source.timeout)} does not fit into the {spelled(longest)} of endpoint {endpoint.name!r}"
        fix = "Shorten it, or lengthen the endpoint's timeout, or its job_timeout"
        yield Finding("timeout-too-long", ("sources", source.name, "timeout"), message, fix)
