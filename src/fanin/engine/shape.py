"""From what a call came to, to the value of its source, and from values to one body."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

from fanin.config import Source
from fanin.config.expressions import ExpressionError, ExpressionTooLarge
from fanin.config.values import Json
from fanin.engine.call import InPart, NoContent
from fanin.engine.footprint import Room, memory_for
from fanin.engine.outcome import Encoded, Outcome
from fanin.engine.rows import rows_by_key
from fanin.errors import NotFound, SourceError, SourceTooLarge, SourceUndecodable

if TYPE_CHECKING:
    from fanin.config.expressions import Expression
    from fanin.engine.plan import Goal

ERRORS = "errors"
"""The key of a partial body that holds the problems."""


def shaped(source: Source, outcome: Outcome[Any], goal: "Goal", *, unread: bool = False) -> Outcome[Json]:
    """Give what a call came to with the value that its source has then, or with the failure that its answer means.

    Args:
        source: the source.
        outcome: what the call came to, its value as the source answered it.
        goal: what the value is for.
        unread: whether nothing but the answer will want the value, which is encoded then.
    """
    if outcome.error is not None:
        return _missed(source, outcome)
    if isinstance(outcome.value, InPart):
        partial, outcome.value.error.attempts = outcome.value.error.settled(), outcome.attempts
        outcome = replace(outcome, value=outcome.value.value, state="partial", partial=partial, fresh_for=None)
    try:
        value = outcome.value if outcome.state == "fallback" else value_of(source, outcome.value)
        if goal.merge == "flat" and source.name in goal.sources:
            check_flat(source.name, value)
    except SourceError as error:
        error.attempts = outcome.attempts
        return _missed(source, Outcome.failed(error))
    told = outcome.told
    if source.pages is not None and isinstance(outcome.value, list) and outcome.state != "fallback":
        told = {"pages": len(outcome.value)}
    encodes = unread and value is not None
    made = (Encoded if encodes else Outcome)(  # `dataclasses.replace` would take several times as long
        None if encodes else value,
        outcome.error,
        outcome.state,
        outcome.age,
        outcome.attempts,
        outcome.fresh_for,
        outcome.headers if goal.passthrough else {},
        outcome.status,
        outcome.size,
        outcome.partial,
        told,
        outcome.left,
    )
    if isinstance(made, Encoded):
        made.encoded = orjson.dumps(value)
    return made


def value_of(source: Source, answer: Json | NoContent) -> Json:
    """Apply a source's `pick`, then its `drop`, and hold the value to its `expect`. No content is null.

    Raises:
        NotFound: the answer, or what `pick` takes of it, is null.
        SourceTooLarge: what `pick` made takes more memory than an answer's values may.
        SourceUndecodable: `pick` met a type that one of its functions does not take, or came to a number that JSON's
            readers may not take; or the value is not as `expect` says.
    """
    if isinstance(answer, NoContent):
        return None
    value: Json = answer
    if source.pages is not None:
        value = _joined(source, value)
    elif source.pick is not None:
        value = found_by(source, source.pick, value, "pick")
    elif source.pick_response is not None:
        value = found_by(source, source.pick_response, value, "pick_response")
    if value is None:
        raise NotFound(source.name, f"{source.name} has no such thing")
    changed = source.drop or source.expect is not None
    return _finished(source, value) if changed and source.batch is None else value


def row_of(source: Source, rows: list[Json]) -> Json:
    """Give the value of an item of a batch.

    Args:
        source: the source, which has `batch`.
        rows: the rows that belong to the item.

    Raises:
        NotFound: there is no row, and the source does not call that null.
        SourceUndecodable: there are several where there may be one, or it is not what `expect` says.
    """
    assert source.batch is not None
    if source.batch.rows == "many":
        return _expected(source, [_dropped(source, row) for row in rows])
    if not rows and source.missing == "null":
        return None
    if not rows:
        raise NotFound(source.name, f"{source.name} has no row for this item")
    if len(rows) > 1:
        raise SourceUndecodable(source.name, f"{source.name} has {len(rows)} rows for one item")
    return _finished(source, rows[0])


def _finished(source: Source, value: Json) -> Json:
    """Apply `drop` and `expect`."""
    return _expected(source, _dropped(source, value))


def _expected(source: Source, value: Json) -> Json:
    if source.expect is not None and not source.expect.takes(value):
        unlike = SourceUndecodable(source.name, f"{source.name} answered with data that its expect does not take")
        unlike.reason = "; ".join(f"{at or '/'}: {why}" for at, why in source.expect.violations(value).items())
        raise unlike
    return value


def items_of(source: Source, page: Json, memory: int | None = None) -> list[Json] | None:
    """Give the items of a page of a source that has `pages`: what `pick` or `pick_response` gives of it; null is none.

    Args:
        source: the source.
        page: what is kept of the page.
        memory: the most bytes of memory that they may take; by default as many as an answer's values may.

    Raises:
        SourceTooLarge, SourceUndecodable: as `found_by`; also if it is no list.
    """
    items = page
    if source.pick is not None:
        items = found_by(source, source.pick, page, "pick", memory)
    elif source.pick_response is not None:
        items = found_by(source, source.pick_response, page, "pick_response", memory)
    if items is not None and not isinstance(items, list):
        raise SourceUndecodable(source.name, f"{source.name} answered with a page whose value is no list")
    return items


def _joined(source: Source, pages: Json) -> Json:
    """Join the items of pages, up to the limit; null if every page's value is null."""
    assert source.pages is not None
    assert isinstance(pages, list)
    room = Room.of(source.max_bytes)
    items: list[Json] | None = None
    for page in pages:
        if (more := items_of(source, page, room.memory)) is not None:
            room.take(b"", orjson.dumps(more))
            items = [] if items is None else items
            items += more
    return items if items is None or source.pages.limit is None else items[: source.pages.limit]


