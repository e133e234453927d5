"""The plan document: what expressions see of a request, while it runs and at its end."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from fanin.config import Source
from fanin.config.expressions import ERRORS, PARAMETERS, ExpressionError
from fanin.config.record import record
from fanin.config.template import CallerReference, FieldReference, InputReference, MissingValue, Reference, Values
from fanin.config.values import Json
from fanin.engine.footprint import memory_for
from fanin.engine.outcome import Outcome
from fanin.engine.problems import source_problem
from fanin.engine.refusals import not_allowed
from fanin.errors import value_refused

if TYPE_CHECKING:
    from fanin.config.expressions import Expression

_UNKNOWN = object()
_MOST_ASKED = memory_for(1_000_000)
"""Bytes of memory that bound the steps of an endpoint's `allow`."""
_MOST_PICKED = memory_for(6_000_000)
"""Bytes of memory that a body may take which an endpoint's `pick` makes: as for an answer as large as Lambda's."""


@record
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


def check_allowed(allow: "Expression", asked: Asked) -> None:
    """Let a request pass if an endpoint's `allow` is true of it.

    Raises:
        RequestError: it gives something else, or meets data that it cannot take.
    """
    try:
        passes = allow.search(document_for(allow, asked, {}, left=False), _MOST_ASKED)
    except ExpressionError:
        passes = None
    if passes is not True:
        raise not_allowed("the endpoint's allow does not let this request pass")


def document_for(
    expression: "Expression", asked: Asked, outcomes: Mapping[str, Outcome[Json]], *, left: bool
) -> dict[str, Json]:
    """Give what an expression reads: of the plan document the members that it mentions.

    Args:
        expression: the expression.
        asked: what the request brings with it.
        outcomes: those of all sources that it mentions, and whose errors it mentions.
        left: whether a list that failed reads as what there is of it, and not as null.
    """

    def member(name: str) -> Json:
        if name == PARAMETERS:
            return dict(asked.parameters)
        if name == ERRORS:
            return {source: _problem(outcomes[source]) for source in expression.errors}
        if name in expression.sources:
            outcome = outcomes[name]
            return outcome.left if left and outcome.error else outcome.value
        return asked.input if name == "input" else asked.caller

    return {name: member(name) for name in expression.mentions}


def evaluated(source: Source, key: str, expression: "Expression", document: Json) -> Json:
    """Evaluate one of a source's expressions over the plan document.

    Args:
        source: the source.
        key: the key of fanin.toml that has it, for the error.
        expression: the expression.
        document: what it reads.

    Raises:
        ValueRefused: it meets data that it cannot take.
    """
    try:
        return expression.search(document, memory_for(source.max_bytes))
    except ExpressionError as error:
        detail = f"the {key} of {source.name} {error}"
        raise value_refused(source.name, detail, of_client=expression.of_client) from error


def is_wanted(source: Source, condition: Json) -> bool:
    """Tell what the value of a source's `when` means.

    Raises:
        ValueRefused: it is a number or a text.
    """
    if isinstance(condition, str | int | float) and not isinstance(condition, bool):
        what = "a text" if isinstance(condition, str) else "a number"
        detail = f"the when of {source.name} gives {what}, and not true, false, null, a list or an object"
        raise value_refused(source.name, detail, of_client=source.when is not None and source.when.of_client)
    return bool(condition)


@record
class Picked:
    """What an endpoint's `pick` came to.

    Args:
        body: the body, without the problems of sources.
        failure: why there is none; empty where there is.
    """

    body: Json = None
    failure: str = ""


def picked(pick: "Expression", document: Json) -> Picked:
    """Evaluate an endpoint's `pick` over the plan document."""
    try:
        return Picked(pick.search(document, _MOST_PICKED))
    except ExpressionError as error:
        return Picked(failure=str(error))


def _problem(outcome: Outcome[Json]) -> Json:
    error = outcome.error or outcome.partial
    return source_problem(error) if error else None


def values_of(
    references: Iterable[Reference],
    parameters: Values,
    asked: Asked,
    outcomes: Mapping[str, Outcome[Json]],
    needed_by: str,
) -> dict[Reference, Json]:
    """Give the request's parameters, and what else references stand for.

    Args:
        references: what is looked up.
        parameters: what references to parameters stand for.
        asked: what the request brings with it.
        outcomes: those of the sources that are referred to.
        needed_by: the source that has the references; empty where null is as good as any value.

    Raises:
        SourceError: one of a source's without a question mark is null or missing.
    """
    values = dict(parameters)
    for reference in references:
        match reference:
            case FieldReference(name, path):
                values[reference] = field_of(outcomes[name].value, path)
            case InputReference(path):
                values[reference] = field_of(asked.input, path)
            case CallerReference(path):
                values[reference] = field_of(asked.caller, path)
        if needed_by and values.get(reference, _UNKNOWN) is None and not reference.optional:
            detail = f"{needed_by} needs {reference}, which has no value"
            raise MissingValue(reference).error_of(needed_by, detail)
    return values


def field_of(value: Json, path: Iterable[str]) -> Json:
    """Follow a reference's path into a value; None where it leads nowhere."""
    for part in path:
        match value:
            case dict():
                value = value.get(part)
            case list() if part.isdecimal() and int(part) < len(value):
                value = value[int(part)]
            case _:
                return None
    return value
