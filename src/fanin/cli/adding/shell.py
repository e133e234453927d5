"""A command line as it is copied from a page or a browser, cut into words as shells cut it."""

import re
import shlex
from collections.abc import Iterator
from typing import Final

from fanin.local.process.console import Problem

MOST_CHARACTERS: Final = 100_000
"""Of a command line."""
_PIECE: Final = re.compile(
    r"""(?P<quoted>'[^']*+'|"(?:[^"\\]|\\.)*+")|\$'(?P<escaped>(?:[^'\\]|\\.)*+)'|\\.|[^'"\\$]++|.""", re.DOTALL
)
"""A text in quotes, one in $'…', a character behind a backslash, what has none of these, or a lone character."""
_ESCAPE: Final = re.compile(
    r"\\(?:(?P<named>[abeEfnrtv\\'\"?])|x(?P<hex>[0-9A-Fa-f]{1,2})|(?P<octal>[0-7]{1,3})"
    r"|u(?P<short>[0-9A-Fa-f]{1,4})|U(?P<long>[0-9A-Fa-f]{1,8}))"
)
_LAST_OF_ASCII: Final = 0x7F
_NAMED: Final = dict(zip("abeEfnrtv\\'\"?", "\a\b\x1b\x1b\f\n\r\t\v\\'\"?", strict=True))


def bare(text: str) -> str:
    """Give a command line without comments before it and a prompt."""
    rest = text.lstrip()
    while rest.startswith("#"):
        rest = rest.partition("\n")[2].lstrip()
    return rest.removeprefix("$ ").lstrip()


def words(text: str) -> list[str]:
    """Cut a command line into its words. A text in $'…', as browsers copy it, is read as bash does.

    Raises:
        Problem: it is too long, or a quote has no partner.
    """
    if len(text) > MOST_CHARACTERS:
        raise Problem(f"the command has over {MOST_CHARACTERS} characters.")
    plain = bare(text).replace("\\\r\n", " ").replace("\\\n", " ")
    try:
        return shlex.split("".join(_unescaped(plain)))
    except ValueError as error:
        raise Problem(f"the command cannot be read: {str(error).lower()}.") from error


def _unescaped(text: str) -> Iterator[str]:
    """Give a command line in pieces, with plain quotes in the place of $'…'."""
    for piece in _PIECE.finditer(text):
        escaped = piece["escaped"]
        yield piece[0] if escaped is None else shlex.quote(_whole(_ESCAPE.sub(_character, escaped)))


def _whole(text: str) -> str:
    """Make one character of the two halves that browsers write of some.

    Raises:
        ValueError: a half has no other.
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16")


def _character(escape: re.Match[str]) -> str:
    """Give what an escape of bash's stands for.

    Raises:
        ValueError: there is no such character, or it is a byte, and no character by itself.
    """
    if escape["named"]:
        return _NAMED[escape["named"]]
    if number := escape["short"] or escape["long"]:
        return chr(int(number, 16))
    byte = int(escape["hex"], 16) if escape["hex"] else int(escape["octal"], 8)
    if byte > _LAST_OF_ASCII:
        raise ValueError(f"{escape[0]} is a part of a character")
    return chr(byte)
