"""Warnings of words in JSON Schemas that are no keywords, and are spelled like one: a schema takes them as remarks."""

import difflib
from collections.abc import Iterator, Mapping

from fanin.config.finding import Finding
from fanin.config.format import Config
from fanin.config.mistake import by_word, quoted
from fanin.config.schemas import Document, JsonSchema

_ONE = frozenset((
    "additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not",
    "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
))  # fmt: skip
"""Keywords that hold a schema; `items` may also hold a list of them."""
_LISTS = frozenset(("allOf", "anyOf", "items", "oneOf", "prefixItems"))
_TABLES = frozenset(("$defs", "definitions", "dependentSchemas", "patternProperties", "properties"))
_OTHERS = frozenset((
    "$anchor", "$comment", "$dynamicAnchor", "$dynamicRef", "$id", "$recursiveAnchor", "$recursiveRef", "$ref",
    "$schema", "$vocabulary", "const", "contentEncoding", "contentMediaType", "default", "dependencies",
    "dependentRequired", "deprecated", "description", "enum", "examples", "exclusiveMaximum", "exclusiveMinimum",
    "format", "id", "maxContains", "maxItems", "maxLength", "maxProperties", "maximum", "minContains", "minItems",
    "minLength", "minProperties", "minimum", "multipleOf", "pattern", "readOnly", "required", "title", "type",
    "uniqueItems", "writeOnly",
))  # fmt: skip
"""Keywords that hold no schema (2020-12, and drafts before it)."""
_KEYWORDS = sorted(_ONE | _LISTS | _TABLES | _OTHERS)
_MEANT = by_word(
    minimum="ge gte min min_value",
    maximum="le lte max max_value",
    exclusiveMinimum="gt",
    exclusiveMaximum="lt",
    properties="fields keys members",
    enum="allowed choices one_of options values",
    pattern="match regex regexp",
    items="element elements item",
    minLength="min_len minlen",
    maxLength="length max_len maxlen",
    uniqueItems="distinct unique",
    additionalProperties="additional extra strict",
    description="doc help",
)
"""Words of other tools, and which keyword says it."""
_ALIKE = 0.8
"""How much of two words has to be the same, from 0 to 1."""
_LONGEST = 40
"""Characters of a word that is compared."""


def misspelt(config: Config) -> Iterator[Finding]:
    """Find words that are spelled like a keyword, in the schemas of inputs and of what sources are expected to give.

    Args:
        config: the checked configuration.
    """
    for endpoint in config.endpoints.values():
        yield from _findings(("endpoints", endpoint.name, "input"), endpoint.input)
    for source in config.sources.values():
        yield from _findings(("sources", source.name, "expect"), getattr(source, "expect", None))


def _findings(key: tuple[str, ...], schema: JsonSchema | None) -> Iterator[Finding]:
    if schema is None:
        return
    for word, meant in dict(_misspelt(schema.document)).items():
        message = f"{quoted(word)} is no keyword of JSON Schema, and says nothing"
        yield Finding("unknown-keyword", key, message, f"Write {quoted(meant)}", part="" if schema.path else word)


def _misspelt(document: Document) -> Iterator[tuple[str, str]]:
    pending: list[object] = [document]
    while pending:
        schema = pending.pop()
        if not isinstance(schema, Mapping):
            continue
        for word, value in schema.items():
            if word in _TABLES and isinstance(value, Mapping):
                pending += value.values()
            elif word in _LISTS and isinstance(value, list):
                pending += value
            elif word in _ONE:
                pending.append(value)
            elif word not in _TABLES | _LISTS | _OTHERS and len(word) <= _LONGEST:
                known = _MEANT.get(word)
                for meant in [known] if known else difflib.get_close_matches(word, _KEYWORDS, 1, _ALIKE):
                    yield word, meant
