"""Warnings of what fanin.toml defines and nothing uses, and of fields that a source's value cannot have."""

import re
from collections.abc import Iterable, Iterator, Mapping

from pydantic import BaseModel

from fanin.config.check import keys_of
from fanin.config.expressions import PARAMETERS, Expression
from fanin.config.expressions.mentions import mentions_of
from fanin.config.fields import fields_of, item_fields_of
from fanin.config.finding import Finding, Key
from fanin.config.format import Config, Endpoint
from fanin.config.mistake import nearest, quoted, shortened
from fanin.config.needs import needs_of
from fanin.config.source import Source
from fanin.config.template import EachReference, FieldReference, InputReference, ParameterReference, Reference
from fanin.config.values import Json

_OF_TEXTS = frozenset(("form", "headers", "sql", "url"))
"""Keys in which an object has no place."""
_LIKE_REFERENCE = re.compile(r"\{[a-z][A-Za-z0-9_.]*+\}")


def unused(config: Config) -> Iterator[Finding]:
    """Find variables, sources and parameters that nothing uses, and references to fields that are not there.

    Args:
        config: the checked configuration.
    """
    for name in config.unused_variables:
        message = f"nothing refers to the variable {quoted(name)}"
        yield Finding("unused", ("variables", name), message, f"Write {{${name}}} where it belongs, or remove it")
    read: set[str] = set()
    for endpoint in config.endpoints.values():
        needed = needs_of(endpoint.reads, config.sources)
        read |= needed.keys()
        yield from _unused_parameters(endpoint, [config.sources[name] for name in needed])
        yield from _unknown_input(endpoint, [config.sources[name] for name in needed])
        yield from _slashed(endpoint)
    for name in config.sources:
        if name not in read:
            fix = "List it in an endpoint's sources, or remove it, unless a handler of your own reads it"
            yield Finding("unused", ("sources", name), f"no endpoint reads {quoted(name)}", fix)
    yield from _unused_defaults(config)
    yield from _like_references(config)
    for source in config.sources.values():
        others = {reference: key for reference, key in keys_of(source).items() if not _is_of(reference, source)}
        yield from _unknown_fields(others.items(), config.sources)
        yield from _unknown_item_fields(source, config.sources)
        for below, expression in source.expressions_by_key:
            yield from _unknown_members(("sources", source.name, *below), expression, config.sources)
    for endpoint in config.endpoints.values():
        for name, header in endpoint.headers.items():
            of_header = [
                (reference, ("endpoints", endpoint.name, "headers", name)) for reference in header.template.references
            ]
            yield from _unknown_fields(of_header, config.sources)
        if endpoint.pick:
            yield from _unknown_members(("endpoints", endpoint.name, "pick"), endpoint.pick, config.sources)


def _like_references(config: Config) -> Iterator[Finding]:
    """Find texts of fallbacks that read like references, and stand for themselves."""
    for source in config.sources.values():
        for text in _texts(source.fallback.value) if source.fallback else ():
            if _LIKE_REFERENCE.fullmatch(text):
                message = f"{quoted(text)} is a text like any other in a fallback, and stands for no value"
                fix = "Write what clients shall see; a source with first_of can take another source's value"
                yield Finding("bad-static", ("sources", source.name, "fallback"), message, fix, part=text)


def _texts(value: Json) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list() | dict():
            for below in value.values() if isinstance(value, dict) else value:
                yield from _texts(below)


def _slashed(endpoint: Endpoint) -> Iterator[Finding]:
    """Find patterns between slashes, as other languages write them: here the slashes are a part."""
    for name, parameter in endpoint.parameters.items():
        if (pattern := parameter.pattern or "")[:1] == pattern[-1:] == "/" and len(pattern) > 1:
            message = f"only a value with slashes at both ends matches {quoted(pattern)}"
            fix = f"Write '{shortened(pattern[1:-1])}', unless the slashes belong to the value"
            yield Finding("bad-parameter", ("endpoints", endpoint.name, "parameters", name, "pattern"), message, fix)


def _unused_defaults(config: Config) -> Iterator[Finding]:
    """Find upstreams and databases that no source names, and callers that no endpoint does."""
    for name in config.upstreams.keys() - {getattr(source, "upstream", None) for source in config.sources.values()}:
        fix = f"Write upstream = {name!r} in its sources, or remove it"
        yield Finding("unused", ("upstreams", name), f"no source has the upstream {quoted(name)}", fix)
    for name in config.databases.keys() - {getattr(source, "database", None) for source in config.sources.values()}:
        fix = f"Write database = {name!r} in its sources, or remove it"
        yield Finding("unused", ("databases", name), f"no source reads the database {quoted(name)}", fix)
    for name in config.callers.keys() - {each.asked_by.name for each in config.endpoints.values() if each.asked_by}:
        fix = f"Write caller = {name!r} in an endpoint, or remove it, unless a handler of your own asks for it"
        yield Finding("unused", ("callers", name), f"no endpoint has the caller {quoted(name)}", fix)


