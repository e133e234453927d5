"""The keys of fanin.toml that are expressions: read, checked, and described to editors."""

from functools import partial
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from fanin.config.expressions.expression import Expression, compile_expression

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
