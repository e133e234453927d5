"""Where a key stands in the text of a TOML file.

TOML's parser gives no positions for keys, so the path of a key is looked up in the text when a finding is shown.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

_STRINGS_AND_COMMENTS = re.compile(
    r'"""(?:[^\\]|\\.)*?(?:"{3,5}|\Z)|\'\'\'.*?(?:\'{3,5}|\Z)|"(?:[^"\\\n]|\\[^\n])*+"?|\'[^\'\n]*+\'?|#[^\n]*',
    re.DOTALL,
)
"""Strings that nobody ends are taken too, to the end of their line or of the text: so no part is read twice."""
_HEADER = re.compile(r"[ \t]*\[\[?([^\[\]\n]+)\]\]?[ \t]*$")
_KEY = r"(?:[A-Za-z0-9_-]+|\"[^\"\n]*\"|'[^'\n]*')"
_KEYS = re.compile(rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*")
_ASSIGNMENT = re.compile(rf"(?:^|[{{,])[ \t]*({_KEYS.pattern})[ \t]*=[ \t]*", re.MULTILINE)
_ROOT = 0
_MOST_BELOW = 100
"""Keys below one that are passed over in search of its end."""
_SHORT = 10_000
"""Characters of a value that may be searched from its beginning again for each finding."""


class Places:
    """Where the keys of a text are, found in one pass over it.

    Args:
        text: the file, which TOML's parser has taken.
    """

    def __init__(self, text: str) -> None:
        self._text = text = text.replace("\r\n", "\n")
        self._line_starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._below: dict[tuple[int, str], int] = {}
        self._offsets, self._parents = [0], [0]
        self._values: dict[int, int] = {}
        self._read(text)
        self._in_order = sorted(zip(self._offsets, range(len(self._offsets)), strict=True))
        self._searched: dict[int, int] = {}

    def position(self, key: Sequence[str | int], part: str = "") -> tuple[int, int]:
        """Find the line and column, both from 1, of a key or of the nearest table or key around it; (0, 0) for none.

        Args:
            key: the path of the key; the numbers in it are positions in lists, and are passed over.
            part: of its value; where the text has it, its own line and column.
        """
        node = _ROOT
        for name in key:
            if isinstance(name, str):
                if (below := self._below.get((node, name))) is None:
                    break
                node = below
        if node == _ROOT:
            return 0, 0
        offset = self._part(node, part) if part else self._offsets[node]
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def _part(self, node: int, part: str) -> int:
        """Find a part of a value, before the next key; the search goes on where the last one for this key ended."""
        key = self._offsets[node]
        begins = self._values.get(node, key)
        end = self._end_of(node)
        found = self._text.find(part, self._searched.get(node, begins), end)
        if found < 0 and end - key < _SHORT:
            found = self._text.find(part, begins, end)
        if found < 0:
            return key
        self._searched[node] = found + len(part)
        return found

    def _end_of(self, node: int) -> int:
        """Find where the first key begins that stands behind a key, and not below it; of many below it, one of them."""
        behind = bisect_right(self._in_order, (self._offsets[node], node))
        for offset, other in self._in_order[behind : behind + _MOST_BELOW]:
            above = other
            while above > node:
                above = self._parents[above]
            if above != node:
                return offset
        rest = self._in_order[behind + _MOST_BELOW : behind + _MOST_BELOW + 1]
        return rest[0][0] if rest else len(self._text)

    def _read(self, text: str) -> None:
        """Go through the headers and assignments. What is open around a line is known, and never counted anew."""
        table = _ROOT
        inline: list[tuple[int, int]] = []
        offset = depth = 0
        for line in masked(text).splitlines(keepends=True):
            if header := _HEADER.match(line.rstrip("\n")):
                start, end = offset + header.start(1), offset + header.end(1)
                table, inline = self._node(_ROOT, text[start:end], start), []
            else:
                counted = 0
                for found in _ASSIGNMENT.finditer(line.rstrip("\n")):
                    depth += line.count("{", counted, found.start(1)) - line.count("}", counted, found.start(1))
                    counted = found.start(1)
                    while inline and inline[-1][0] >= depth:
                        inline.pop()
                    start, end = offset + found.start(1), offset + found.end(1)
                    around = inline[-1][1] if inline else table
                    node = self._node(around, text[start:end], start)
                    self._values.setdefault(node, offset + found.end())
                    inline.append((depth, node))
                depth += line.count("{", counted) - line.count("}", counted)
            offset += len(line)

    def _node(self, around: int, keys: str, offset: int) -> int:
        """Give the number of a dotted key below another; what is met for the first time is at this offset."""
        node = around
        for part in _split(keys):
            below = self._below.setdefault((node, part), len(self._offsets))
            if below == len(self._offsets):
                self._offsets.append(offset)
                self._parents.append(node)
            node = below
        return node


def masked(text: str) -> str:
    """Blank the inside of strings and comments of a text that need not be TOML, keeping its length and lines."""
    return _STRINGS_AND_COMMENTS.sub(_mask, text)


def dotted_keys(masked_text: str) -> Iterator[tuple[int, int]]:
    """Give offset and number of parts of what may be a key."""
    return ((found.start(), len(_split(found[0]))) for found in _KEYS.finditer(masked_text))


def place_of(text: str, offset: int) -> tuple[int, int]:
    """Give line and column, both from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _mask(found: re.Match[str]) -> str:
    """Blank a string's or comment's inside, keeping its length and its line ends; quoted keys keep their quotes."""
    whole = found[0]
    if whole[0] == "#":
        return " " * len(whole)
    if len(whole) == 1:
        return whole
    return whole[0] + re.sub(r"[^\n]", "_", whole[1:-1]) + whole[-1]


def _split(keys: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in re.findall(_KEY, keys))
