"""What an expression can come to, as far as it shows without data: which of JSON's kinds of value, true or false."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fanin.config.expressions.bounds import Budget
from fanin.config.expressions.evaluate import DATA_ERRORS, evaluator
from fanin.config.expressions.expression import Expression
from fanin.config.expressions.functions import FUNCTIONS
from fanin.config.expressions.nodes import Node, children, path_of
from fanin.config.mistake import Mistake
from fanin.config.values import Json

type Kinds = frozenset[str]
type Outcomes = frozenset[tuple[str, bool]]
"""What a value can be: a kind, and whether it counts as true in a condition."""

ANY: Kinds = frozenset(("array", "boolean", "null", "number", "object", "text"))
"""All kinds of value."""
TRUE = ("boolean", True)
_OF_PYTHON = {dict: "object", list: "array", str: "text", bool: "boolean", int: "number", float: "number"}
_OF_SIGNATURES = {"string": "text"}
"""The kinds that the library's signatures call otherwise."""
_TRUTHS = {"null": (False,), "number": (True,)}
"""Whether a value counts as true, for the kinds of which all values do or none does."""
_FOLDED_MEMORY = 100_000
"""Bytes of memory that bound what is evaluated to see what a constant comes to."""
_OF_FUNCTIONS: dict[str, Kinds] = {
    name: frozenset((kind,))
    for kind, names in {
        "array": "attach items keys map sort sort_by split to_array values zip",
        "boolean": "contains ends_with starts_with",
        "number": "abs ceil divide floor length product round subtract sum",
        "object": "from_items group_by merge",
        "text": "join lower replace to_string trim type upper",
    }.items()
    for name in names.split()
} | {"avg": frozenset(("number", "null")), "to_number": frozenset(("number", "null"))}
"""What each function gives; those that give a part of their arguments are left out."""

_OF_NODES: dict[str, Kinds] = {
    "multi_select_dict": frozenset(("object", "null")),
    "multi_select_list": frozenset(("array", "null")),
    **dict.fromkeys(("flatten", "projection", "value_projection", "filter_projection"), frozenset(("array", "null"))),
}
"""What each type of node gives, if it says so by itself."""
_FOLDS = frozenset(
    ("and_expression", "comparator", "function_expression", "literal", "not_expression", "or_expression")
)
"""Nodes that are constant if all below them are."""


