"""Tables of fanin.toml, and the names that they have there."""

from collections.abc import Callable
from functools import cached_property
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    ValidationInfo,
)
from pydantic_core import CoreSchema, core_schema

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
"""The name of a table, a variable or a parameter."""


class Table(BaseModel):
    """A table that takes no other keys than its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)


class NamedTable(Table):
    """A table that has its name in the file."""

    @cached_property
    def name(self) -> str:
        """The name that it has in the file; empty outside one."""
        return ""

    def take_name(self, name: str) -> None:
        """Take the name, once, when the file around it is read."""
        self.__dict__["name"] = name  # where a cached property looks first; pydantic's own ways in cost a microsecond


class ReadBy[Read: BaseModel]:
    """Has a table read by a function, so that its model is built for a file that has such a table, and for no other.

    Args:
        model: what editors know the table as.
        read: reads it; its second argument has the validation's context.
    """

    def __init__(self, model: type[Read], read: Callable[[Any, ValidationInfo], Read]) -> None:
        self._model = model
        self._read = read

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read it by the function; pydantic's own way would build the model into the table around it."""
        return core_schema.with_info_plain_validator_function(self._read)

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe the model."""
        self._model.model_rebuild()
        return handler(self._model.__pydantic_core_schema__)
