"""XML read event by event, with nothing declared and nothing external: expat under handlers that refuse DTDs."""

from collections.abc import Callable
from typing import NamedTuple
from xml.parsers import expat

from fanin.errors import SourceUndecodable

_BUFFER = 65_536
"""Bytes of text that are handed over at once."""


class Handlers(NamedTuple):
    """What is told of a document.

    Args:
        start: gets an element's name, and its attributes as names and values in turn.
        end: gets the name of an element that ends.
        text: gets a part of the text in the element that is open.
    """

    start: Callable[[str, list[str]], None]
    end: Callable[[str], None]
    text: Callable[[str], None]


def read(source: str, text: str, handlers: Handlers, *, names_dtd: bool = False) -> None:
    """Read a document.

    Args:
        source: the name of the source that it is from.
        text: the document, decoded; what it declares as its encoding does not count.
        handlers: are told of it. What they raise ends the reading.
        names_dtd: whether a document may name a DTD, which is not read.

    Raises:
        SourceUndecodable: it is not well-formed, declares anything by a DTD, or refers to what is not declared.
    """

    def doctype(_name: str, system: str | None, public: str | None, has_internal: int) -> None:
        if has_internal or ((system or public) and not names_dtd):
            raise SourceUndecodable(source, f"{source} answered with XML that has a DTD, which fanin does not read")

    def skipped(_name: str, _is_parameter: int) -> None:
        raise SourceUndecodable(source, f"{source} answered with XML that refers to an entity of a DTD")

    parser = expat.ParserCreate("utf-8", None, {})
    parser.buffer_text = True
    parser.buffer_size = _BUFFER
    parser.ordered_attributes = True
    parser.StartElementHandler = handlers.start
    parser.EndElementHandler = handlers.end
    parser.CharacterDataHandler = handlers.text
    parser.StartDoctypeDeclHandler = doctype
    parser.SkippedEntityHandler = skipped
    try:
        parser.Parse(text.encode(), True)  # noqa: FBT003 - that it is all there is
    except expat.ExpatError as error:
        raise SourceUndecodable(
            source, f"{source} answered with something that is not XML in line {error.lineno}"
        ) from error