def of_kinds(kinds: Kinds) -> Outcomes:
    """Give all that values of some kinds can be; null is always false, and a number always true."""
    return frozenset((kind, truth) for kind in kinds for truth in _TRUTHS.get(kind, (True, False)))


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a value.

    Args:
        outcomes: what it can be; empty if making it always fails.
        values: all that it can be, where these are few and known.
    """

    outcomes: Outcomes
    values: tuple[Json, ...] | None = None

    @classmethod
    def one_of(cls, values: tuple[Json, ...]) -> "Known":
        """Say that it is one of some values."""
        return cls(frozenset((_OF_PYTHON.get(type(value), "null"), _is_true(value)) for value in values), values)

    @property
    def kinds(self) -> Kinds:
        """The kinds that it can have."""
        return frozenset(kind for kind, _ in self.outcomes)


UNKNOWN = Known(of_kinds(ANY))
_NULL: Outcomes = of_kinds(frozenset(("null",)))


@dataclass(frozen=True, slots=True)
class Unlike:
    """A comparison whose outcome is fixed, since the two sides are never alike.

    Args:
        comparator: its name in the library's tree.
        sides: what is compared.
        known: what is known of each.
    """

    comparator: str
    sides: tuple[Node, Node]
    known: tuple[Known, Known]


@dataclass(frozen=True, slots=True)
class Failing:
    """A call that always fails, since an argument is never what the function takes.

    Args:
        function: its name.
        takes: the kinds that it takes there.
        argument: the argument.
        known: what is known of it.
    """

    function: str
    takes: Kinds
    argument: Node
    known: Known


@dataclass(slots=True)
class Inference:
    """Finds out what an expression can come to.

    Args:
        members: what is known of the document's members, by their paths of names.
        unlike: takes the comparisons whose outcome is fixed.
        failing: takes the calls that always fail.
    """

    members: Mapping[tuple[str, ...], Known] = field(default_factory=dict)
    unlike: list[Unlike] = field(default_factory=list)
    failing: list[Failing] = field(default_factory=list)

    def of(self, node: Node, *, inside: bool = False) -> Known:
        """Say what is known of a node's value.

        Args:
            node: the node.
            inside: whether it is evaluated on another value than the document.
        """
        kind, parts = node["type"], children(node)
        known = UNKNOWN
        if _is_constant(node):
            known = _folded(node)
        elif not inside and (path := path_of(node)) in self.members:
            known = self.members[path]
        elif kind == "function_expression":
            known = self._call(node, parts, inside=inside)
        elif kind == "comparator":
            known = self._comparison(node, inside=inside)
        elif kind == "not_expression":
            truths = {truth for _, truth in self.of(parts[0], inside=inside).outcomes}
            known = Known(frozenset(("boolean", not truth) for truth in truths))
        elif kind in {"and_expression", "or_expression"}:
            first, second = (self.of(part, inside=inside).outcomes for part in parts)
            ends = {each for each in first if each[1] is (kind == "or_expression")}
            known = Known(frozenset(ends | (second if first - ends else set())))
        elif kind == "pipe":
            known = self.of(parts[-1], inside=True)
        elif kind in {"subexpression", "index_expression"}:
            known = Known(self.of(parts[-1], inside=True).outcomes | _NULL)
        elif kind in _OF_NODES:
            known = Known(of_kinds(_OF_NODES[kind]))
        return known

    def _call(self, node: Node, parts: list[Node], *, inside: bool) -> Known:
        """Say what a function gives, if its arguments can be what it takes."""
        signature = FUNCTIONS.FUNCTION_TABLE[node["value"]]["signature"]
        for argument, part in zip(signature, parts, strict=False):
            if part["type"] == "expref":
                continue
            types = (each.split("-")[0] for each in argument["types"])
            taken, known = frozenset(_OF_SIGNATURES.get(name, name) for name in types), self.of(part, inside=inside)
            if taken and taken.isdisjoint(known.kinds):
                self.failing += [Failing(node["value"], taken, part, known)] if known.outcomes else []
                return Known(frozenset())
        return Known(of_kinds(_OF_FUNCTIONS.get(node["value"], ANY)))

    def _comparison(self, node: Node, *, inside: bool) -> Known:
        comparator, (left, right) = node["value"], node["children"]
        first, second = self.of(left, inside=inside), self.of(right, inside=inside)
        both = first.kinds & second.kinds
        if not first.outcomes or not second.outcomes:
            return Known(frozenset())
        if comparator not in {"eq", "ne"}:
            if both & {"number", "text"}:
                return Known(of_kinds(frozenset(("boolean", "null"))))
            self.unlike.append(Unlike(comparator, (left, right), (first, second)))
            return Known(of_kinds(frozenset(("null",))))
        if first.values is not None and second.values is not None:
            both = both if any(_equal(one, other) for one in first.values for other in second.values) else frozenset()
        if both:
            return Known(of_kinds(frozenset(("boolean",))))
        self.unlike.append(Unlike(comparator, (left, right), (first, second)))
        return Known(frozenset((("boolean", comparator == "ne"),)))


def kinds_of(node: Node) -> Kinds:
    """Give the kinds of value that an expression's tree can come to; data may rule out some of them."""
    return Inference().of(node).kinds


def _is_constant(node: Node) -> bool:
    """Whether a node reads nothing; a function needs an argument for that."""
    below = children(node)
    return node["type"] in _FOLDS and all(map(_is_constant, below)) and bool(below or node["type"] == "literal")


def _folded(node: Node) -> Known:
    try:
        return Known.one_of((evaluator(node)(None, Budget(_FOLDED_MEMORY)),))
    except DATA_ERRORS:
        return Known(frozenset())


def _equal(one: Any, other: Any) -> bool:
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def _is_true(value: Json) -> bool:
    return bool(value) or (isinstance(value, int | float) and not isinstance(value, bool))


def giving(*needed: str, message: str, fix: str) -> Callable[[Expression], Expression]:
    """Make a check that an expression can come to one of the kinds of value that its key takes.

    Args:
        needed: the kinds.
        message: what is wrong with an expression that can come to none of them.
        fix: how to repair it.
    """

    def check(expression: Expression) -> Expression:
        if kinds_of(expression.parsed).isdisjoint(needed):
            raise Mistake("bad-jmespath", message, fix)
        return expression

    return check
