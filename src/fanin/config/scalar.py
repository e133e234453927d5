"""One value that a client sends, as fanin.toml declares it: a parameter, or an item of one that is a list."""

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError, SchemaError

from fanin.config.late_pattern import LatePattern
from fanin.config.mistake import Mistake, quoted
from fanin.config.values import Json

_LOOK_AROUND = LatePattern(r"\(\?<?[=!]")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def _written_as(form: re.Pattern[str], kind: str) -> BeforeValidator:
    """Take a text for a number only if it is written as in JSON, and no boolean. Python reads more as a number."""

    def check(value: object) -> object:
        if isinstance(value, bool) or (isinstance(value, str) and not form.fullmatch(value)):
            raise PydanticCustomError("number_form", "Input should be {kind}, in digits only", {"kind": kind})
        return value

    return BeforeValidator(check)


def shortest(number: float) -> float:
    """Give a whole number as one, so that it is written as RFC 8785 does: 38, and not 38.0."""
    return int(number) if number.is_integer() and abs(number) <= _EXACT else number


_EXACT = 2**53
"""Up to here every whole number is a floating-point number too."""
_TYPES: dict[str, Any] = {"string": str, "integer": int, "number": float, "boolean": bool}
_FORMS = {"integer": _written_as(_INTEGER, "an integer"), "number": _written_as(_NUMBER, "a number")}

_MOST_SHOWN = 20
"""Values of an `enum` that a refusal names."""
_LEAST, _MOST = -(2**63), 2**63 - 1
"""The integers of 64 bits, which JSON's readers and writers take."""


Bound = Annotated[float, Field(allow_inf_nan=False, strict=True)]


def are_scalars(value: object) -> bool:
    """Whether a value of the file is a text, a number or a boolean, or a list of them."""
    return all(isinstance(item, str | int | float) for item in (value if isinstance(value, list) else [value]))


def _enum(value: object) -> object:
    match value:
        case list() | dict() if are_scalars([*(value.values() if isinstance(value, dict) else value)]):
            return value
    fix = 'Write a list, or a table of what clients send: { open = "O", closed = "C" }'
    raise Mistake("bad-value", f"{quoted(value)} is no list or table of texts, numbers and booleans", fix)


SCALAR = {"type": ["string", "number", "boolean"]}
"""A scalar, in JSON Schema."""
Enum = Annotated[
    Any,
    BeforeValidator(_enum),
    WithJsonSchema({"anyOf": [{"type": "array", "items": SCALAR}, {"type": "object", "additionalProperties": SCALAR}]}),
]


def _one_of(values: Sequence[object]) -> AfterValidator:
    """Take one of some values only."""
    known = {(isinstance(value, bool), value) for value in values}
    shown = ", ".join(map(repr, values[:_MOST_SHOWN])) + (" …" if len(values) > _MOST_SHOWN else "")

    def check(value: object) -> object:
        if (isinstance(value, bool), value) not in known:
            raise PydanticCustomError("enum", "Input should be one of {values}", {"values": shown})
        return value

    return AfterValidator(check)


