"""What the values of a JSON text take in memory, told from the text before anything is made of it."""

import re
from dataclasses import dataclass
from functools import lru_cache

from fanin.config.memory import FIRST_MEMBER, LIST, MEMBER, NUMBER, OBJECT, SLOT, TEXT, WIDE, WIDE_TEXT

PER_BYTE = 8
"""Bytes of memory that a source's value may take for each byte of its `max_bytes`."""
LEAST = 4_000_000
"""Bytes of memory that a source's value may take however small its `max_bytes` is."""

_MOST_PER_BYTE = 64
"""More than any text needs for each of its bytes; the worst, lists in lists, needs 45."""

_CHARACTERS = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
"""Linear: it matches at every quote, be its string closed or not, so that no byte is looked at twice."""
_STRING = re.compile(_CHARACTERS, re.DOTALL)
_SOME_STRINGS = re.compile(rb'(?:[^"]*+%b){1,1000}+|[^"]++' % _CHARACTERS, re.DOTALL)
"""Text up to the end of a string; to replace all strings at once takes many times the text."""


@lru_cache
def memory_for(max_bytes: int) -> int:
    """Give the bytes of memory that a value may take.

    Args:
        max_bytes: the most bytes of the text that it is read from.
    """
    return max(PER_BYTE * max_bytes, LEAST)


def memory_of(  # noqa: PLR0913 - what values are made of
    *,
    objects: int = 0,
    lists: int = 0,
    members: int = 0,
    items: int = 0,
    texts: int = 0,
    characters: int = 0,
    wide: bool = True,
) -> int:
    """Give a number of bytes that values do not exceed, for formats other than JSON.

    Args:
        objects: how many objects.
        lists: how many lists.
        members: of all objects together; their keys are shared.
        items: of all lists together.
        texts: how many texts.
        characters: of all texts together, or the bytes that they are read from.
        wide: whether some may be beyond ASCII.
    """
    return (
        (OBJECT + FIRST_MEMBER) * objects
        + LIST * lists
        + MEMBER * members
        + SLOT * items
        + WIDE_TEXT * texts
        + (WIDE if wide else 1) * characters
    )


@dataclass(slots=True)
class Room:
    """What is left to all answers of a source together, such as its pages.

    Args:
        max_bytes: bytes of their bodies.
        memory: bytes of memory for their values.
    """

    max_bytes: int
    memory: int

    @classmethod
    def of(cls, max_bytes: int) -> "Room":
        """Give the room of a source, by its `max_bytes`."""
        return cls(max_bytes, memory_for(max_bytes))

    def take(self, body: bytes, values: bytes) -> None:
        """Take what an answer needs.

        Args:
            body: its body.
            values: its values, as JSON.
        """
        self.max_bytes -= len(body)
        self.memory -= _needed(values, self.memory)


def _needed(text: bytes, memory: int) -> int:
    """Give bytes of memory that a JSON text's values do not exceed; more exactly, if it would be over a limit."""
    wide = not text.isascii() or b"\\u" in text
    most = _most(text, len(text), wide=wide)
    return most if most <= memory else _most_outside(text, wide=wide)


def fits(text: bytes, memory: int) -> bool:
    """Tell whether the values of a JSON text surely take no more memory than that.

    A short text is not looked at. Of a longer one, bytes are counted that JSON gives its structure; only if these are
    too many, its strings are told from the rest, since they may hold the same bytes.

    Args:
        text: the text; one that is not JSON is no mistake here.
        memory: bytes.
    """
    if len(text) * _MOST_PER_BYTE <= memory:
        return True
    wide = not text.isascii() or b"\\u" in text
    if _most(text, len(text), wide=wide) <= memory:
        return True
    if TEXT * (text.count(b'"') - text.count(b'\\"')) // 2 > memory:
        return False  # to tell so many strings from the rest would take long
    return _most_outside(text, wide=wide) <= memory


def _most_outside(text: bytes, *, wide: bool) -> int:
    """Give a number of bytes that values do not exceed, with the strings told from the rest."""
    outside = b"".join([_STRING.sub(b'""', some[0]) for some in _SOME_STRINGS.finditer(text)])
    return _most(outside, len(text) - len(outside), wide=wide)


def _most(outside: bytes, in_strings: int, *, wide: bool) -> int:
    """Give a number of bytes that values do not exceed.

    Args:
        outside: the text; what its strings hold counts as structure.
        in_strings: bytes of its strings.
        wide: whether some may have characters beyond ASCII.
    """
    commas, members = outside.count(b","), outside.count(b":")
    lists, objects, strings = outside.count(b"["), outside.count(b"{"), outside.count(b'"') // 2
    signs = outside.count(b"-")
    others = len(outside) - commas - members - 2 * (lists + objects + strings)
    scalars = max(0, commas + 1 + members - strings)  # those that are not strings
    numbers = min(scalars, signs + max(0, others) // 3)  # up to 256 they are shared: one of its own has 3 bytes or a -
    return (
        SLOT * (commas + lists + objects)
        + LIST * lists
        + OBJECT * objects
        + FIRST_MEMBER * min(objects, members)
        + MEMBER * members
        + NUMBER * numbers
        + (WIDE_TEXT if wide else TEXT) * strings
        + (WIDE if wide else 1) * in_strings
    )
