"""Warnings of what other tools read as a reference, a header's name or JSON, and fanin sends as it is written."""

from collections.abc import Iterable, Iterator

from fanin.config.finding import Finding
from fanin.config.format import Config
from fanin.config.kinds.http import HttpSource
from fanin.config.late_pattern import LatePattern
from fanin.config.mistake import name_like, shortened
from fanin.config.template import Template, UrlTemplate
from fanin.config.texts import AS_TABLE, TEXT_OF_JSON, holds_json

_COLON = LatePattern(r":([A-Za-z][A-Za-z0-9_]{0,60}+)")
"""A parameter of a path, as many frameworks write it; a colon within a segment is a part of many APIs."""
_WITH_HYPHENS = frozenset(
    (
        *("accept_charset", "accept_encoding", "accept_language", "cache_control", "content_language", "content_type"),
        *("if_match", "if_modified_since", "if_none_match", "if_unmodified_since", "idempotency_key", "user_agent"),
        *("proxy_authorization", "set_cookie", "soap_action", "x_api_key", "x_api_version", "x_request_id"),
    )
)
"""Names of headers with `_` in the place of their hyphens."""


def lookalikes(config: Config) -> Iterator[Finding]:
    """Find them in the requests of sources.

    Args:
        config: the checked configuration.
    """
    for upstream in config.upstreams.values():
        yield from _in_headers(("upstreams", upstream.name, "headers"), upstream.headers)
    for source in config.sources.values():
        if not isinstance(source, HttpSource):
            continue
        if isinstance(source.url, UrlTemplate):
            yield from _in_url(source.name, source.url)
        text = source.body.tree if source.body else None
        first = text.pieces[0] if isinstance(text, Template) and text.pieces else None
        if isinstance(first, str) and holds_json(first):
            yield Finding("odd-body", ("sources", source.name, "body"), TEXT_OF_JSON, AS_TABLE)
        of_upstream = config.upstreams[source.upstream].headers if source.upstream else {}
        own = [name for name in source.headers if name not in of_upstream]
        yield from _in_headers(("sources", source.name, "headers"), own)


def _in_headers(key: tuple[str, ...], names: Iterable[str]) -> Iterator[Finding]:
    for name in names:
        if name.lower() in _WITH_HYPHENS:
            meant = name.replace("_", "-")
            message = f"the header is sent as {name}, which is another than {meant}"
            yield Finding("odd-header", (*key, name), message, f"Write {meant}")


def _in_url(source: str, url: UrlTemplate) -> Iterator[Finding]:
    key = ("sources", source, "url")
    for segment in url.segments:
        if not segment.references and (found := _COLON.compiled.fullmatch(segment.literal)):
            message, fix = f"{found[0]} is sent as it is", f"Write {{{name_like(found[1])}}} for a reference"
            yield Finding("no-reference", key, message, fix, part=found[0])
    for text in url.texts:
        for before, reference in zip(text.pieces, text.pieces[1:], strict=False):
            if isinstance(before, str) and before.endswith("$") and not isinstance(reference, str):
                message = f"the $ before {shortened(str(reference))} is sent with its value"
                yield Finding("no-reference", key, message, f"Write {reference}", part=f"${reference}")
