"""The form of API keys, by which they are read, and found where they do not belong.

fanin_<id>_<secret><checksum>
"""

import re
from collections.abc import Iterator

from fanin.config.finding import Finding

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""The digits of a key's secret and checksum."""
ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
"""The letters of a key's id: those of base 32, small, so that people can read one out."""
ID_LENGTH = 12
"""Letters of an id: 60 bits."""
SECRET_LENGTH = 26
"""Digits of a secret: 154 bits."""
CHECKSUM = 6
"""Digits of a checksum, which hold any number of 32 bits."""
KEY = (
    rf"fanin_(?P<id>[{ID_ALPHABET}]{{{ID_LENGTH}}})"
    rf"_(?P<secret>[{ALPHABET}]{{{SECRET_LENGTH}}})(?P<checksum>[{ALPHABET}]{{{CHECKSUM}}})"
)
"""The form of a key, as a regular expression."""

_IN_TEXT = re.compile(rf"(?<![0-9A-Za-z]){KEY}(?![0-9A-Za-z])")


def key_findings(text: str, file: str = "") -> Iterator[Finding]:
    """Warn of API keys that stand in a file, wherever they do; no finding repeats one.

    Args:
        text: the file's.
        file: the included file's name; empty for fanin.toml itself.
    """
    for number, line in enumerate(text.splitlines(), 1):
        for found in _IN_TEXT.finditer(line):
            fix = f"Remove it, run: fanin keys revoke {found['id']}, and make another"
            message = f"the API key {found['id']} stands here, and whoever reads the file has it"
            yield Finding("key-in-file", (), message, fix, line=number, column=found.start() + 1, file=file)


def without_keys(line: str) -> str:
    """Put stars in the place of the secrets of API keys, as many as there are characters."""
    return _IN_TEXT.sub(lambda found: f"fanin_{found['id']}_{'*' * (SECRET_LENGTH + CHECKSUM)}", line)
