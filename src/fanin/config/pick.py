"""`pick`: a JMESPath expression, checked as far as it can be without data."""

from collections.abc import Iterator, Mapping
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions
from jmespath.parser import ParsedResult

from fanin.config.mistake import Mistake, shortened

_ARITHMETIC = frozenset(("abs", "avg", "ceil", "floor", "sum", "to_number"))
_MOST_PROBLEM = 250
"""Characters of what the library says, which quotes the expression."""
_LANGUAGE = "The language: https://jmespath.org"


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
    for problem in _problems(expression.parsed):
        raise Mistake("bad-jmespath", problem, _LANGUAGE)
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


def _problems(node: Mapping[str, Any], *, is_argument: bool = False) -> Iterator[str]:
    called = node["type"] == "function_expression"
    if called:
        yield from _call_problems(node["value"], len(node["children"]))
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
