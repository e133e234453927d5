"""The plan document: what expressions see of a request, while it runs and at its end."""

from collections.abc import Mapping
from dataclasses import dataclass

from fanin.config.expressions import ERRORS, PARAMETERS, Expression
from fanin.config.values import Json
from fanin.engine.outcome import Outcome
from fanin.engine.problems import source_problem


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request brings with it.

    Args:
        parameters: each by its name; of the declared types, null for one that is absent.
        input: the client's JSON body; None without one.
        caller: the claims of who asks; None for everybody.
    """

    parameters: Mapping[str, Json]
    input: Json = None
    caller: Json = None


def document_for(expression: Expression, asked: Asked, outcomes: Mapping[str, Outcome[Json]]) -> dict[str, Json]:
    """Give what an expression reads: of the plan document the members that it mentions.

    Args:
        expression: the expression.
        asked: what the request brings with it.
        outcomes: those of all sources that it mentions, and whose errors it mentions.
    """

    def member(name: str) -> Json:
        if name == PARAMETERS:
            return dict(asked.parameters)
        if name == ERRORS:
            return {source: _problem(outcomes[source]) for source in expression.errors}
        if name in expression.sources:
            return outcomes[name].value
        return asked.input if name == "input" else asked.caller

    return {name: member(name) for name in expression.mentions}


def _problem(outcome: Outcome[Json]) -> Json:
    error = outcome.error or outcome.partial
    return source_problem(error) if error else None
