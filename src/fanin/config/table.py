"""Tables of fanin.toml, and the names that they have there."""

from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

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
