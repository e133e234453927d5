"""`pick`: a JMESPath expression, checked as far as it can be without data."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import jmespath
import orjson
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions
from jmespath.parser import ParsedResult

from fanin.config.mistake import Mistake, shortened
from fanin.config.values import Json

_ARITHMETIC = frozenset(("abs", "avg", "ceil", "floor", "sum", "to_number"))
_MOST_PROBLEM = 250
"""Characters of what the library says, which quotes the expression."""
MAX_LEVELS = 64
"""Levels that an expression may have, and that it may add to those of an answer, so that a body can be written."""
_LANGUAGE = "The language: https://jmespath.org"
_FLATTER = "Write it flatter: join fewer parts by ||, &&, | and the like, and put fewer lists and objects in each other"


def compile_pick(text: object) -> ParsedResult:
    """Compile an expression.

    Raises:
        Mistake: it is none, or calls a function that is not there, or with another number of arguments; the library
            itself says so only when it meets data.
    """
    if not isinstance(text, str):
        raise Mistake("bad-type", "not a text", "Put it in quotes")
    try:
        expression = jmespath.compile(text)
    except JMESPathError as error:
        problem = shortened(" ".join(str(error).split()), _MOST_PROBLEM)
        raise Mistake("bad-jmespath", f"not JMESPath: {problem}", _LANGUAGE) from error
    except RecursionError as error:
        raise Mistake("bad-jmespath", "it is nested too deep", "Write it flatter") from error
    except (ValueError, KeyError) as error:
        raise Mistake("bad-jmespath", "it has a number of too many digits", _LANGUAGE) from error
    if _depth(expression.parsed) > MAX_LEVELS:
        raise Mistake("bad-jmespath", f"it has over {MAX_LEVELS} levels", _FLATTER)
    for problem in _problems(expression.parsed):
        raise Mistake("bad-jmespath", problem, _LANGUAGE)
    if _added(expression.parsed) > MAX_LEVELS:
        raise Mistake("bad-jmespath", f"its value can have {MAX_LEVELS} levels more than the answer", _FLATTER)
    return expression


def makes_numbers(expression: ParsedResult) -> bool:
    """Find out whether an expression can come to a number that its data does not have."""
    pending: list[Mapping[str, Any]] = [expression.parsed]
    while pending:
        node = pending.pop()
        if node["type"] == "literal" or (node["type"] == "function_expression" and node["value"] in _ARITHMETIC):
            return True
        pending += [child for child in node["children"] if isinstance(child, dict)]
    return False


def _children(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [child for child in node["children"] if isinstance(child, dict)]


def _depth(node: Mapping[str, Any]) -> int:
    """Count an expression's levels, without going down into them by calls."""
    levels, below = 0, [node]
    while below:
        levels, below = levels + 1, [child for each in below for child in _children(each)]
    return levels


def _added(node: Mapping[str, Any]) -> int:
    """Count the levels at most that an expression's value has more than its data."""
    added = [_added(child) for child in _children(node)]
    match node["type"]:
        case "literal":
            return _levels(node["value"])
        case "multi_select_list" | "multi_select_dict":
            return 1 + max(added, default=0)
        case "function_expression":
            return 1 + sum(added)
        case "or_expression" | "and_expression":
            return max(added)
        case "comparator" | "not_expression":
            return 0
    return sum(added)


def _levels(value: Json) -> int:
    """Count the levels of a value, without going down into them by calls."""
    levels, below = 0, [value]
    while tables := [each for each in below if isinstance(each, dict | list)]:
        levels += 1
        below = [item for each in tables for item in (each.values() if isinstance(each, dict) else each)]
    return levels


def _is_json(value: object) -> bool:
    """Whether a literal can be written into a body: Unicode text, finite numbers of 64 bits."""
    try:
        orjson.dumps(value)
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def _problems(node: Mapping[str, Any], *, is_argument: bool = False) -> Iterator[str]:
    called = node["type"] == "function_expression"
    if called:
        yield from _call_problems(node["value"], len(node["children"]))
    match node:
        case {"type": "literal", "value": value} | {"type": "field" | "key_val_pair", "value": str(value)} if (
            not _is_json(value)
        ):
            yield "it has a text or number that JSON does not have"
        case {"type": "slice", "children": [_, _, 0]}:
            yield "a slice has steps of 0"
    if node["type"] == "expref" and not is_argument:
        yield "an expression behind & is for functions only"
    for child in node["children"]:
        if isinstance(child, dict):
            yield from _problems(child, is_argument=called)


def _call_problems(name: str, given: int) -> Iterator[str]:
    if name not in Functions.FUNCTION_TABLE:
        yield f"there is no function {shortened(name)}()"
        return
    signature = Functions.FUNCTION_TABLE[name]["signature"]
    variadic = any(argument.get("variadic") for argument in signature)
    if given < len(signature) or (given > len(signature) and not variadic):
        yield f"{name}() takes {len(signature)} arguments, not {given}"
