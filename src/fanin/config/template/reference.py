"""What stands between the braces of a text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fanin.config.mistake import Mistake, shortened

_PARAMETER = re.compile(r"[a-z][a-z0-9_]*")
_SECRET = re.compile(r"!([a-z][a-z0-9_]*)")
_FIELD = re.compile(r"([a-z][a-z0-9_]*)\.([A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]+)*)")


@dataclass(frozen=True, slots=True)
class ParameterReference:
    """A reference to a parameter of the request."""

    name: str

    def __str__(self) -> str:
        """Give the reference as it is written."""
        return f"{{{self.name}}}"


@dataclass(frozen=True, slots=True)
class FieldReference:
    """A reference to a field of another source's value; a number in `path` is an index."""

    source: str
    path: tuple[str, ...]

    def __str__(self) -> str:
        """Give the reference as it is written."""
        return f"{{{self.source}.{'.'.join(self.path)}}}"


@dataclass(frozen=True, slots=True)
class SecretReference:
    """A reference to a secret, whose value is in no file; put in last, where the request goes out."""

    name: str

    def __str__(self) -> str:
        """Give the reference as it is written."""
        return f"{{!{self.name}}}"


type Reference = ParameterReference | FieldReference | SecretReference
type Scalar = str | int | float | bool
type Values = Mapping[Reference, Scalar]


class RefusedValue(ValueError):
    """A value may not stand where a reference puts it."""

    def __init__(self, reference: Reference, reason: str) -> None:
        super().__init__(f"{reference} {reason}")
        self.reference = reference


def read_reference(text: str) -> Reference:
    """Read what stands between braces.

    Raises:
        Mistake: it is no reference.
    """
    if _PARAMETER.fullmatch(text):
        return ParameterReference(text)
    if found := _SECRET.fullmatch(text):
        return SecretReference(found[1])
    if found := _FIELD.fullmatch(text):
        return FieldReference(found[1], tuple(found[2].split(".")))
    fix = (
        "Write {city} for a parameter, {geo.lat} for a field of a source's value, {$name} for a variable, "
        "{!name} for a secret"
    )
    raise Mistake("bad-reference", f"{{{shortened(text)}}} is no reference", f"{fix}; {{{{ for a literal brace")
