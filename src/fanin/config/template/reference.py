"""What stands between the braces of a text."""

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from fanin.config.late_pattern import LatePattern
from fanin.config.mistake import Mistake, shortened
from fanin.config.record import record
from fanin.config.template.escapes import ESCAPES
from fanin.config.values import Json
from fanin.errors import CallerNotAllowed, NotFound, SourceError, value_refused

RESERVED: Mapping[str, str] = MappingProxyType(
    {
        "caller": "it stands for who asks",
        "each": "it stands for the item of a list",
        "errors": "expressions call the problems of sources that",
        "input": "it stands for the client's body",
        "now": "it is kept for the time, to which nothing refers yet",
        "parameters": "expressions call the parameters of a request that",
        "request": "it is kept for the request as a whole, to which nothing refers yet",
    }
)
"""Names that no source and no parameter may have, and what they are for."""
BODY = "body"
"""What many call the client's body, which is `input` here."""

_REFERENCE = LatePattern(r'([a-z][a-z0-9_]*+)((?:\.(?:[A-Za-z0-9_\-]++|"[^"{}]++"))*+)(\?)?+(?::([a-z]++))?+')
_STEP = LatePattern(r'\.(?:([A-Za-z0-9_\-]++)|"([^"{}]++)")')
_BARE = LatePattern(r"[A-Za-z0-9_\-]+")
_UNQUOTED = LatePattern(r"([a-z][a-z0-9_]*+)\.([^\s{}\[\]\"]++)")
_ADDRESSES = frozenset(("address", "client", "client_ip", "ip", "remote_addr"))
"""What other languages call the client's address as a part of the request."""
_SIGNS = frozenset("/@#")
"""What a URL has, or a name of XML's or of JSON-LD, and no name without quotes."""
_SECRET = LatePattern(r"!([a-z][a-z0-9_]*)")
_FIX = (
    "Write {city} for a parameter, {geo.lat} for a field of a source's value, {input.name} for a field of the "
    "client's body, {$name} for a variable, {!name} for a secret; {{ for a literal brace"
)


@record
class ParameterReference:
    """A reference to a parameter of the request.

    Two references to the same value are equal, however they are written: `optional` and `escape` make no difference.

    Args:
        name: the parameter's.
        optional: whether null leaves out what it stands in, rather than the whole call.
        escape: the name of the escape for another language's quotes; empty without one.
    """

    name: str
    optional: bool = field(default=False, compare=False)
    escape: str = field(default="", compare=False)

    def __str__(self) -> str:
        """Give the reference as it is written."""
        return _as_written(self.name, self)


@record
class FieldReference:
    """A reference to a field of another source's value; a number in `path` is an index. Otherwise as a parameter's."""

    source: str
    path: tuple[str, ...]
    optional: bool = field(default=False, compare=False)
    escape: str = field(default="", compare=False)

    def __str__(self) -> str:
        """Give the reference as it is written."""
        return _as_written(_dotted(self.source, self.path), self)


@record
class InputReference:
    """A reference to the client's JSON body, or to a field of it. Otherwise as a field's."""

    path: tuple[str, ...] = ()
    optional: bool = field(default=False, compare=False)
    escape: str = field(default="", compare=False)

    def __str__(self) -> str:
        """Give the reference as it is written."""
        return _as_written(_dotted("input", self.path), self)


@record
class EachReference:
    """A reference to the item that a call is for, or to a field of it. Otherwise as a field's."""

    path: tuple[str, ...] = ()
    optional: bool = field(default=False, compare=False)
    escape: str = field(default="", compare=False)

    def __str__(self) -> str:
        """Give the reference as it is written."""
        return _as_written(_dotted("each", self.path), self)


@record
class CallerReference:
    """A reference to a claim of who asks. Otherwise as a field's."""

    path: tuple[str, ...]
    optional: bool = field(default=False, compare=False)
    escape: str = field(default="", compare=False)

    def __str__(self) -> str:
        """Give the reference as it is written."""
        return _as_written(_dotted("caller", self.path), self)


@record
class SecretReference:
    """A reference to a secret, whose value is in no file; put in last, where the request goes out."""

    name: str
    optional: bool = field(default=False, init=False, compare=False, repr=False)
    escape: str = field(default="", init=False, compare=False, repr=False)

    def __str__(self) -> str:
        """Give the reference as it is written."""
        return f"{{!{self.name}}}"


