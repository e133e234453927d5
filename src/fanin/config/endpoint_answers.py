"""What of an endpoint's answer only shows when its sources are known."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from fanin.config.cors import PREFIX
from fanin.config.finding import Finding, Key
from fanin.config.format import Endpoint
from fanin.config.kinds.sql import SqlSource
from fanin.config.source import Source
from fanin.config.template import FieldReference, InputReference, ParameterReference

MAX_PASSED = 4_400_000
"""Bytes of an answer that is passed through: as base64 they still fit into Lambda's answer."""

_WITHOUT_STATUS = ("pick", "pick_response", "drop", "pages", "for_each", "cache", "fallback", "expect")
"""The keys of a source that make something else of its answer."""


def answer_findings(endpoint: Endpoint, sources: Mapping[str, Source], needed: Collection[str]) -> Iterator[Finding]:
    """Find the mistakes in the headers of an endpoint's answer, and in what it passes through.

    Args:
        endpoint: the endpoint.
        sources: those without a mistake of their own.
        needed: the names of those that the endpoint reads.
    """
    yield from _headers(endpoint, needed)
    yield from _changed(endpoint, [sources[name] for name in needed if name in sources])
    if endpoint.passthrough and endpoint.passthrough.source in sources:
        yield from _passed(endpoint, sources[endpoint.passthrough.source])


def cors_header_findings(endpoint: Endpoint) -> Iterator[Finding]:
    """Find headers of an endpoint's answer that `[cors]` writes: browsers refuse an answer that has one twice."""
    keys: dict[Key, str] = {("headers", name): name for name in endpoint.headers}
    if endpoint.passthrough:
        keys |= {("passthrough", "headers", at): name for at, name in enumerate(endpoint.passthrough.headers)}
    for key, name in keys.items():
        if name.lower().startswith(PREFIX):
            fix = "Remove it, or [cors]"
            yield Finding("bad-header", ("endpoints", endpoint.name, *key), f"[cors] writes {name}", fix)


def _headers(endpoint: Endpoint, needed: Collection[str]) -> Iterator[Finding]:
    for name, header in endpoint.headers.items():
        for reference in header.template.references:
            match reference:
                case ParameterReference(name=parameter) if parameter not in endpoint.all_parameters:
                    rule, what = "unknown-parameter", f"{reference} is no parameter of this endpoint"
                    fix = f"Declare it in [endpoints.{endpoint.name}.parameters]"
                case FieldReference(source=source) if source not in needed:
                    rule, what = "unknown-reference", f"{reference} is of a source that this endpoint does not read"
                    fix = "Add it to sources"
                case InputReference() if endpoint.input is None:
                    rule, what = (
                        "unknown-reference",
                        f"{reference} is of the client's body, and this endpoint takes none",
                    )
                    fix = "Add input"
                case _:
                    continue
            yield Finding(rule, ("endpoints", endpoint.name, "headers", name), what, fix, part=str(reference))


def _changed(endpoint: Endpoint, sources: Iterable[Source]) -> Iterator[Finding]:
    """Find endpoints with GET that change a database, which caches and crawlers would have done at any time."""
    for source in sources:
        if endpoint.method == "GET" and source.writes and isinstance(source, SqlSource):
            message = f"a GET for endpoint {endpoint.name!r} would change {source.database}, by {source.name!r}"
            fix = f'Write method = "POST" for the endpoint, or remove writes of {source.name}'
            yield Finding("bad-writes", ("endpoints", endpoint.name, "path"), message, fix)


def _passed(endpoint: Endpoint, source: Source) -> Iterator[Finding]:
    key = ("endpoints", endpoint.name, "passthrough")
    if not source.makes_calls or source.format != "bytes":
        message = f"{source.name!r} has a value, and not the bytes of an answer"
        yield Finding("bad-passthrough", key, message, f'Add format = "bytes" to [sources.{source.name}]')
    elif kept := [name for name in _WITHOUT_STATUS if getattr(source, name, None)]:
        message = f"{source.name!r} has {kept[0]}, which keeps no status and no Content-Type"
        fix = f"Remove {kept[0]} from [sources.{source.name}]"
        if upstream := source.shares(kept[0]):
            fix = f"Have {source.name!r} name an upstream without it, or remove {kept[0]} from [upstreams.{upstream}]"
        yield Finding("bad-passthrough", key, message, fix)
    elif source.max_bytes > MAX_PASSED:
        message = f"an answer of {source.name!r} may be too large for Lambda"
        fix = f'Write max_bytes = "{MAX_PASSED // 1000}kB" at most in [sources.{source.name}]'
        yield Finding("bad-passthrough", key, message, fix)
