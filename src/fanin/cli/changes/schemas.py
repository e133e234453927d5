"""Two JSON Schemas held against each other: what the newer one refuses, or no longer promises."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fanin.config.mistake import shortened

type Node = dict[str, Any]

_ANYTHING = frozenset(("array", "boolean", "integer", "number", "object", "string"))
_ALL = _ANYTHING | {"null"}
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_MOST_LEVELS = 40
_MOST_STEPS = 20_000
"""Pairs of schemas that are compared; in larger ones the rest is passed over."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two schemas differ so that somebody notices.

    Args:
        path: the member, such as `shops[].id`; empty for the whole.
        message: what changed.
        breaks: whether who relied on the older one may fail.
    """

    path: str
    message: str
    breaks: bool


@dataclass(slots=True)
class Comparison:
    """Compares schemas.

    Args:
        side: `request`: whoever sends a body may be refused; `response`: whoever reads one may miss something.
        older: what references in the older schema lead to, by reference.
        newer: likewise of the newer one.
    """

    side: Literal["request", "response"]
    older: Mapping[str, Node]
    newer: Mapping[str, Node]
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _steps: int = 0
    _same: bool = field(init=False)

    def __post_init__(self) -> None:
        """Find out whether equal references lead to equal schemas."""
        self._same = self.older == self.newer

    def differences(self, old: Any, new: Any, path: str = "", depth: int = 0) -> Iterator[Difference]:
        """Give the differences of two schemas, those of their parts included."""
        self._steps += 1
        if (old == new and self._same) or depth > _MOST_LEVELS or self._steps > _MOST_STEPS:
            return
        references = (_reference(old), _reference(new))
        if any(references):
            pair = (references[0] or path, references[1] or path)
            if pair in self._seen:
                return
            self._seen.add(pair)
        old, new = _node(_followed(old, self.older)), _node(_followed(new, self.newer))
        if self.side == "response" and not _says_nothing(old) and _says_nothing(new):
            yield Difference(path, "is no longer described", breaks=False)
            return
        yield from self._types(old, new, path)
        yield from self._values(old, new, path)
        if self.side == "request":
            yield from _bounds(old, new, path)
        yield from self._members(old, new, path, depth)
        yield from self._parts(old, new, path, depth)

    def _types(self, old: Node, new: Node, path: str) -> Iterator[Difference]:
        before, after = _kinds(old, self.older), _kinds(new, self.newer)
        lost, more = before - after, after - before
        if before == after or (not before and not after):
            return
        if self.side == "request":
            if lost and after and before:
                yield Difference(path, f"no longer takes {_listed(lost)}", breaks=True)
            elif after and not before and after != _ALL:
                yield Difference(path, f"takes only {_listed(after)}", breaks=True)
        elif "null" in more and before:
            yield Difference(path, "may be null", breaks=True)
        elif more and before and after and not after >= _ANYTHING:
            yield Difference(path, f"may be {_listed(more)}, and was {_listed(before)}", breaks=True)

    def _values(self, old: Node, new: Node, path: str) -> Iterator[Difference]:
        before, after = _allowed(old), _allowed(new)
        if after is None or before == after:
            if before is not None and after is None and self.side == "response" and new:
                yield Difference(path, "may have values that were not among those it had", breaks=False)
            return
        if self.side == "request":
            lost = [value for value in before or () if value not in after]
            if before is None or lost:
                told = _shown(lost) if before is not None else "others than " + _shown(after)
                yield Difference(path, f"no longer takes {told}", breaks=True)
        elif before is not None and (more := [value for value in after if value not in before]):
            yield Difference(path, f"may be {_shown(more)}, which it was not", breaks=False)

    def _members(self, old: Node, new: Node, path: str, depth: int) -> Iterator[Difference]:
        before, after = _node(old.get("properties")), _node(new.get("properties"))
        needed, needs = set(old.get("required", ())), set(new.get("required", ()))
        closed = new.get("additionalProperties") is False
        for name in before:
            at = f"{path}.{name}" if path else name
            if name in after:
                yield from self.differences(before[name], after[name], at, depth + 1)
            elif self.side == "response":
                open_ended = not after and not closed and "properties" not in new
                yield Difference(at, "is no longer described" if open_ended else "is gone", breaks=not open_ended)
            elif closed:
                yield Difference(at, "is refused", breaks=True)
            else:
                yield Difference(at, "is no longer described", breaks=False)
        for name in sorted((needs - needed) if self.side == "request" else (needed - needs) & after.keys()):
            at = f"{path}.{name}" if path else name
            yield Difference(at, "is required now" if self.side == "request" else "may be missing", breaks=True)
        if self.side == "request" and closed and old.get("additionalProperties") is not False:
            yield Difference(path, "takes no other members than those that it describes", breaks=True)

    def _parts(self, old: Node, new: Node, path: str, depth: int) -> Iterator[Difference]:
        if isinstance(old.get("items"), dict) and isinstance(new.get("items"), dict):
            yield from self.differences(old["items"], new["items"], f"{path}[]", depth + 1)
        elif isinstance(new.get("items"), dict) and self.side == "request" and "items" not in old:
            yield from self.differences({}, new["items"], f"{path}[]", depth + 1)
        before, after = _choices(old), _choices(new)
        if (not before and not after) or before == after:
            return
        outer, inner = (
            (before or [old], after or [new]) if self.side == "request" else (after or [new], before or [old])
        )
        for one in outer:
            best: list[Difference] | None = None
            for another in inner:
                pair = (one, another) if self.side == "request" else (another, one)
                found = list(self._inside(*pair, path, depth))
                best = found if best is None or _worse(best) > _worse(found) else best
            yield from best or ()

    def _inside(self, old: Any, new: Any, path: str, depth: int) -> Iterator[Difference]:
        """Compare two of several that a value may be: what was seen in one attempt is not seen in another."""
        other = Comparison(self.side, self.older, self.newer, set(self._seen), self._steps)
        yield from other.differences(_plain(old), _plain(new), path, depth + 1)
        self._steps = other._steps


def _plain(node: Any) -> Any:
    return (
        {key: value for key, value in node.items() if key not in ("title", "description")}
        if isinstance(node, dict)
        else node
    )


def _worse(found: list[Difference]) -> int:
    return sum(each.breaks for each in found)


def _says_nothing(node: Node) -> bool:
    """Whether any value will do, be it null or not."""
    return node.keys() <= {"type", "title", "description"} and (not node.get("type") or set(node["type"]) >= _ANYTHING)


def _reference(node: Any) -> str | None:
    return node.get("$ref") if isinstance(node, dict) else None


def _followed(node: Any, known: Mapping[str, Node]) -> Any:
    for _ in range(_MOST_LEVELS):
        reference = _reference(node)
        if reference is None:
            return node
        node = known.get(reference, {})
    return {}


def _node(node: Any) -> Node:
    return node if isinstance(node, dict) else {}


def _kinds(node: Node, known: Mapping[str, Node]) -> set[str]:
    """Give the types that a value may have; none if the schema does not say."""
    kinds = node.get("type")
    if isinstance(kinds, list):
        return {str(kind) for kind in kinds} | ({"integer"} if "number" in kinds else set())
    if kinds == "number":
        return {"number", "integer"}
    if isinstance(kinds, str):
        return {kinds}
    values = _allowed(node)
    if values is not None:
        return {_kind(value) for value in values}
    if choices := _choices(node):
        each = [_kinds(_node(_followed(choice, known)), known) for choice in choices]
        return set().union(*each) if all(each) else set()
    return set()


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
    return "array" if isinstance(value, list) else "object"


def _allowed(node: Node) -> list[Any] | None:
    if "const" in node:
        return [node["const"]]
    return node["enum"] if isinstance(node.get("enum"), list) else None


def _choices(node: Node) -> list[Any]:
    return [choice for key in ("anyOf", "oneOf") if isinstance(node.get(key), list) for choice in node[key]]


def _bounds(old: Node, new: Node, path: str) -> Iterator[Difference]:
    """Find bounds of a request that are narrower than before."""
    for key, sign in [*((key, 1) for key in _LOWER), *((key, -1) for key in _UPPER)]:
        before, after = old.get(key), new.get(key)
        if isinstance(after, int | float) and (not isinstance(before, int | float) or (after - before) * sign > 0):
            was = "" if before is None else f", and was {before}"
            yield Difference(path, f"has {key} {after}{was}", breaks=True)
    for key in ("pattern", "format", "multipleOf", "uniqueItems"):
        if new.get(key) not in (None, False, old.get(key)):
            yield Difference(path, f"has {key} {shortened(str(new[key]), 60)}", breaks=True)


def _listed(kinds: set[str]) -> str:
    if "number" in kinds:
        kinds = kinds - {"integer"}
    return " or ".join(sorted(kinds))


def _shown(values: list[Any]) -> str:
    return shortened(", ".join(map(repr, values)), 100)