type Reference = (
    ParameterReference | FieldReference | InputReference | EachReference | CallerReference | SecretReference
)
type Scalar = str | int | float | bool
type Values = Mapping[Reference, Json]
"""What references stand for. A secret's value is a text."""


class RefusedValue(ValueError):
    """A value may not stand where a reference puts it."""

    def __init__(self, reference: Reference, reason: str) -> None:
        super().__init__(f"{reference} {reason}")
        self.reference = reference

    def error_of(self, source: str, detail: str = "", *, items_of_client: bool = False) -> SourceError:
        """Give what a source fails with for it.

        Args:
            source: the source's name.
            detail: what its problem says, unless that is what this error says.
            items_of_client: whether `{each}` stands for what the client sent.
        """
        detail = detail or str(self)
        if isinstance(self.reference, CallerReference):
            return CallerNotAllowed(source, detail)
        if isinstance(self, MissingValue):
            return NotFound(source, detail, attempts=0)
        item = items_of_client and isinstance(self.reference, EachReference)
        of_client = item or isinstance(self.reference, ParameterReference | InputReference)
        return value_refused(source, detail, of_client=of_client)


class MissingValue(RefusedValue):
    """There is no value for a reference that needs one."""

    def __init__(self, reference: Reference, reason: str = "has no value") -> None:
        super().__init__(reference, reason)


def read_reference(text: str) -> Reference:
    """Read what stands between braces.

    Raises:
        Mistake: it is no reference.
    """
    if found := _SECRET.compiled.fullmatch(text):
        return SecretReference(found[1])
    found = _REFERENCE.compiled.fullmatch(text)
    if found is None:
        raise Mistake("bad-reference", f"{{{shortened(text)}}} is no reference", _quoting(text) or _FIX)
    name, path = found[1], tuple(bare or quoted for bare, quoted in _STEP.compiled.findall(found[2]))
    optional, escape = found[3] is not None, found[4] or ""
    if escape and escape not in ESCAPES:
        raise Mistake("bad-reference", f"there is no escape {shortened(escape)!r}", f"Use one of: {', '.join(ESCAPES)}")
    if name == "input":
        return InputReference(path, optional, escape)
    if name == "each":
        return EachReference(path, optional, escape)
    if name == "caller" and path:
        return CallerReference(path, optional, escape)
    if name in RESERVED:
        raise Mistake("bad-reference", f"{{{shortened(text)}}} is no reference", _meant(name, path))
    if not path:
        return ParameterReference(name, optional, escape)
    return FieldReference(name, path, optional, escape)


def _quoting(text: str) -> str:
    """Say how to write a name that has to stand in quotes; empty if that is not what is wrong."""
    found = _UNQUOTED.compiled.fullmatch(text)
    if not found or _SIGNS.isdisjoint(found[2]):
        return ""
    optional = found[2].endswith("?")
    reference = f'{found[1]}."{shortened(found[2].removesuffix("?"))}"{"?" if optional else ""}'
    return f"Put the name in double quotes, in a text between single ones: '{{{reference}}}'"


def _meant(name: str, path: tuple[str, ...]) -> str:
    match name, path:
        case "parameters", (parameter, *_):
            return f"Write {{{shortened(parameter)}}}: `parameters` is a word of expressions"
        case "caller", _:
            return "Write a claim: {caller.sub}"
        case "errors", _:
            return "Only expressions know errors: write it in `when` or `compute`"
        case "now", _:
            return "There is no reference to the time: leave it to the API, or take it from clients as a parameter"
    if path and path[0] in _ADDRESSES:
        return 'A source gets the address of the client by forward = ["X-Forwarded-For"], as its last entry'
    return (
        "Parameters, headers and cookies are declared in [endpoints.NAME.parameters] and written {name}; the body is "
        "{input}, and who asks {caller.sub}"
    )


def _dotted(name: str, path: tuple[str, ...]) -> str:
    """Write a name and a path; a step that is no plain name stands in quotes."""
    return ".".join([name, *(step if _BARE.compiled.fullmatch(step) else f'"{step}"' for step in path)])


def _as_written(of: str, reference: Reference) -> str:
    optional, escape = "?" if reference.optional else "", f":{reference.escape}" if reference.escape else ""
    return f"{{{of}{optional}{escape}}}"
