"""csv: a table whose first row names its columns, read as a list of objects of texts (RFC 4180)."""

import csv
import re
from io import StringIO

from fanin.config.values import Json
from fanin.engine.call import Response
from fanin.engine.footprint import memory_of
from fanin.errors import SourceUndecodable
from fanin.sources.decoders.charset import text_in
from fanin.sources.decoders.json import too_large

_QUOTED = re.compile(r'(?:\A|(?<=[,\r\n]))"(?:[^"]++|"")*+"?')
"""A field in quotes. A quote further on in a field is a character of it, and hides no comma and no line end."""


def value_of(source: str, response: Response, memory: int) -> list[Json]:
    """Read the rows of a table; the arguments and errors of a `Decoder`.

    Lines may end in LF or CR too. An empty line is no row. A row with fewer fields lacks those of the last columns.

    Raises:
        SourceUndecodable: also if a column has the name of another, a row more fields than columns, or a text a NUL.
    """
    text = text_in(source, response)
    if _most(text, len(text)) > memory and _most(_QUOTED.sub("", text), len(text)) > memory:
        raise too_large(source, memory)
    if "\0" in text:
        raise SourceUndecodable(source, f"{source} answered with a NUL, which CSV does not have")
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    names: list[str] = []
    rows: list[Json] = []
    try:
        for row in reader:
            if not row:
                continue
            if not names:
                names = row
                if len(set(names)) < len(names):
                    raise SourceUndecodable(source, f"{source} answered with CSV in which two columns have one name")
            elif len(row) > len(names):
                raise SourceUndecodable(
                    source, f"{source} answered with CSV whose line {reader.line_num} has more fields than columns"
                )
            else:
                rows.append(dict(zip(names, row, strict=False)))
    except csv.Error as error:
        raise SourceUndecodable(
            source, f"{source} answered with something that is not CSV in line {reader.line_num}"
        ) from error
    return rows


def _most(text: str, characters: int) -> int:
    """Give a number of bytes that the rows of a table do not exceed; a comma or line end in it may begin a field."""
    lines = text.count("\n") + text.count("\r") - text.count("\r\n") + 1
    fields = text.count(",") + lines
    return memory_of(
        objects=lines, members=fields, items=lines, texts=fields, characters=characters, wide=not text.isascii()
    )
