"""The keys that say how a source with `for_each` asks for its items."""

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from fanin.config.expressions.keys import ItemsExpression
from fanin.config.late_pattern import LatePattern
from fanin.config.mistake import Mistake, quoted
from fanin.config.template import ParameterReference, Template

MOST_ITEMS = 10_000
"""What `max_items` and a batch's `size` may be at most."""
MOST_AT_ONCE = 100
"""What `concurrency` may be at most."""

_FIELD = LatePattern(r"[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]+)*+")
_BY_FIX = 'Write by = "id", or by = { each = "user_id", row = "id" } where the two have other names for it'
_LIMIT_FIX = 'Write a number, or a parameter in braces: limit = "{count}"'
_PARAMETER = LatePattern(r"(?:parameters\.)?([a-z][a-z0-9_]{0,99})")


def _field(path: str) -> str:
    if not _FIELD.compiled.fullmatch(path):
        raise Mistake("bad-batch", f"{quoted(path)} is no field", _BY_FIX)
    return path


def _by(by: object) -> object:
    """Read a single name as that of both fields."""
    if isinstance(by, str):
        return {"each": _field(by), "row": by}
    if not isinstance(by, dict):
        raise Mistake("bad-batch", f"{quoted(by)} is no field", _BY_FIX)
    return by


def _limit(limit: object) -> int | ParameterReference:
    """Read a number, or a text that is one reference to a parameter."""
    if isinstance(limit, int) and not isinstance(limit, bool):
        if limit < 0:
            raise Mistake("bad-limit", "less than no item", _LIMIT_FIX)
        return limit
    if isinstance(limit, str):
        match Template.parse(limit).pieces:
            case (ParameterReference() as parameter,):
                return parameter
    fix = _LIMIT_FIX
    if isinstance(limit, str):
        named = _PARAMETER.compiled.fullmatch(limit)
        fix = f"Write limit = {limit}" if limit.isdecimal() else f'Write limit = "{{{named[1]}}}"' if named else fix
    raise Mistake("bad-limit", f"{quoted(limit)} is neither a number nor a parameter", fix)


def _member(name: str) -> str:
    if _FIELD.compiled.fullmatch(name) and "." in name:
        message = f"{quoted(name)} is a path, and join_as is the name of one member"
        raise Mistake("bad-name", message, f'Write one name: "{name.rpartition(".")[2]}"')
    return name


_PATH_SCHEMA = {"type": "string", "minLength": 1}


class By(BaseModel):
    """What is equal in an item and its row, where the two have other names for it."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    each: Annotated[str, AfterValidator(_field)]
    """The item's field; of an item that is no object, the item itself counts."""
    row: Annotated[str, AfterValidator(_field)]
    """The row's field."""


class Batch(BaseModel):
    """One call for many items: `{each…}` stands for the list of what it stands for in each of them."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    size: Annotated[int, Field(ge=1, le=MOST_ITEMS, strict=True)]
    """How many items one call is for at most."""
    by: Annotated[
        By,
        BeforeValidator(_by),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "string", "minLength": 1},
                    {
                        "type": "object",
                        "properties": {"each": _PATH_SCHEMA, "row": _PATH_SCHEMA},
                        "required": ["each", "row"],
                        "additionalProperties": False,
                    },
                ]
            }
        ),
    ]
    """The field that is equal in an item and its row, compared as text; or `{ each, row }` with a name for each."""
    rows: Literal["one", "many"] = "one"
    """one: an item's value is its row; many: the list of its rows, which may be empty."""

    @property
    def each_path(self) -> tuple[str, ...]:
        """The path into an item."""
        return tuple(self.by.each.split("."))

    @property
    def row_path(self) -> tuple[str, ...]:
        """The path into a row."""
        return tuple(self.by.row.split("."))


Limit = Annotated[
    int | ParameterReference,
    BeforeValidator(_limit),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"^\{[a-z][a-z0-9_]*\??\}$"}]}
    ),
]


_AT_ONCE = 10
_OF_LISTS = ("limit", "max_items", "concurrency", "fail_fast", "join_as", "batch")
"""The keys that only a source with `for_each` has."""


class Listing(BaseModel):
    """The keys of a source that is asked for each item of a list."""

    model_config = ConfigDict(defer_build=True)

    writes: bool = False
    """Whether a call changes something."""
    for_each: ItemsExpression | None = None
    """JMESPath over the plan document: a list, for each of whose items there is a call. The value is the list of what
    they come to, in the same order. null is an empty list; a null item stays null, without a call."""
    limit: Limit | None = None
    """Takes the first so many items: a number, or a parameter as `"{n}"`."""
    max_items: Annotated[int, Field(ge=1, le=MOST_ITEMS, strict=True)] = 100
    """More items refuse the source: nothing is cut without a word."""
    concurrency: Annotated[int, Field(ge=1, le=MOST_AT_ONCE, strict=True)] | None = None
    """How many of its items' calls are under way at once; 10, and 1 for writes."""
    fail_fast: Annotated[bool, Field(strict=True)] | None = None
    """Whether the first item that fails fails the source, and no more calls begin; false, and true for writes.
    Otherwise the source fails only if all of its items did."""
    join_as: Annotated[str, StringConstraints(min_length=1), AfterValidator(_member)] | None = None
    """Makes the value the items themselves, objects, each with what its call came to in this field."""
    batch: Batch | None = None
    """One call for many items, whose rows are then given to each."""

    @model_validator(mode="after")
    def _list_keys_need_a_list(self) -> "Listing":
        if self.for_each is not None:
            return self
        for key in _OF_LISTS:
            if key in self.model_fields_set:
                message = f"{key} is about items, and there is no for_each"
                raise Mistake("bad-for-each", message, f'Add for_each = "…", or remove {key}')
        return self

    @property
    def at_once(self) -> int:
        """How many calls of a list are under way at once."""
        return self.concurrency or (1 if self.writes else _AT_ONCE)

    @property
    def stops_at_failure(self) -> bool:
        """Whether the first item that fails fails the whole list."""
        return self.writes if self.fail_fast is None else self.fail_fast
