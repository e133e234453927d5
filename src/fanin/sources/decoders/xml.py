"""xml: a document as objects: of an element, lists of children by name, `@name` of its attributes, and its `#text`."""

from fanin.config.values import Json
from fanin.engine.call import Response
from fanin.engine.footprint import memory_of
from fanin.errors import SourceUndecodable
from fanin.sources.decoders.charset import text_in
from fanin.sources.decoders.json import too_large
from fanin.sources.decoders.markup import Handlers, read

MAX_LEVELS = 60
"""Elements within each other; each takes two levels of JSON."""
TEXT = "#text"

_ELEMENT = memory_of(objects=1, members=2, lists=1, items=1, texts=1)
_ATTRIBUTE = memory_of(members=1, texts=1)
_NAME = memory_of(texts=1)


def value_of(source: str, response: Response, memory: int) -> Json:
    """Read a document as an object that has the root by its name; the arguments and errors of a `Decoder`."""
    text = text_in(source, response, xml=True)
    tree = _Tree(source, memory, memory_of(characters=2 * len(text), wide=not text.isascii()))
    read(source, text, Handlers(tree.start, tree.end, tree.text))
    return {tree.name: tree.root}


class _Tree:
    """Makes the objects, and counts what they take.

    Args:
        source: the source's name.
        memory: the most bytes that they may take.
        taken: those that names and texts take.
    """

    def __init__(self, source: str, memory: int, taken: int) -> None:
        self.name = ""
        self.root: dict[str, Json] = {}
        self._source = source
        self._memory = memory
        self._taken = taken
        self._open: list[dict[str, Json]] = []
        self._texts: list[list[str]] = []
        self._leaf: list[bool] = []
        self._elements: set[str] = set()
        self._attributes: dict[str, str] = {}

    def start(self, name: str, attributes: list[str]) -> None:
        """Begin an element."""
        if len(self._open) == MAX_LEVELS:
            raise SourceUndecodable(
                self._source, f"{self._source} answered with XML that is nested over {MAX_LEVELS} levels deep"
            )
        self._take(_ELEMENT + _ATTRIBUTE * (len(attributes) // 2))
        if name not in self._elements:
            self._take(_NAME)
            self._elements.add(name)
        element: dict[str, Json] = {}
        for at in range(0, len(attributes), 2):
            element[self._attribute(attributes[at])] = attributes[at + 1]
        if self._open:
            self._leaf[-1] = False
            siblings = self._open[-1].setdefault(name, [])
            assert isinstance(siblings, list)
            siblings.append(element)
        else:
            self.name, self.root = name, element
        self._open.append(element)
        self._texts.append([])
        self._leaf.append(True)

    def end(self, _name: str) -> None:
        """End an element: its text is there if it has no children, or if it is more than space."""
        element, text = self._open.pop(), "".join(self._texts.pop())
        if self._leaf.pop() or not (text == "" or text.isspace()):
            element[TEXT] = text

    def text(self, part: str) -> None:
        """Take a part of an element's text."""
        self._texts[-1].append(part)

    def _attribute(self, name: str) -> str:
        """Give the key of an attribute, the same text each time."""
        if name not in self._attributes:
            self._take(_NAME)
            self._attributes[name] = f"@{name}"
        return self._attributes[name]

    def _take(self, memory: int) -> None:
        self._taken += memory
        if self._taken > self._memory:
            raise too_large(self._source, self._memory)
