"""The keys of fanin.toml that are expressions: read, checked, and described to editors."""

from functools import partial
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from fanin.config.expressions.expression import PARAMETERS, Expression, compile_expression
from fanin.config.expressions.kinds import giving
from fanin.config.mistake import Mistake, listed, quoted

_EXPRESSION = WithJsonSchema({"type": "string", "minLength": 1})
"""How editors know an expression."""
BodyExpression = Annotated[Expression, BeforeValidator(partial(compile_expression, of="body")), _EXPRESSION]
"""An expression on an answer's decoded body."""
ResponseExpression = Annotated[
    Expression,
    BeforeValidator(partial(compile_expression, of="response")),
    _EXPRESSION,
]
"""An expression on an answer's response document: `status`, `headers`, `links` and `body`."""
PlanExpression = Annotated[Expression, BeforeValidator(partial(compile_expression, of="plan")), _EXPRESSION]
"""An expression on what a request has so far: the sources' values, errors, parameters, input and caller."""

_decides = giving(
    *("array", "boolean", "null", "object"),
    message="it can only give a text or a number, and what decides is true or false, or whether something is empty",
    fix="Compare it: parameters.city == 'Lisbon'",
)
_lists = giving("array", message="it can never give a list", fix="Write what gives one: [a, b], or orders[*].id")
_passes = giving(
    "boolean",
    message="it can never give true, so that nobody would pass",
    fix="Compare something: caller.tenant == parameters.tenant",
)
_OF_THE_REQUEST = frozenset(("caller", "input", PARAMETERS))


def _before_any_source(expression: Expression) -> Expression:
    for name in sorted(expression.mentions - _OF_THE_REQUEST):
        message = f"{quoted(name)} is not known before a source is called"
        raise Mistake("unknown-name", message, f"Use one of: {listed(_OF_THE_REQUEST)}", name)
    return expression


Condition = Annotated[PlanExpression, AfterValidator(_decides)]
"""One that decides whether a source is asked."""
ItemsExpression = Annotated[PlanExpression, AfterValidator(_lists)]
"""One that gives the items for each of which a source is asked."""
AllowExpression = Annotated[PlanExpression, AfterValidator(_before_any_source), AfterValidator(_passes)]
"""One that decides whether a request may begin."""
MembersExpression = Annotated[
    BodyExpression,
    AfterValidator(giving("object", message="it can never give an object", fix="Name each member: {code: error.code}")),
]
"""One that gives members of a problem."""
