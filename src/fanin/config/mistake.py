"""What validators of fanin.toml raise, and how they write what they found."""

import re
from collections.abc import Collection

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_MOST_TEXT = 100
"""Characters of a value in a message."""
_MOST_NAMES = 64
"""Names in a message."""
_MOST_NAME = 60
"""Characters of a name in a list of them."""

_MOST_COMPARED = 256
"""Names that an unknown word is compared with."""
_LONGEST_COMPARED = 100
"""Characters of a word that is compared."""


class Mistake(ValueError):
    """One value in fanin.toml is wrong; pydantic adds where.

    Args:
        rule: a stable name for the kind of mistake.
        message: what is wrong.
        fix: what to write instead.
        part: what of the value is wrong, as the file has it; empty for the whole.
    """

    def __init__(self, rule: str, message: str, fix: str, part: str = "") -> None:
        super().__init__(f"{message}. {fix}")
        self.rule = rule
        self.message = message
        self.fix = fix
        self.part = part


def shortened(text: str, most: int = _MOST_TEXT) -> str:
    """Leave out the middle of a text that is too long for a message."""
    if len(text) <= most:
        return text
    half = (most - 1) // 2
    return f"{text[:half]}…{text[-half:]}"


def quoted(value: object) -> str:
    """Write a value of the file as Python does, without its middle where it is long."""
    try:
        return repr(shortened(value)) if isinstance(value, str) else shortened(repr(value))
    except ValueError:  # an integer of thousands of digits, which Python does not write
        return "the number"


def name_like(text: str) -> str:
    """Give the name that is most like a text: lower-case letters, digits and _, a letter first; "" where none is."""
    if _NAME.fullmatch(text):
        return text
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text[:_MOST_TEXT])
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).lstrip("_0123456789").rstrip("_")


def listed(names: Collection[str]) -> str:
    """Write names in alphabetical order; of many, the first of the file, and how many others there are."""
    if len(names) <= _MOST_NAMES:
        return ", ".join(shortened(name, _MOST_NAME) for name in sorted(names))
    first = [shortened(name, _MOST_NAME) for name, _ in zip(names, range(_MOST_NAMES), strict=False)]
    return f"{', '.join(first)} and {len(names) - _MOST_NAMES} others"


def by_word(**meant: str) -> dict[str, str]:
    """Read what several words mean, `minimum="min least"`, as a table of meanings by words."""
    return {word: meaning for meaning, words in meant.items() for word in words.split()}


def nearest(word: str, known: Collection[str]) -> str:
    """Write what to use in place of an unknown word.

    The word is compared with a bounded number of names, so that the time for a file grows with its mistakes only.
    """
    import difflib  # noqa: PLC0415 - no part of the cold start of a file without a mistake

    comparable = len(known) <= _MOST_COMPARED and len(word) <= _LONGEST_COMPARED
    close = difflib.get_close_matches(word, known, 1) if comparable else []
    return f"Write {quoted(close[0])}" if close else f"Use one of: {listed(known) or 'none is defined'}"
