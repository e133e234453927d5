"""What can be found wrong with an expression without data."""

import json
from collections.abc import Iterator

import orjson

from fanin.config.expressions.functions import FUNCTIONS, MAKE_NUMBERS
from fanin.config.expressions.nodes import Node, children
from fanin.config.expressions.repairs import LANGUAGE, of_function
from fanin.config.mistake import shortened
from fanin.config.values import Json

MAX_LEVELS = 64
"""Levels that an expression may have, and that it may add to those of an answer, so that a body can be written."""
_ATTACHED = 3
"""Levels around a row that attach() puts into an item: those of both lists, and of the item."""
FLATTER = "Write it flatter: join fewer parts by ||, &&, | and the like, and put fewer lists and objects in each other"


def makes_numbers(node: Node) -> bool:
    """Find out whether an expression can come to a number that its data does not have."""
    pending = [node]
    while pending:
        node = pending.pop()
        if node["type"] == "function_expression" and node["value"] in MAKE_NUMBERS:
            return True
        pending += children(node)
    return False


def levels(node: Node) -> int:
    """Count an expression's levels, without going down into them by calls."""
    count, below = 0, [node]
    while below:
        count, below = count + 1, [child for each in below for child in children(each)]
    return count


def added_levels(node: Node) -> int:
    """Count the levels at most that an expression's value has more than its data."""
    added = [added_levels(child) for child in children(node)]
    match node["type"]:
        case "literal":
            return _levels_of(node["value"])
        case "multi_select_list" | "multi_select_dict":
            return 1 + max(added, default=0)
        case "function_expression":
            together = sum if node["value"] == "map" else max  # only map puts one argument's value into another's
            return (_ATTACHED if node["value"] == "attach" else 1) + together(added or [0])
        case "or_expression" | "and_expression":
            return max(added)
        case "comparator" | "not_expression":
            return 0
    return sum(added)


def problems(node: Node, *, is_argument: bool = False) -> Iterator[tuple[str, str]]:
    """Find what is wrong with an expression that can be read, and how to repair it.

    Args:
        node: its tree.
        is_argument: whether it is a function's argument.
    """
    called = node["type"] == "function_expression"
    if called:
        yield from _call_problems(node["value"], len(node["children"]))
    match node:
        case {"type": "literal", "value": value} | {"type": "field" | "key_val_pair", "value": str(value)} if (
            not _is_json(value)
        ):
            yield "it has a text or number that JSON does not have", LANGUAGE
        case {"type": "slice", "children": [_, _, 0]}:
            yield "a slice has steps of 0", LANGUAGE
        case {"type": "subexpression" | "index_expression", "children": [{"type": "not_expression"}, *_]}:
            yield "! takes only the name behind it, and not what follows a dot", "Write !(a.b)"
    if node["type"] == "expref" and not is_argument:
        yield "an expression behind & is for functions only", LANGUAGE
    for child in children(node):
        yield from problems(child, is_argument=called)


def _call_problems(name: str, given: int) -> Iterator[tuple[str, str]]:
    if name not in FUNCTIONS.FUNCTION_TABLE:
        yield f"there is no function {shortened(name)}()", of_function(name)
        return
    signature = FUNCTIONS.FUNCTION_TABLE[name]["signature"]
    variadic = any(argument.get("variadic") for argument in signature)
    if given < len(signature) or (given > len(signature) and not variadic):
        takes = f"{len(signature)} argument{'' if len(signature) == 1 else 's'}"
        inside = ", ".join(("value", "other", "third", "fourth", "fifth")[: len(signature)])
        yield f"{name}() takes {takes}, not {given}", f"Write {name}({inside})"


def _levels_of(value: Json) -> int:
    """Count the levels of a value, without going down into them by calls."""
    count, below = 0, [value]
    while tables := [each for each in below if isinstance(each, dict | list)]:
        count += 1
        below = [item for each in tables for item in (each.values() if isinstance(each, dict) else each)]
    return count


def _is_json(value: object) -> bool:
    """Whether a literal can be written into a body: Unicode text, finite numbers of 64 bits."""
    try:
        orjson.dumps(value)
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True
