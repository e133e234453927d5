"""Warnings of values between another language's quotes that could end them, and of escapes without quotes."""

from collections.abc import Iterator
from urllib.parse import unquote

from fanin.config.finding import Finding
from fanin.config.format import Config
from fanin.config.source import Source
from fanin.config.template import ParameterReference, Reference, SecretReference, Template

_QUOTES = "'\""
_NEEDS_QUOTES = frozenset(("odata", "backslash", "json"))
_SAFE_KEYS = frozenset((("xml",),))
"""Keys whose values are escaped for the language that they are in."""


def unescaped(config: Config) -> Iterator[Finding]:
    """Find bare references between quotes, and escapes that no quotes stand around."""
    harmless = _never_texts(config)
    for source in config.sources.values():
        for key, text in source.texts_by_key:
            if key in _SAFE_KEYS:
                continue
            for reference, quote in _quotes_around(text, in_url=key == ("url",)):
                if isinstance(reference, SecretReference) or reference in harmless:
                    continue
                if finding := _finding(source, key, reference, quote):
                    yield finding


def _finding(source: Source, key: tuple[str, ...], reference: Reference, quote: str) -> Finding | None:
    place = ("sources", source.name, *key)
    if quote and not reference.escape:
        inner = str(reference)[1:-1]
        escapes = f"{{{inner}:odata}}, " if quote == "'" else f"{{{inner}:json}}, "
        message = f"{reference} stands between quotes, and a value with a quote in it would end them"
        fix = f"Write {escapes}{{{inner}:backslash}} or {{{inner}:lucene}}, by the language that the quotes belong to"
        return Finding("unescaped", place, message, fix, part=str(reference))
    if not quote and reference.escape in _NEEDS_QUOTES:
        message = f"{reference} stands between no quotes, where its escape keeps no value in its place"
        return Finding("unescaped", place, message, "Put it between quotes, or remove the escape", part=str(reference))
    return None


def _quotes_around(text: Template, *, in_url: bool) -> Iterator[tuple[Reference, str]]:
    """Give each reference of a text with the quote that is open before it and closed behind it; "" without one."""
    read = [unquote(piece) if in_url and isinstance(piece, str) else piece for piece in text.pieces]
    for position, piece in enumerate(read):
        if not isinstance(piece, str):
            before = "".join(p if isinstance(p, str) else "x" for p in read[:position])
            behind = "".join(p for p in read[position + 1 :] if isinstance(p, str))
            quote = _open_quote(before)
            yield piece, quote if quote in behind else ""


def _open_quote(text: str) -> str:
    """Give the quote that a text leaves open. One behind a letter opens none: it is an apostrophe."""
    quote = ""
    for position, character in enumerate(text):
        if character == quote:
            quote = ""
        elif not quote and character in _QUOTES and not text[position - 1 : position].isalnum():
            quote = character
    return quote


def _never_texts(config: Config) -> set[Reference]:
    """Give the parameters that are a number or a boolean wherever they are declared."""
    types: dict[str, set[str]] = {}
    for endpoint in config.endpoints.values():
        for name, parameter in endpoint.all_parameters.items():
            types.setdefault(name, set()).add(parameter.type)
    return {ParameterReference(name) for name, found in types.items() if found <= {"integer", "number", "boolean"}}
