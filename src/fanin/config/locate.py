"""Where a key stands in the text of a TOML file.

TOML's parser gives no positions for keys, so the path of a key is looked up in the text when a finding is shown.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

_STRINGS_AND_COMMENTS = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*', re.DOTALL
)
_HEADER = re.compile(r"[ \t]*\[\[?([^\[\]\n]+)\]\]?[ \t]*$")
_KEY = r"(?:[A-Za-z0-9_-]+|\"[^\"\n]*\"|'[^'\n]*')"
_KEYS = re.compile(rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*")
_ASSIGNMENT = re.compile(rf"(?:^|[{{,])[ \t]*({_KEYS.pattern})[ \t]*=", re.MULTILINE)


def position(text: str, key: Sequence[str | int]) -> tuple[int, int]:
    """Find the line and column, both from 1, of a key or of the nearest table or key around it; (0, 0) for none.

    Args:
        text: the file.
        key: the path of the key; the numbers in it are positions in lists, and are passed over.
    """
    text = text.replace("\r\n", "\n")
    wanted = tuple(part for part in key if isinstance(part, str))
    best: tuple[int, int] | None = None
    for path, offset in _keys(text):
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(path, wanted, strict=False)))
        if shared > (best[0] if best else 0):
            best = (shared, offset)
    if best is None:
        return 0, 0
    line_start = text.rfind("\n", 0, best[1]) + 1
    return text.count("\n", 0, line_start) + 1, best[1] - line_start + 1


def _keys(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Give each header's and each assignment's path with the offset of its last part's text."""
    masked = _STRINGS_AND_COMMENTS.sub(_mask, text)
    table: tuple[str, ...] = ()
    inline: list[tuple[int, tuple[str, ...]]] = []
    offset = 0
    for line in masked.splitlines(keepends=True):
        if header := _HEADER.match(line.rstrip("\n")):
            table, inline = _split(text[offset + header.start(1) : offset + header.end(1)]), []
            yield table, offset + header.start(1)
        else:
            for found in _ASSIGNMENT.finditer(line.rstrip("\n")):
                start = offset + found.start(1)
                depth = masked.count("{", 0, start) - masked.count("}", 0, start)
                inline = [entry for entry in inline if entry[0] < depth]
                prefix = inline[-1][1] if inline else table
                path = prefix + _split(text[start : offset + found.end(1)])
                inline.append((depth, path))
                yield path, start
        offset += len(line)


def _mask(found: re.Match[str]) -> str:
    """Blank a string's or comment's inside, keeping its length and its line ends; quoted keys keep their quotes."""
    whole = found[0]
    if whole[0] == "#":
        return " " * len(whole)
    return whole[0] + re.sub(r"[^\n]", "_", whole[1:-1]) + whole[-1]


def _split(keys: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in re.findall(_KEY, keys))
