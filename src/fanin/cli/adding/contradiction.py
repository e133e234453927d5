"""A document against itself: the schema of a body or an answer, and what it gives as examples of it."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

import orjson

from fanin.cli.adding.openapi import Document, Node, items, table
from fanin.config.schemas import JsonSchema
from fanin.config.values import Json

_MOST: Final = 10
"""Examples that are looked at."""


def contradiction(document: Document, content: Node, schema: dict[str, Any], member: str = "") -> str | None:
    """Find out whether an example is not as the schema says. What the API takes or gives may then not be, either.

    Args:
        document: the document.
        content: the media type, with its examples.
        schema: what its value has to be.
        member: the member of an answer that is its value; empty if all of it is.

    Returns:
        a JSON pointer (RFC 6901) to the first place that is not; None if no example contradicts.
    """
    if not (examples := list(islice(_examples(document, content), _MOST))):
        return None
    held = JsonSchema(schema)
    for example in examples:
        value = table(example).get(member, []) if member else example
        if violations := held.violations(value):
            return next(iter(violations))
    return None


def _examples(document: Document, content: Node) -> Iterator[Json]:
    """Give the examples of a media type, and of its schema; some documents have them as texts of JSON."""
    schema = document.followed(content.get("schema"), lenient=True)
    named = [document.followed(each, lenient=True) for each in table(content.get("examples")).values()]
    given = [each["example"] for each in (content, schema) if "example" in each]
    given += [each["value"] for each in named if "value" in each]
    for example in [*given, *items(schema.get("examples"))]:
        if not isinstance(example, str):
            yield example
            continue
        try:
            yield orjson.loads(example)
        except orjson.JSONDecodeError:
            yield example
