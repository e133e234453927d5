"""A header's value with references."""

from dataclasses import dataclass

from fanin.config.mistake import Mistake
from fanin.config.template.reference import Reference, Refused, Values
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
        template = Template.parse(text)
        if not all(piece.isascii() and piece.isprintable() for piece in template.pieces if isinstance(piece, str)):
            raise Mistake("bad-header", "it has a character that a header may not have", "Write printable ASCII")
        return cls(template)

    def expand(self, values: Values) -> str:
        """Put the values in.

        Raises:
            Refused: a value has a character that could end the header, or is not ASCII.
        """
        return self.template.expand(values, _header_text)

    def check_parameters(self, values: Values) -> None:
        """Refuse parameters' values that could not be put in, before any call is made.

        Args:
            values: the parameters' values.

        Raises:
            Refused: as in `expand`.
        """
        for reference in self.template.references:
            if reference in values:
                _header_text(reference, written(values[reference]))


def _header_text(reference: Reference, text: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise Refused(reference, "has characters that a header may not have")
    return text
