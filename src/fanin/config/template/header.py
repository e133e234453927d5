"""A header's value with references."""

from dataclasses import dataclass

from fanin.config.mistake import Mistake
from fanin.config.template.reference import Reference, RefusedValue, Values
from fanin.config.template.text import Template, written


@dataclass(frozen=True, slots=True)
class HeaderTemplate:
    """A header's value with references."""

    template: Template

    @classmethod
    def parse(cls, text: str) -> "HeaderTemplate":
        """Read a value, its variables already put in.

        Raises:
            Mistake: it has a character that could end the header, or is not ASCII; or as `Template.parse`.
        """
        return cls(checked_for_header(Template.parse(text)))

    def expand(self, values: Values) -> str:
        """Put the values in.

        Raises:
            RefusedValue: a value has a character that could end the header, or is not ASCII.
        """
        return self.template.expand(values, header_text)

    def check_parameters(self, values: Values) -> None:
        """Refuse parameters' values that could not be put in, before any call is made.

        Args:
            values: the parameters' values.

        Raises:
            RefusedValue: as in `expand`.
        """
        for reference in self.template.references:
            if reference in values:
                header_text(reference, written(values[reference]))


def checked_for_header(template: Template) -> Template:
    """Give a template back whose literals may stand in a header.

    Raises:
        Mistake: one has a character that could end the header, or is not ASCII.
    """
    if not all(piece.isascii() and piece.isprintable() for piece in template.pieces if isinstance(piece, str)):
        raise Mistake("bad-header", "it has a character that a header may not have", "Write printable ASCII")
    return template


def header_text(reference: Reference, text: str) -> str:
    """Give a value back that may stand in a header.

    Raises:
        RefusedValue: it may not.
    """
    if not text.isascii() or not text.isprintable():
        raise RefusedValue(reference, "has characters that a header may not have")
    return text
