"""A form (application/x-www-form-urlencoded) with references in its fields."""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from fanin.config.mistake import Mistake, quoted
from fanin.config.record import record
from fanin.config.template.body import within_limit
from fanin.config.template.query import expanded
from fanin.config.template.reference import Reference, Values
from fanin.config.template.text import Template, written
from fanin.config.values import Json

_FIX = "Write a text, a number, a boolean, or a list of them"


@record
class FormTemplate:
    """A form whose fields may hold references.

    Args:
        fields: each field's name and value as they are written, a name once for each value.
    """

    fields: tuple[tuple[str, Template], ...]

    @classmethod
    def parse(cls, fields: Mapping[str, Json]) -> "FormTemplate":
        """Cut every value at its references; a list repeats its field.

        Raises:
            Mistake: a value is neither a text, a number, a boolean nor a list of these; or as `Template.parse`.
        """
        read = []
        for name, value in fields.items():
            for item in value if isinstance(value, list) else [value]:
                if not isinstance(item, str | int | float | bool):
                    raise Mistake("bad-body", f"the field {quoted(name)} has a value that a form cannot have", _FIX)
                text = item if isinstance(item, str) else written(item)
                read.append((name, Template.parse(text)))
        return cls(tuple(read))

    @property
    def texts(self) -> Iterator[Template]:
        """Its values, in their order."""
        return (text for _, text in self.fields)

    def encoded(self, values: Values) -> bytes:
        """Put the values in, percent-encoded. A list repeats its field, as it repeats its pair in a query.

        Raises:
            RefusedValue: it comes to over `MAX_BODY` bytes; or as `QueryTemplate.expand`.
        """
        body = "&".join(expanded([_pair(name, text) for name, text in self.fields], values, None)).encode()
        return within_limit("form", body, self._references, values)

    @property
    def _references(self) -> Iterator[Reference]:
        return (reference for text in self.texts for reference in text.references)


def _pair(name: str, text: Template) -> Template:
    literals = (quote(piece, safe="") if isinstance(piece, str) else piece for piece in text.pieces)
    return Template((f"{quote(name, safe='')}=", *literals))
