"""Mistakes in fanin.toml, and the error that holds them."""

from collections.abc import Collection, Sequence

from fanin.config.mistake import nearest, quoted
from fanin.config.record import record
from fanin.errors import FaninError

type Key = tuple[str | int, ...]
"""The path of a key in fanin.toml, such as `("sources", "geo", "url")`; a number is a place in a list."""


@record
class Finding:
    """One mistake in fanin.toml.

    Args:
        rule: a stable name for the kind of mistake, such as `unknown-source`.
        key: the path of the key in the file, such as `("sources", "geo", "url")`; empty for the file itself.
        message: what is wrong.
        fix: what to write instead.
        line: 1-based line in the file; 0 where none can be named.
        column: 1-based column in its line, of the key or of the part; 0 where none can be named.
        part: what of the value is wrong, as the file has it; empty for the whole.
        file: the included file in which it stands; empty for fanin.toml itself.
    """

    rule: str
    key: Key
    message: str
    fix: str
    line: int = 0
    column: int = 0
    part: str = ""
    file: str = ""

    def __str__(self) -> str:
        """Give the finding as one line of text, without the file's name."""
        where = f"{self.line}:{self.column}: " if self.line else ""
        key = f"{'.'.join(map(str, self.key))}: " if self.key else ""
        return f"{where}{key}{self.message}. {self.fix} [{self.rule}]"


def unknown_source(key: Key, name: str, known: Collection[str]) -> Finding:
    """Tell of a name that no source has.

    Args:
        key: where it stands.
        name: the name.
        known: those that may be meant.
    """
    return Finding("unknown-source", key, f"there is no source {quoted(name)}", nearest(name, known), part=f'"{name}"')


class ConfigError(FaninError):
    """fanin.toml cannot be served.

    Args:
        findings: every mistake that was found, in the order of the file.
        file: the name of the file, for the message.
    """

    def __init__(self, findings: Sequence[Finding], file: str = "fanin.toml") -> None:
        super().__init__("\n".join(f"{finding.file or file}:{finding}" for finding in findings))
        self.findings = tuple(findings)