def found_by(source: Source, expression: "Expression", document: Json, key: str, memory: int | None = None) -> Json:
    """Apply one of a source's expressions to its answer.

    Args:
        source: the source.
        expression: the expression.
        document: the answer.
        key: the key of fanin.toml that has it, for the error.
        memory: the most bytes of memory that its value may take; by default as many as an answer's values may.

    Raises:
        SourceTooLarge: what it made takes more memory than an answer's values may.
        SourceUndecodable: it met a type that one of its functions does not take, or came to a number that JSON's
            readers may not take.
    """
    try:
        return expression.search(document, memory_for(source.max_bytes) if memory is None else max(memory, 0))
    except ExpressionTooLarge as error:
        raise SourceTooLarge(source.name, f"the {key} of {source.name} {error}") from error
    except ExpressionError as error:
        raise SourceUndecodable(source.name, f"{source.name} answered with data that its {key} cannot take") from error


def _missed(source: Source, outcome: Outcome[Any]) -> Outcome[Any]:
    """Give a failure as it is, or null if that there is no such thing is what its source calls null."""
    if source.missing == "null" and isinstance(outcome.error, NotFound):
        return replace(outcome, error=None, headers={})
    return outcome


def failure_of(source: Source, answer: Json | NoContent | InPart) -> SourceError | None:
    """Say why there is no value in an answer; None if there is one."""
    try:
        value = value_of(source, answer.value if isinstance(answer, InPart) else answer)
        if source.batch is not None:
            rows_by_key(source.name, source.batch, value)
    except SourceError as error:
        return error
    return None


def is_missing(source: Source, answer: Json | NoContent) -> bool:
    """Whether an answer means that the source has no such thing."""
    return isinstance(failure_of(source, answer), NotFound)


def check_flat(source: str, value: Json) -> None:
    """Refuse a value whose fields cannot stand in a flat body; null has none, and may.

    Raises:
        SourceUndecodable: it is no object, or has a field with the reserved name.
    """
    if value is None:
        return
    if not isinstance(value, dict):
        raise SourceUndecodable(source, f"the value of {source} is not an object, which a flat merge needs")
    if ERRORS in value:
        raise SourceUndecodable(source, f"the value of {source} has a field named {ERRORS}, which is reserved")


def flat(values: Mapping[str, Json]) -> dict[str, Json]:
    """Put the fields of all values into one object, the later winning; a failed source's are left out."""
    return {key: field for value in values.values() if isinstance(value, dict) for key, field in value.items()}


def _dropped(source: Source, value: Json) -> Json:
    for path in source.drop:
        value = _without(value, path.split("."))
    return value


def _without(value: Json, path: list[str]) -> Json:
    """Copy what the path leads through, leaving out what it ends at."""
    if not isinstance(value, dict):
        return value
    name, each = re.subn(r"\[\]$", "", path[0])
    if name not in value:
        return value
    below = path[1:]
    if not below:
        return {key: item for key, item in value.items() if key != name}
    inner = value[name]
    if each:
        return {**value, name: [_without(item, below) for item in inner] if isinstance(inner, list) else inner}
    return {**value, name: _without(inner, below)}