class Value(BaseModel):
    """One value that a client sends: what it is read as, and what it has to keep to."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    type: str = "string"
    """What the text that a client sends is read as."""
    pattern: str | None = None
    """A regular expression that a text must match as a whole; Rust's syntax, linear in time."""
    min_length: Annotated[int, Field(ge=0, strict=True)] = 1
    """The fewest characters of a text."""
    max_length: Annotated[int, Field(ge=1, le=4096, strict=True)] = 256
    """The most characters of a text."""
    minimum: Bound | None = None
    """The least that a number may be."""
    maximum: Bound | None = None
    """The most that a number may be."""
    enum: Enum | None = None
    """The values that it may be; a table: what references see, by what clients send."""

    @model_validator(mode="after")
    def _whole_bounds(self) -> "Value":
        for name, bound in {"minimum": self.minimum, "maximum": self.maximum}.items():
            if self.type == "integer" and bound is not None and not (bound.is_integer() and _LEAST <= bound <= _MOST):
                message = f"the {name} {bound} is no integer of 64 bits"
                raise Mistake("bad-parameter", message, "Write a whole number, or change the type to number")
        return self

    @model_validator(mode="after")
    def _bounds_of_the_type(self) -> "Value":
        numbers, text = self.type in ("integer", "number"), self.type == "string"
        if not numbers and (self.minimum is not None or self.maximum is not None):
            raise Mistake("bad-parameter", "minimum and maximum are for numbers", "Remove them, or change the type")
        if not text and (self.pattern is not None or self.model_fields_set & {"min_length", "max_length"}):
            raise Mistake("bad-parameter", "pattern and lengths are for texts", "Remove them, or change the type")
        lengths, values = (self.min_length, self.max_length), (self.minimum, self.maximum)
        if any(low is not None and high is not None and low > high for low, high in (lengths, values)):
            raise Mistake("bad-parameter", "the lower bound is above the upper", "Exchange them")
        if isinstance(self.enum, dict) and not text:
            message = "the keys of an enum table are texts, as clients send them"
            raise Mistake("bad-parameter", message, "Remove the type, or write a list")
        if self.enum is not None and not self.enum:
            raise Mistake("bad-parameter", "an enum without values takes nothing", "Write its values, or remove it")
        return self

    @model_validator(mode="after")
    def _values_that_it_takes(self) -> "Value":
        if self.type not in _TYPES:  # a list, whose items have values
            return self
        try:
            if self.pattern is not None:  # by itself first: `)|(` would be one only between parentheses
                TypeAdapter(Annotated[str, Field(pattern=self.pattern)])
            of_its_type = TypeAdapter(self.annotated(Field(**self.bounds)), config=ConfigDict(strict=True))
        except SchemaError as error:
            if _LOOK_AROUND.compiled.search(self.pattern or ""):
                fix = "Write one without (?=…), (?!…), (?<=…) and (?<!…); a whole text is matched"
                message = "the pattern looks around itself, which takes more than linear time"
                raise Mistake("bad-parameter", message, fix) from error
            fix = "Write one in Rust's syntax: https://docs.rs/regex/latest/regex/#syntax"
            raise Mistake("bad-parameter", "the pattern is no regular expression", fix) from error
        for value in self.enum or ():
            try:
                of_its_type.validate_python(value)
            except ValidationError as error:
                message = f"{quoted(value)} is in enum, and not a value that the parameter takes"
                raise Mistake("bad-parameter", message, "Change the enum, or the type and bounds") from error
        return self

    @property
    def annotation(self) -> Any:
        """The type with its bounds and its enum, as pydantic takes it."""
        annotated = self.annotated(Field(**self.bounds))
        return Annotated[annotated, _one_of(list(self.enum))] if self.enum is not None else annotated

    def annotated(self, field: Any) -> Any:
        """Annotate the type with a field that has its bounds, pydantic's or FastAPI's."""
        form = _FORMS.get(self.type)
        if self.type == "number":
            return Annotated[float, field, form, AfterValidator(shortest)]
        return Annotated[_TYPES[self.type], field, form] if form else Annotated[_TYPES[self.type], field]

    @property
    def bounds(self) -> dict[str, Any]:
        """The keyword arguments for a pydantic field, or one of FastAPI's, that hold what a value must keep to."""
        match self.type:
            case "string":
                bounds: dict[str, Any] = {"min_length": self.min_length, "max_length": self.max_length}
                return bounds | ({"pattern": f"^(?:{self.pattern})$"} if self.pattern else {})
            case "integer":
                minimum, maximum = self.minimum, self.maximum
                return {"ge": _LEAST if minimum is None else minimum, "le": _MOST if maximum is None else maximum}
            case "number":
                named = {"ge": self.minimum, "le": self.maximum}
                return {"allow_inf_nan": False} | {key: bound for key, bound in named.items() if bound is not None}
        return {}

    def meant(self, value: Json) -> Json:
        """Give what references see of a value that is as declared."""
        return self.enum[value] if isinstance(self.enum, dict) and isinstance(value, str) else value
