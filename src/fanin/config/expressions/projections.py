"""The nodes of an expression that make lists and objects: projections, filters, slices and multi-selects."""

from typing import Any

from fanin.config.expressions.bounds import LIST, MEMBER, OBJECT, SLOT, Budget, Evaluate
from fanin.config.expressions.nodes import Node, is_false, steps_of
from fanin.config.values import Json


def part_of_list(node: Node, _: list[Evaluate]) -> Evaluate:
    """Take part of a list."""
    part = slice(*node["children"])

    def evaluate(value: Json, budget: Budget) -> Json:
        if not isinstance(value, list):
            return None
        taken = value[part]
        budget.step(len(taken))
        budget.make(LIST + SLOT * len(taken))
        return taken

    return evaluate


def multi_select_list(_: Node, inner: list[Evaluate]) -> Evaluate:
    """Make a list, an item by each child."""
    memory = LIST + SLOT * len(inner)

    def evaluate(value: Any, budget: Budget) -> Any:
        if value is None:
            return None
        budget.make(memory)
        return [item(value, budget) for item in inner]

    return evaluate


def multi_select_dict(node: Node, inner: list[Evaluate]) -> Evaluate:
    """Make an object, a member by each child."""
    pairs = [(pair["value"], pair["children"][0]) for pair in node["children"]]
    memory = OBJECT + sum(MEMBER + len(name) for name, _ in pairs)
    if all(member["type"] == "field" for _, member in pairs):
        fields = [(name, member["value"]) for name, member in pairs]

        def select(value: Any, budget: Budget) -> Any:
            if value is None:
                return None
            budget.make(memory)
            found = value if isinstance(value, dict) else {}
            return {name: found.get(field) for name, field in fields}

        return select
    members = [(name, member) for (name, _), member in zip(pairs, inner, strict=True)]

    def evaluate(value: Any, budget: Budget) -> Any:
        if value is None:
            return None
        budget.make(memory)
        return {name: member(value, budget) for name, member in members}

    return evaluate


def flatten(_: Node, inner: list[Evaluate]) -> Evaluate:
    """Lay the lists of a list together."""
    (outer,) = inner

    def evaluate(value: Any, budget: Budget) -> Any:
        lists = outer(value, budget)
        if not isinstance(lists, list):
            return None
        length = sum([len(each) if isinstance(each, list) else 1 for each in lists])
        budget.step(len(lists) + length)
        budget.make(LIST + SLOT * length)
        flat: list[Any] = []
        for each in lists:
            if isinstance(each, list):
                flat += each
            else:
                flat.append(each)
        return flat

    return evaluate


def projection(node: Node, inner: list[Evaluate]) -> Evaluate:
    """Evaluate the second child for each item of a list, leaving out null."""
    left, right = inner
    is_whole, steps = node["children"][1]["type"] == "identity", steps_of(node["children"][1])

    def evaluate(value: Any, budget: Budget) -> Any:
        items = left(value, budget)
        if not isinstance(items, list):
            return None
        budget.step(len(items) * steps)
        budget.make(LIST + SLOT * len(items))
        if is_whole:
            return [item for item in items if item is not None]
        return [found for item in items if (found := right(item, budget)) is not None]

    return evaluate


def value_projection(node: Node, inner: list[Evaluate]) -> Evaluate:
    """Evaluate the second child for each member of an object, leaving out null."""
    left, right = inner
    steps = steps_of(node["children"][1])

    def evaluate(value: Any, budget: Budget) -> Any:
        members = left(value, budget)
        if not isinstance(members, dict):
            return None
        budget.step(len(members) * steps)
        budget.make(LIST + SLOT * len(members))
        return [found for item in members.values() if (found := right(item, budget)) is not None]

    return evaluate


def filter_projection(node: Node, inner: list[Evaluate]) -> Evaluate:
    """Evaluate the second child for each item of a list for which the third is true."""
    left, right, condition = inner
    steps = steps_of(node["children"][1]) + steps_of(node["children"][2])

    def evaluate(value: Any, budget: Budget) -> Any:
        items = left(value, budget)
        if not isinstance(items, list):
            return None
        budget.step(len(items) * steps)
        budget.make(LIST + SLOT * len(items))
        return [
            found
            for item in items
            if not is_false(condition(item, budget)) and (found := right(item, budget)) is not None
        ]

    return evaluate
