"""Drafts as the text that is appended to fanin.toml, and the schemas that are too long to stand in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from fanin.cli.adding import toml
from fanin.cli.adding.draft import Api, Draft, in_clear

TIMEOUT = "5s"
"""Of a new upstream, and of a source without one: long for an API, and shorter than an endpoint's."""
_WIDTH = 116


@dataclass(frozen=True, slots=True)
class Place:
    """Where a draft stands in the file.

    Args:
        draft: the draft.
        name: of its source and endpoint.
        path: of its endpoint; empty for a source only.
        caller: who may ask for the endpoint; empty for what the file says.
        upstream: the name of its API's; empty without one.
        auth: whether the source has its credentials itself.
        origin: what its URL begins with, without an upstream: an origin, or a variable for it.
    """

    draft: Draft
    name: str
    path: str
    caller: str = ""
    upstream: str = ""
    auth: bool = True
    origin: str = ""


@dataclass(slots=True)
class Written:
    """What is to be written.

    Args:
        text: for fanin.toml.
        schemas: files beside it, by their paths.
    """

    text: str
    schemas: dict[str, bytes] = field(default_factory=dict)


def upstream(name: str, api: Api, url: str, auth: Mapping[str, Any] | None, *, private: bool) -> str:
    """Write the table of an upstream; `url` is what stands for the API's."""
    lines = [toml.comment(api.about), f"[upstreams.{name}]", f"url = {toml.value(url)}"]
    lines += [f"auth = {toml.value(auth)}"] if auth else []
    lines += ["private = true"] if private else []
    return _joined([*lines, f'timeout = "{TIMEOUT}"'])


def rendered(place: Place) -> Written:
    """Write a source and its endpoint."""
    written = Written("")
    parts = [_joined(_source(place, written))]
    if place.path:
        parts.append(_joined(_endpoint(place, written)))
        if declared := list(_parameters(place)):
            parts.append(_joined(declared))
    written.text = "\n".join(parts)
    return written


def _joined(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


def _source(place: Place, written: Written) -> list[str]:
    draft = place.draft
    lines = [toml.comment(draft.about)]
    if draft.optional:
        lines += _folded(f"Not needed, so add what you want: {' '.join(draft.optional)}")
    lines += [line for each in draft.left_out for line in _folded(f"Left out: {each}")]
    lines.append(f"[sources.{place.name}]")
    lines += [f'upstream = "{place.upstream}"'] if place.upstream else []
    lines.append(f"url = {toml.value(place.origin + draft.url)}")
    if draft.method != "GET" and "method" not in draft.source:
        lines.append(f'method = "{draft.method}"')
    lines += [f"{toml.key(key)} = {toml.value(value)}" for key, value in draft.source.items()]
    if draft.auth and place.auth:
        lines.append(f"auth = {toml.value(draft.auth)}")
    if not place.upstream and "timeout" not in draft.source:
        lines.append(f'timeout = "{TIMEOUT}"')
    if draft.expect:
        lines.append(f"expect = {_schema(draft.expect, f'{place.name}.json', written)}")
    return lines


def _endpoint(place: Place, written: Written) -> list[str]:
    draft = place.draft
    lines = [f"[endpoints.{place.name}]"]
    lines += [f'method = "{draft.method}"'] if draft.method != "GET" else []
    lines += [f"path = {toml.value(place.path)}", f'sources = ["{place.name}"]']
    lines += [f'passthrough = {{ source = "{place.name}" }}'] if draft.passes else []
    lines += [f"status = {draft.status}"] if draft.status != 200 and not draft.passes else []
    lines += [f"caller = {toml.value(place.caller)}"] if place.caller else []
    if draft.input is not None:
        lines.append(f"input = {_schema(draft.input, f'{place.name}.input.json', written)}")
    summary = draft.about.partition(": ")[2] or draft.about
    return [*lines, f"summary = {toml.value(summary)}"]


def _parameters(place: Place) -> Iterator[str]:
    taken = place.draft.parameters
    if not taken:
        return
    if not any(each.by_default for each in taken.values()):
        yield f"# [endpoints.{place.name}.parameters]"
    else:
        yield f"[endpoints.{place.name}.parameters]"
    for name, each in sorted(taken.items(), key=lambda item: not item[1].by_default):
        yield f"{'' if each.by_default else '# '}{name} = {toml.value(each.declared)}"


def _schema(schema: dict[str, Any], file: str, written: Written) -> str:
    """Write a schema in place, or name a file for it."""
    if in_clear(schema):
        return toml.value(schema)
    path = f"schemas/{file}"
    written.schemas[path] = orjson.dumps(schema, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    return toml.value(path)


def _folded(text: str) -> Iterator[str]:
    """Fold a text into comments."""
    words, line = toml.comment(text, 4000).removeprefix("# ").split(" "), "#"
    for word in words:
        if len(line) + len(word) > _WIDTH and line != "#":
            yield line
            line = "#  "
        line += f" {word}"
    yield line
