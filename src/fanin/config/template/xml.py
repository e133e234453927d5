"""A body in XML with references, each of which stands for text: no value ends what it stands in."""

import re
from dataclasses import dataclass
from xml.parsers import expat

from fanin.config.mistake import Mistake
from fanin.config.template.body import within_limit
from fanin.config.template.reference import Reference, RefusedValue, Values
from fanin.config.template.text import Template

_PLACE = "\ue000"
"""Stands for a value while the document is checked; no name may have it (XML 1.0, production 4)."""
_ESCAPED = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&apos;",
    "\t": "&#9;",
    "\n": "&#10;",
    "\r": "&#13;",
}
_TO_ESCAPE = re.compile("[&<>\"'\t\n\r]")
_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What no XML document has, escaped or not (production 2)."""


@dataclass(frozen=True, slots=True)
class XmlTemplate:
    """A document whose texts and attributes may hold references."""

    template: Template

    @classmethod
    def parse(cls, text: str) -> "XmlTemplate":
        """Read a document, its variables already put in.

        Raises:
            Mistake: it is not well-formed, has a DTD, or says that it is no UTF-8; a reference stands for another part
                of it than a text or an attribute's value, or could leave something out; or as `Template.parse`.
        """
        template = Template.parse(text.strip())
        for reference in template.optional:
            fix = "Remove the question mark; a source with compute can give a text in place of null"
            raise Mistake("bad-body", f"nothing can be left out of XML for {reference}", fix, str(reference))
        _check("".join(piece if isinstance(piece, str) else _PLACE for piece in template.pieces))
        return cls(template)

    def encoded(self, values: Values) -> bytes:
        """Put the values in, and write it in UTF-8.

        Raises:
            RefusedValue: a value is a list or an object, or has a character that XML does not have; or it comes to over
                `MAX_BODY` bytes.
        """
        body = self.template.expand(values, _escaped).encode()
        return within_limit("body", body, self.template.references, values)


def _escaped(reference: Reference, text: str) -> str:
    if _NO_CHARACTER.search(text):
        raise RefusedValue(reference, "has a character that XML does not have")
    return _TO_ESCAPE.sub(lambda found: _ESCAPED[found[0]], text)


def _check(document: str) -> None:
    """Refuse what is no document, and values where they would be no text."""
    parser = expat.ParserCreate()
    within: list[str] = []

    def no_dtd(*_: object) -> None:
        raise Mistake("bad-body", "the XML has a DTD, which fanin sends none of", "Remove it")

    def declared(_version: str, encoding: str | None, _alone: int) -> None:
        if encoding and encoding.lower() != "utf-8":
            raise Mistake("bad-body", f"the XML says that it is {encoding}, and fanin sends UTF-8", 'Write "utf-8"')

    def no_text(text: str, *more: str) -> None:
        if _PLACE in "".join((text, *more)):
            message = "a reference stands in a comment, a processing instruction or CDATA, where no value can"
            raise Mistake("bad-body", message, "Write it as the text of an element, or as an attribute's value")

    parser.StartDoctypeDeclHandler = no_dtd
    parser.XmlDeclHandler = declared
    parser.CommentHandler = parser.ProcessingInstructionHandler = no_text
    parser.StartCdataSectionHandler = lambda: within.append("CDATA")
    parser.EndCdataSectionHandler = within.clear
    parser.CharacterDataHandler = lambda text: no_text(text) if within else None
    try:
        parser.Parse(document.encode(), True)  # noqa: FBT003 - expat takes it by its place
    except UnicodeEncodeError as error:
        raise Mistake("bad-body", "the XML has characters that are no Unicode text", "Remove them") from error
    except expat.ExpatError as error:
        message = f"the XML is not well-formed at line {error.lineno}: {expat.ErrorString(error.code)}"
        raise Mistake("bad-body", message, "Write one element with all others in it, each closed") from error
