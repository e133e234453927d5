"""An expression over the plan document, until config/expressions has them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jmespath.parser import ParsedResult

from fanin.config.pick import compile_pick
from fanin.config.values import Json

_LEFT_ONLY = frozenset(
    ("subexpression", "pipe", "index_expression", "projection", "filter_projection", "value_projection", "flatten")
)


@dataclass(frozen=True, slots=True)
class Expression:
    """The interface of config/expressions."""

    text: str
    parsed: ParsedResult
    mentions: frozenset[str]

    def search(self, document: Json, most: int) -> Json:  # noqa: ARG002
        """Evaluate."""
        value: Json = self.parsed.search(document)
        return value


def compile_expression(text: object) -> Expression:
    """Compile."""
    parsed = compile_pick(text)
    assert isinstance(text, str)
    return Expression(text, parsed, frozenset(_mentions(parsed.parsed)))


def _mentions(node: Mapping[str, Any]) -> Iterator[str]:
    if node["type"] == "field":
        yield node["value"]
        return
    children = [child for child in node["children"] if isinstance(child, dict)]
    for child in children[:1] if node["type"] in _LEFT_ONLY else children:
        yield from _mentions(child)
