"""URLs whose origin comes from a value: a whole URL by a reference, or one that begins with a parameter."""

from collections.abc import Iterator
from urllib.parse import quote

from fanin.config.late_pattern import LatePattern
from fanin.config.mistake import Mistake
from fanin.config.origins import origin_of
from fanin.config.record import record
from fanin.config.template.reference import (
    CallerReference,
    EachReference,
    FieldReference,
    InputReference,
    ParameterReference,
    Reference,
    RefusedValue,
    Values,
    read_reference,
)
from fanin.config.template.text import Template, text_of
from fanin.config.template.url import MAX_URL, UrlTemplate

_ONLY = LatePattern(r"\{([^{}!$]++)\}")
_BEGINS = LatePattern(r"\{([a-z][a-z0-9_]*+)\}(?=[/?])")
_ENCODED = LatePattern(r'[ "<>^`{|}\x80-\xff]')
_STAND_IN = "https://origin.invalid"


def from_outside(text: str) -> str:
    """Read a whole URL that is not the file's, such as a Location header's.

    It is held to what a URL of the file is held to. Spaces, bytes beyond ASCII and what else has no place in a URL are
    percent-encoded, as browsers do; a fragment is cut off.

    Args:
        text: the URL; characters beyond ASCII are bytes, read as Latin-1.

    Raises:
        ValueError: it is no absolute http or https URL that a request may be made to.
    """
    encoded = _ENCODED.compiled.sub(lambda found: f"%{ord(found[0]):02X}", text.partition("#")[0])
    return UrlTemplate.parse(encoded).expand({})


@record
class ReferredUrl:
    """A whole URL by a reference. Where it leads is for whoever expands it to judge.

    Args:
        reference: what it is.
    """

    reference: Reference

    @property
    def origin(self) -> str:
        """What it is drawn as: nobody knows its origin before."""
        return str(self.reference)

    @property
    def references(self) -> Iterator[Reference]:
        """The reference."""
        return iter((self.reference,))

    @property
    def path_references(self) -> Iterator[Reference]:
        """None: it has no path of its own."""
        return iter(())

    @property
    def texts(self) -> Iterator[Template]:
        """The reference, as a text."""
        return iter((Template((self.reference,)),))

    def expand(self, values: Values, separator: str | None = None) -> str:  # noqa: ARG002 - as UrlTemplate's
        """Give the URL.

        Raises:
            RefusedValue: it is none.
        """
        text = text_of(self.reference, values[self.reference])
        try:
            url = from_outside(quote(text, safe="".join(map(chr, range(128)))))
        except (ValueError, UnicodeError) as error:
            raise RefusedValue(self.reference, "is no absolute http or https URL") from error
        if len(url) > MAX_URL:
            raise RefusedValue(self.reference, f"is longer than {MAX_URL} characters")
        return url

    def check_parameters(self, values: Values) -> None:
        """Pass: no parameter stands in it."""


@record
class ChosenUrl:
    """A URL that begins with a parameter, which stands for one of the origins that the file names.

    Args:
        parameter: stands for the origin.
        behind: path and query, behind an origin that stands in for it.
    """

    parameter: ParameterReference
    behind: UrlTemplate

    @property
    def origin(self) -> str:
        """What it is drawn as."""
        return str(self.parameter)

    @property
    def references(self) -> Iterator[Reference]:
        """The parameter, then the references of path and query."""
        yield self.parameter
        yield from self.behind.references

    @property
    def path_references(self) -> Iterator[Reference]:
        """The references of the path."""
        return self.behind.path_references

    @property
    def texts(self) -> Iterator[Template]:
        """The parameter, then the texts of path and query."""
        yield Template((self.parameter,))
        yield from self.behind.texts

    def expand(self, values: Values, separator: str | None = None) -> str:
        """Put the values in, as `UrlTemplate.expand`.

        Raises:
            RefusedValue: the parameter is no origin; or as there.
        """
        origin = text_of(self.parameter, values[self.parameter])
        if origin_of(origin) != origin:
            raise RefusedValue(self.parameter, "is no origin")
        return origin + self.behind.expand(values, separator).removeprefix(_STAND_IN)

    def check_parameters(self, values: Values) -> None:
        """Refuse parameters' values that could not be put in; as `UrlTemplate.check_parameters`."""
        self.behind.check_parameters(values)


type AnyUrl = UrlTemplate | ReferredUrl | ChosenUrl


def read_url(text: str) -> AnyUrl:
    """Read the URL of a source, its variables already put in.

    Raises:
        Mistake: it is a parameter or another reference that may not be a whole URL; or as `UrlTemplate.parse`.
    """
    if found := _ONLY.compiled.fullmatch(text):
        reference = read_reference(found[1])
        if reference.optional or reference.escape:
            raise Mistake("bad-reference", "a whole URL has neither ? nor an escape", "Remove them", text)
        match reference:
            case FieldReference() | EachReference() | CallerReference() | InputReference(path=(_, *_)):
                return ReferredUrl(reference)
        message = f"{reference} cannot be a whole URL: anybody could say where the call goes"
        raise Mistake("bad-url", message, "Write https://host/path, or a field of another source: {page.next}", text)
    if found := _BEGINS.compiled.match(text):
        behind = UrlTemplate.parse(_STAND_IN + text[found.end() :])
        return ChosenUrl(ParameterReference(found[1]), behind)
    return UrlTemplate.parse(text)
