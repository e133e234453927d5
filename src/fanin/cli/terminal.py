"""Where output goes: results to the standard output, what is said about them to the error stream.

Colours and the terminal's width are used where there is a terminal, and nowhere else.
"""

import json
import sys
from typing import TextIO

from rich.console import Console
from rich.text import Text

from fanin.config.values import Json

WIDTH_OF_NO_TERMINAL = 160
"""Columns where output goes to a file or another program."""


def output() -> Console:
    """Give the console of the standard output."""
    return _console(sys.stdout)


def messages() -> Console:
    """Give the console of the error stream."""
    return _console(sys.stderr)


def print_json(value: Json) -> None:
    """Print JSON to the standard output, to be read by a program or a person."""
    console = output()
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if console.is_terminal:
        console.print_json(text)
    else:
        console.print(Text(text), soft_wrap=True)


def _console(stream: TextIO) -> Console:
    """Make a console that prints text as it is: what is printed comes from files and from sources."""
    width = None if stream.isatty() else WIDTH_OF_NO_TERMINAL
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)
