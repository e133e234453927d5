"""The parameters of an endpoint: how they are declared, and the check of what a client sends."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError, SchemaError

from fanin.config.mistake import Mistake, quoted
from fanin.config.template import Scalar
from fanin.errors import bad_parameters

_LOOK_AROUND = re.compile(r"\(\?<?[=!]")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def _written_as(form: re.Pattern[str], kind: str) -> BeforeValidator:
    """Take a text for a number only if it is written as JSON writes one; Python's own reading takes more."""

    def check(value: object) -> object:
        if isinstance(value, str) and not form.fullmatch(value):
            raise PydanticCustomError("number_form", "Input should be {kind}, in digits only", {"kind": kind})
        return value

    return BeforeValidator(check)


_TYPES: dict[str, Any] = {"string": str, "integer": int, "number": float, "boolean": bool}
_FORMS = {"integer": _written_as(_INTEGER, "an integer"), "number": _written_as(_NUMBER, "a number")}

_LEAST, _MOST = -(2**63), 2**63 - 1
"""The integers of 64 bits, which JSON's readers and writers take."""


Bound = Annotated[float, Field(allow_inf_nan=False)]


class Parameter(BaseModel):
    """One parameter: in the path if the path names it, in the query otherwise."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["string", "integer", "number", "boolean"] = "string"
    """What the text that a client sends is read as."""
    description: str = ""
    """One line for the API's description."""
    example: str | int | float | bool | None = None
    """A value that it takes, for the API's description."""
    default: str | int | float | bool | None = None
    """What stands in when the query lacks it; a query parameter without one is required."""
    pattern: str | None = None
    """A regular expression that a text must match as a whole; Rust's syntax, linear in time."""
    min_length: Annotated[int, Field(ge=0)] = 1
    """The fewest characters of a text."""
    max_length: Annotated[int, Field(ge=1, le=4096)] = 256
    """The most characters of a text."""
    minimum: Bound | None = None
    """The least that a number may be."""
    maximum: Bound | None = None
    """The most that a number may be."""

    @model_validator(mode="after")
    def _whole_bounds(self) -> "Parameter":
        for name, bound in {"minimum": self.minimum, "maximum": self.maximum}.items():
            if self.type == "integer" and bound is not None and not (bound.is_integer() and _LEAST <= bound <= _MOST):
                message = f"the {name} {bound} is no integer of 64 bits"
                raise Mistake("bad-parameter", message, "Write a whole number, or change the type to number")
        return self

    @model_validator(mode="after")
    def _consistent(self) -> "Parameter":
        numbers, text = self.type in ("integer", "number"), self.type == "string"
        if not numbers and (self.minimum is not None or self.maximum is not None):
            raise Mistake("bad-parameter", "minimum and maximum are for numbers", "Remove them, or change the type")
        if not text and (self.pattern is not None or self.model_fields_set & {"min_length", "max_length"}):
            raise Mistake("bad-parameter", "pattern and lengths are for texts", "Remove them, or change the type")
        lengths, values = (self.min_length, self.max_length), (self.minimum, self.maximum)
        if any(low is not None and high is not None and low > high for low, high in (lengths, values)):
            raise Mistake("bad-parameter", "the lower bound is above the upper", "Exchange them")
        try:
            if self.pattern is not None:  # by itself first: `)|(` would be one only between parentheses
                TypeAdapter(Annotated[str, Field(pattern=self.pattern)])
            takes = TypeAdapter(self.annotation, config=ConfigDict(strict=True))
        except SchemaError as error:
            if _LOOK_AROUND.search(self.pattern or ""):
                fix = "Write one without (?=…), (?!…), (?<=…) and (?<!…); a whole text is matched"
                message = "the pattern looks around itself, which takes more than linear time"
                raise Mistake("bad-parameter", message, fix) from error
            fix = "Write one in Rust's syntax: https://docs.rs/regex/latest/regex/#syntax"
            raise Mistake("bad-parameter", "the pattern is no regular expression", fix) from error
        for name in ("default", "example"):
            value = getattr(self, name)
            if value is not None:
                try:
                    takes.validate_python(value)
                except ValidationError as error:
                    message = f"the {name} {quoted(value)} is not a value that the parameter takes"
                    raise Mistake("bad-parameter", message, f"Change the {name}, or the bounds") from error
        return self

    @property
    def annotation(self) -> Any:
        """The parameter's type with its bounds, as pydantic takes it."""
        return self.annotated(Field(**self.bounds))

    def annotated(self, field: Any) -> Any:
        """Annotate the parameter's type with a field that has its bounds, pydantic's or FastAPI's."""
        form = _FORMS.get(self.type)
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


def described(errors: Sequence[Any]) -> list[tuple[str, str]]:
    """Name each parameter that pydantic found wrong, and say what is wrong with it.

    Args:
        errors: what `errors()` of pydantic's, or FastAPI's, exception gives.
    """
    return [(str(error["loc"][-1]), error["msg"][:1].lower() + error["msg"][1:]) for error in errors]


class Parameters:
    """The check of a client's parameters, the same for every function.

    Args:
        declared: each parameter by its name.
    """

    def __init__(self, declared: Mapping[str, Parameter]) -> None:
        # Under aliases, so that any name will do: pydantic keeps some for itself.
        fields: dict[str, Any] = {
            f"parameter_{name}": (parameter.annotation, Field(_default(parameter), alias=name))
            for name, parameter in declared.items()
        }
        self._model = create_model("Parameters", **fields)

    def check(self, sent: Mapping[str, Scalar]) -> dict[str, Scalar]:
        """Read what a client sends, texts of path and query or values of JSON, as the declared types.

        What is not declared is passed over.

        Raises:
            RequestError: one or more are missing or wrong.
        """
        try:
            checked: dict[str, Scalar] = self._model.model_validate(sent).model_dump(by_alias=True)
        except ValidationError as error:
            raise bad_parameters(described(error.errors())) from error
        return checked


def _default(parameter: Parameter) -> Any:
    return ... if parameter.default is None else parameter.default
