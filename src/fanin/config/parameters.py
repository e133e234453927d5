"""The parameters of an endpoint, as fanin.toml declares them."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from fanin.config.headers import OWN_HEADERS, check_header_syntax
from fanin.config.late_pattern import LatePattern
from fanin.config.mistake import Mistake, quoted
from fanin.config.scalar import SCALAR, Value, are_scalars, shortest
from fanin.config.template import written
from fanin.config.values import Json

MAX_REPEATED = 16
"""Values of one key in a query."""
MOST_ITEMS = 1000
"""The most that `max_items` may be."""
_WIRE_NAME = LatePattern(r"[!$'-*,-<>-~]{1,100}")
_COOKIE_NAME = LatePattern(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
NOT_PARAMETERS = {
    "authorization": 'Hand it on: forward = ["Authorization"]',
    "cookie": 'Name the cookie: in = "cookie"',
    "content-type": "Remove it: it is about the body",
}
"""Headers that are no parameters, and what to write instead."""


def _given(value: object) -> object:
    if not are_scalars(value):
        raise Mistake("bad-value", f"{quoted(value)} is no text, number or boolean, nor a list of them", "Write one")
    return value


Given = Annotated[Any, BeforeValidator(_given), WithJsonSchema({"anyOf": [SCALAR, {"type": "array", "items": SCALAR}]})]


class Items(Value):
    """The items of a list."""

    type: Literal["string", "integer", "number", "boolean"] = "string"
    """What the text of an item is read as."""


class Parameter(Value):
    """One parameter: in the path if the path names it, elsewhere as `in` says."""

    in_: Annotated[Literal["query", "header", "cookie"], Field(alias="in")] = "query"
    """Where a client sends it, if the path does not name it."""
    sent_as: str = ""
    """Its name on the wire; its own where it is empty."""
    type: Literal["string", "integer", "number", "boolean", "list"] = "string"
    """What the text that a client sends is read as."""
    items: Items | None = None
    """What each item of a list has to be; texts without it."""
    min_items: Annotated[int, Field(ge=1, strict=True)] = 1
    """The fewest items of a list; an empty one counts as absent."""
    max_items: Annotated[int, Field(ge=1, le=MOST_ITEMS, strict=True)] = MAX_REPEATED
    """The most items of a list."""
    separator: str = ""
    """What separates the items of a list in one text; without it each is sent under the name again."""
    optional: Annotated[bool, Field(strict=True)] = False
    """Whether it may be absent: references need `?`, and expressions see null."""
    description: str = ""
    """One line for the API's description."""
    example: Given | None = None
    """A value that it takes, for the API's description."""
    default: Given | None = None
    """What stands in when the client does not send it; without one, and if not optional, it is required."""

    @field_validator("default")
    @classmethod
    def _as_a_client_sends_it(cls, value: Any, read: ValidationInfo) -> Any:
        """Give a whole number as one, as every number that is sent."""
        kind = items.type if (items := read.data.get("items")) else read.data.get("type")
        if kind != "number":
            return value
        numbers = [shortest(n) if isinstance(n, float) else n for n in (value if isinstance(value, list) else [value])]
        return numbers if isinstance(value, list) else numbers[0]

    @model_validator(mode="after")
    def _lists(self) -> "Parameter":
        of_lists = self.model_fields_set & {"items", "min_items", "max_items", "separator"}
        if self.type != "list" and of_lists:
            raise Mistake("bad-parameter", f"{min(of_lists)} is for lists", 'Add type = "list", or remove it')
        if self.type != "list":
            return self
        if self.enum is not None:
            raise Mistake("bad-parameter", "the enum of a list is that of its items", "Write items = { enum = … }")
        if self.min_items > self.max_items:
            raise Mistake("bad-parameter", "the lower bound is above the upper", "Exchange them")
        if self.max_items > MAX_REPEATED and not self.split_at:
            message = f"a query has at most {MAX_REPEATED} values of one key"
            raise Mistake("bad-parameter", message, 'Add separator = ",", or fewer max_items')
        if self.in_ == "cookie" and not self.separator:
            raise Mistake("bad-parameter", "a cookie has one value", "Add a separator")
        return self

    @model_validator(mode="after")
    def _wire_name(self) -> "Parameter":
        name = self.sent_as
        if self.in_ == "header" and name:
            check_header_syntax((name,))
            if name.lower() in OWN_HEADERS:
                message = f"{name} is about the connection, and no parameter"
                raise Mistake("bad-parameter", message, "Have clients send it under another name, such as X-Tenant")
            if fix := NOT_PARAMETERS.get(name.lower()):
                raise Mistake("bad-parameter", f"{name} is a header of its own, and no parameter", fix)
        form = {"query": _WIRE_NAME, "header": _COOKIE_NAME, "cookie": _COOKIE_NAME}[self.in_]
        if name and not form.compiled.fullmatch(name):
            fix = 'Write printable ASCII without blanks and =&#%+"'
            raise Mistake("bad-parameter", f"{quoted(name)} is no name that can be sent there", fix)
        return self

    @model_validator(mode="after")
    def _default_and_example(self) -> "Parameter":
        if self.optional and self.default is not None:
            message = "a parameter with a default is never absent"
            raise Mistake("bad-parameter", message, "Remove optional, or the default")
        takes = TypeAdapter(self.required_annotation, config=ConfigDict(strict=True))
        for name in ("default", "example"):
            value = getattr(self, name)
            if value is not None:
                try:
                    takes.validate_python(value)
                except ValidationError as error:
                    message = f"the {name} {quoted(value)} is not a value that the parameter takes"
                    raise Mistake("bad-parameter", message, self._instead_of(name, value), name) from error
        return self

    def _instead_of(self, name: str, value: object) -> str:
        """Say what to write for a default or an example: it without its quotes, if they are all that is wrong."""
        if isinstance(value, str) and self.type not in {"string", "list"} and value == value.strip():
            with suppress(ValidationError):
                TypeAdapter(self.required_annotation).validate_python(value)
                return f"Write {name} = {value}, without quotes"
        return f"Change the {name}, or the bounds"

    @property
    def required(self) -> bool:
        """Whether every request has to have it."""
        return self.default is None and not self.optional

    @property
    def split_at(self) -> str:
        """What a text is cut at for the items of a list; that of a header always is."""
        return self.separator or ("," if self.in_ == "header" and self.type == "list" else "")

    @property
    def item(self) -> Value:
        """What one value of it has to be: an item of a list, or itself."""
        return (self.items or Items()) if self.type == "list" else self

    @property
    def required_annotation(self) -> Any:
        """The type of a value that is there, as pydantic takes it."""
        if self.type != "list":
            return self.annotation
        length = Field(min_length=self.min_items, max_length=self.max_items)
        return Annotated[list[self.item.annotation], length, BeforeValidator(self._cut)]  # type: ignore[name-defined]

    @property
    def plain(self) -> bool:
        """Whether FastAPI reads it as every other way in does: one value in path or query, under its own name."""
        return not (self.type == "list" or self.in_ != "query" or self.sent_as or self.optional or self.enum)

    def meant(self, value: Json) -> Json:
        """Give what references see of a value that is as declared."""
        if isinstance(value, list):
            return [self.item.meant(item) for item in value]
        return super().meant(value)

    def texts(self, value: Json) -> list[str]:
        """Write a checked value as a client sends it: a text for each time that it is sent."""
        values = value if isinstance(value, list) else [] if value is None else [value]
        texts = [written(item) for item in values if isinstance(item, str | int | float)]
        return [self.split_at.join(texts)] if self.split_at and texts else texts

    def is_absent(self, value: object) -> bool:
        """Whether what a client sends counts as nothing: an empty list."""
        return self.type == "list" and self._cut(value) == []

    def _cut(self, value: object) -> object:
        """Cut texts at the separator; blanks around a header's items are no part of them."""
        texts = [value] if isinstance(value, str) else value
        at = self.split_at
        if not at or not isinstance(texts, list):
            return texts
        items: list[object] = []
        for text in texts:
            items += text.split(at) if isinstance(text, str) and text else [text] if text != "" else []
        if self.in_ == "header":
            items = [item for item in (i.strip() if isinstance(i, str) else i for i in items) if item != ""]
        return items


def sent_as(declared: Mapping[str, Parameter]) -> dict[str, str]:
    """Give the name on the wire of each parameter, by its own."""
    return {name: parameter.sent_as or name for name, parameter in declared.items()}
