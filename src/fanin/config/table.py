"""Tables of fanin.toml, and the names that they have there."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from importlib import import_module
from typing import Annotated, Any, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    ValidationInfo,
)
from pydantic.fields import FieldInfo
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


def tables_in(data: Mapping[str, Any], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the tables of a kind, such as `sources`, with their names; what is no table is passed over.

    Args:
        data: what a file holds, which need not be as fanin.toml has to be.
        kind: the key that they stand below.
    """
    tables = data.get(kind)
    for name, table in tables.items() if isinstance(tables, dict) else ():
        if isinstance(table, dict):
            yield name, table


READ_FROM = "read-from"
"""What stands in a schema where a table is read by `ReadBy` or `ReadFrom`: the name of its model."""


class ReadBy[Read: BaseModel]:
    """Has a table read by a function, so that its model is built for a file that has such a table, and for no other.

    Args:
        model: what editors know the table as, or what gives that.
        read: reads it; its second argument has the validation's context.
    """

    def __init__(
        self, model: type[Read] | Callable[[], type[Read]], read: Callable[[Any, ValidationInfo], Read]
    ) -> None:
        self._model = model
        self._read = read

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read it by the function; pydantic's own way would build the model into the table around it."""
        return core_schema.with_info_plain_validator_function(self._read)

    @property
    def model(self) -> type[BaseModel]:
        """The model, imported."""
        return self._model if isinstance(self._model, type) else self._model()

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Name the model, which the schema of the file describes by itself."""
        return {READ_FROM: self.model.__name__}


class ReadFrom:
    """Has a table read by a model of a module that is imported for a file that has such a table, and for no other.

    Args:
        module: the module.
        model: the model's name in it.
    """

    def __init__(self, module: str, model: str) -> None:
        self._module = module
        self._model = model

    @property
    def model(self) -> type[BaseModel]:
        """The model, imported."""
        model: type[BaseModel] = getattr(import_module(self._module), self._model)
        return model

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read it by the model, once there is something to be read."""
        return core_schema.with_info_plain_validator_function(self._read)

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Name the model, which the schema of the file describes by itself."""
        return {READ_FROM: self.model.__name__}

    def _read(self, table: Any, info: ValidationInfo) -> BaseModel:
        return self.model.model_validate(table, context=info.context)


def parts_of(field: FieldInfo) -> Iterator[type]:
    """Give the classes that a field's annotation is made of, those of `ReadBy` and `ReadFrom` imported."""
    waiting: list[Any] = [field.annotation, *field.metadata]
    while waiting:
        part = waiting.pop(0)
        if isinstance(part, ReadBy | ReadFrom):
            yield part.model
        elif isinstance(part, type) and not get_args(part):
            yield part
        waiting[:0] = get_args(part)
