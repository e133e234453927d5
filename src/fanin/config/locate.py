"""Where a key stands in the text of a TOML file.

TOML's parser gives no positions for keys, so the path of a key is looked up in the text when a finding is shown.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence

_STRINGS_AND_COMMENTS = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*', re.DOTALL
)
_HEADER = re.compile(r"[ \t]*\[\[?([^\[\]\n]+)\]\]?[ \t]*$")
_KEY = r"(?:[A-Za-z0-9_-]+|\"[^\"\n]*\"|'[^'\n]*')"
_KEYS = re.compile(rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*")
_ASSIGNMENT = re.compile(rf"(?:^|[{{,])[ \t]*({_KEYS.pattern})[ \t]*=", re.MULTILINE)
_ROOT = 0


class Places:
    """Where the keys of a text are, found in one pass over it.

    Args:
        text: the file, which TOML's parser has taken.
    """

    def __init__(self, text: str) -> None:
        text = text.replace("\r\n", "\n")
        self._line_starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._below: dict[tuple[int, str], int] = {}
        self._offsets = [0]
        self._read(text)

    def position(self, key: Sequence[str | int]) -> tuple[int, int]:
        """Find the line and column, both from 1, of a key or of the nearest table or key around it; (0, 0) for none.

        Args:
            key: the path of the key; the numbers in it are positions in lists, and are passed over.
        """
        node = _ROOT
        for part in key:
            if isinstance(part, str):
                if (below := self._below.get((node, part))) is None:
                    break
                node = below
        if node == _ROOT:
            return 0, 0
        offset = self._offsets[node]
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def _read(self, text: str) -> None:
        """Go through the headers and assignments. What is open around a line is known, and never counted anew."""
        masked = _STRINGS_AND_COMMENTS.sub(_mask, text)
        table = _ROOT
        inline: list[tuple[int, int]] = []
        offset = depth = 0
        for line in masked.splitlines(keepends=True):
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
                    inline.append((depth, self._node(around, text[start:end], start)))
                depth += line.count("{", counted) - line.count("}", counted)
            offset += len(line)

    def _node(self, around: int, keys: str, offset: int) -> int:
        """Give the number of a dotted key below another; what is met for the first time is at this offset."""
        node = around
        for part in _split(keys):
            below = self._below.setdefault((node, part), len(self._offsets))
            if below == len(self._offsets):
                self._offsets.append(offset)
            node = below
        return node


def _mask(found: re.Match[str]) -> str:
    """Blank a string's or comment's inside, keeping its length and its line ends; quoted keys keep their quotes."""
    whole = found[0]
    if whole[0] == "#":
        return " " * len(whole)
    return whole[0] + re.sub(r"[^\n]", "_", whole[1:-1]) + whole[-1]


def _split(keys: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in re.findall(_KEY, keys))
