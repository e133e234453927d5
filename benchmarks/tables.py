"""Tables in Markdown, how figures are spelt in them, and their places in a document."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from benchmarks.statistics import ENOUGH, Ratio, Spread

_PLACE: Final = re.compile(r"<!-- of a run: ([a-z0-9-]+) -->.*?<!-- end -->", re.DOTALL)
NOTHING: Final = "\N{EN DASH}"


type Part = tuple[str, str]
"""A place in a document, and the Markdown for it."""


def table(name: str, title: str, head: Sequence[str], rows: Iterable[Sequence[str]], texts: int = 1) -> Part:
    """Write a table for a place. Behind the first `texts`, columns are numbers; the title may be the page's to say."""
    lines = [head, ["---"] * texts + ["---:"] * (len(head) - texts), *rows]
    text = "\n".join("| " + " | ".join(map(escaped, line)) + " |" for line in lines)
    return name, f"### {escaped(title)}\n\n{text}" if title else text


def escaped(text: str) -> str:
    """Escape what would be HTML or a column in Markdown."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")


def spread(samples: Sequence[float], digits: int = 0) -> str:
    """Spell a median, with its quartiles where there were rounds enough."""
    of = Spread.of(samples, 6)
    median, low, high = (number(one, digits) for one in (of.median, of.low, of.high))
    return median if of.rounds < ENOUGH else f"{median} ({low}\N{EN DASH}{high})"


def factor(of: Ratio | float | None, digits: int = 2) -> str:
    """Spell a ratio, with its interval where there were rounds enough; a dash without one."""
    if not isinstance(of, Ratio) or of.low is None:
        return number(of.times if isinstance(of, Ratio) else of, digits)
    low, high = number(of.low, digits), number(of.high, digits)
    return f"{number(of.times, digits)} ({f'from {low}' if of.high is None else f'{low}\N{EN DASH}{high}'})"


def number(value: float | None, digits: int = 0, missing: str = NOTHING) -> str:
    """Spell a number that may be missing."""
    return missing if value is None else "\N{INFINITY}" if math.isinf(value) else f"{value:z,.{digits}f}"


def filled(text: str, found: Mapping[str, str]) -> str:
    """Fill the places of a text; those of which there is nothing stay as they are."""
    return _PLACE.sub(lambda old: place(old[1], found[old[1]]) if old[1] in found else old[0], text)


def place(name: str, told: str = "") -> str:
    """Give a place with what there is for it."""
    return f"<!-- of a run: {name} -->{told and f'\n\n{told}\n\n'}<!-- end -->"