def _unused_parameters(endpoint: Endpoint, sources: list[Source]) -> Iterator[Finding]:
    used = {
        reference.name
        for references in (_header_references(endpoint), *(source.references for source in sources))
        for reference in references
        if isinstance(reference, ParameterReference)
    }
    for expression in (each for table in (endpoint, *sources) for each in _expressions(table)):
        if PARAMETERS in expression.mentions and not expression.parameters:
            return  # it takes all of them
        used |= expression.parameters
    for name in dict.fromkeys((*endpoint.path_parameters, *endpoint.parameters)):
        if name not in used:
            declared = name in endpoint.parameters
            key = ("endpoints", endpoint.name, *(("parameters", name) if declared else ("path",)))
            message = f"no source of endpoint {endpoint.name!r} refers to the parameter {quoted(name)}"
            fix = f"Write {{{name}}} in a source, or remove it"
            yield Finding("unused", key, message, fix, part="" if declared else f"{{{name}}}")


def _header_references(endpoint: Endpoint) -> Iterator[Reference]:
    return (reference for header in endpoint.headers.values() for reference in header.template.references)


def _unknown_input(endpoint: Endpoint, sources: list[Source]) -> Iterator[Finding]:
    """Find members of the client's body that are read, and that the endpoint's schema takes from nobody."""
    schema = endpoint.input.document if endpoint.input else None
    known = schema.get("properties", {}) if isinstance(schema, dict) else None
    if not isinstance(schema, dict) or not isinstance(known, dict) or "patternProperties" in schema:
        return
    closed = schema.get("additionalProperties") is False
    for source in sources:
        read = [
            (r.path[0], key, str(r)) for r, key in keys_of(source).items() if isinstance(r, InputReference) and r.path
        ]
        for below, expression in source.expressions_by_key:
            members = dict.fromkeys(mentions_of(expression.parsed))
            read += [
                (m, ("sources", source.name, *below), f"input.{m}") for name, m in members if name == "input" and m
            ]
        for member, key, part in read:
            fix = nearest(member, known)
            if member not in known and (closed or fix.startswith("Write")):
                message = f"{part} is missing: the input of endpoint {endpoint.name!r} names no such member"
                yield Finding("unknown-field", key, message, fix, part=part)


def _expressions(table: BaseModel) -> Iterator[Expression]:
    for _, value in table:
        match value:
            case Expression():
                yield value
            case BaseModel():
                yield from _expressions(value)


def _is_of(reference: Reference, source: Source) -> bool:
    return isinstance(reference, FieldReference) and reference.source == source.name


def _unknown_fields(references: Iterable[tuple[Reference, Key]], sources: Mapping[str, Source]) -> Iterator[Finding]:
    """Find references to fields that the value of their source does not have, each with the key that it stands in."""
    for reference, key in references:
        if isinstance(reference, FieldReference) and reference.source in sources:
            known = fields_of(sources[reference.source])
            if known is not None and reference.path[0] not in known:
                name, field = quoted(reference.source), quoted(reference.path[0])
                message = f"{reference} is missing: the value of {name} has no {field}"
                fix = nearest(reference.path[0], known)
                yield Finding("unknown-field", key, message, fix, part=str(reference))


def _unknown_item_fields(source: Source, sources: Mapping[str, Source]) -> Iterator[Finding]:
    """Find fields that a list's items do not have, and items that are objects where a text is needed."""
    known = item_fields_of(source, sources)
    if known is None:
        return
    for reference, key in keys_of(source).items():
        if not isinstance(reference, EachReference):
            continue
        if not reference.path and key[2] in _OF_TEXTS:
            message = f"{reference} is an object, and a text is needed here"
            fix = f"Write a field of it: {{each.{min(known, default='id')}}}"
            yield Finding("unknown-field", key, message, fix, part=str(reference))
        elif reference.path and reference.path[0] not in known:
            message = f"{reference} is missing: the items of the list have no {quoted(reference.path[0])}"
            yield Finding("unknown-field", key, message, nearest(reference.path[0], known), part=str(reference))
    if source.batch and (field := source.batch.each_path[0]) not in known:
        message = f"the items of the list have no {quoted(field)}, so that no row belongs to any"
        yield Finding(
            "unknown-field", ("sources", source.name, "batch"), message, nearest(field, known), part=f'"{field}'
        )


def _unknown_members(key: Key, expression: Expression, sources: Mapping[str, Source]) -> Iterator[Finding]:
    """Find fields that an expression reads of a source's value, which does not have them."""
    for name, member in dict.fromkeys(mentions_of(expression.parsed)):
        known = fields_of(sources[name]) if member and name in sources else None
        if known is not None and member not in known:
            message = f"{name}.{member} is null: the value of {quoted(name)} has no {quoted(member)}"
            yield Finding("unknown-field", key, message, nearest(member, known), part=f"{name}.{member}")
