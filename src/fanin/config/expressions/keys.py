"""The keys of fanin.toml that are expressions: read, checked, and described to editors."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from fanin.config.expressions.documents import PARAMETERS, Document
from fanin.config.mistake import Mistake, quoted

# ruff: noqa: PLC0415 - no part of the cold start of a file without expressions

if TYPE_CHECKING:
    from fanin.config.expressions.expression import Expression
else:
    Expression = Any


def _compiled(text: object, *, of: Document) -> "Expression":
    from fanin.config.expressions.expression import compile_expression

    return compile_expression(text, of=of)


def _giving(*needed: str, message: str, fix: str) -> AfterValidator:
    def check(expression: "Expression") -> "Expression":
        from fanin.config.expressions.kinds import giving

        return giving(*needed, message=message, fix=fix)(expression)

    return AfterValidator(check)


_EXPRESSION = WithJsonSchema({"type": "string", "minLength": 1})
"""How editors know an expression."""
BodyExpression = Annotated[Expression, BeforeValidator(partial(_compiled, of="body")), _EXPRESSION]
"""An expression on an answer's decoded body."""
ResponseExpression = Annotated[
    Expression,
    BeforeValidator(partial(_compiled, of="response")),
    _EXPRESSION,
]
"""An expression on an answer's response document: `status`, `headers`, `links` and `body`."""
PlanExpression = Annotated[Expression, BeforeValidator(partial(_compiled, of="plan")), _EXPRESSION]
"""An expression on what a request has so far: the sources' values, errors, parameters, input and caller."""

_decides = _giving(
    *("array", "boolean", "null", "object"),
    message="it can only give a text or a number, and what decides is true or false, or whether something is empty",
    fix="Compare it: parameters.city == 'Lisbon'",
)
_lists = _giving("array", message="it can never give a list", fix="Write what gives one: [a, b], or orders[*].id")
_passes = _giving(
    "boolean",
    message="it can never give true, so that nobody would pass",
    fix="Compare something: caller.tenant == parameters.tenant",
)
_OF_THE_REQUEST = frozenset(("caller", "input", PARAMETERS))


def _before_any_source(expression: "Expression") -> "Expression":
    for name in sorted(expression.mentions - _OF_THE_REQUEST):
        message = f"{quoted(name)} is not known before a source is called"
        if f'"{name}"' in expression.text:
            fix = f"Write '{name}', if it is a text: names stand in double quotes, texts in single ones"
        else:
            fix = f"Write caller.{name} for a claim, or parameters.{name} or input.{name}"
        raise Mistake("unknown-name", message, fix, name)
    return expression


Condition = Annotated[PlanExpression, _decides]
"""One that decides whether a source is asked."""
ItemsExpression = Annotated[PlanExpression, _lists]
"""One that gives the items for each of which a source is asked."""
AllowExpression = Annotated[PlanExpression, AfterValidator(_before_any_source), _passes]
"""One that decides whether a request may begin."""
MembersExpression = Annotated[
    BodyExpression,
    _giving("object", message="it can never give an object", fix="Name each member: {code: error.code}"),
]
"""One that gives members of a problem."""
