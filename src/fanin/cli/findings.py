"""How findings are shown: each with its line of the file, or as JSON."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.text import Text

from fanin.config.callers.key_form import without_keys
from fanin.config.finding import Finding
from fanin.config.values import Json

type Severity = Literal["error", "warning"]

_COLOURS: dict[Severity, str] = {"error": "bold red", "warning": "bold yellow"}
_KEY = re.compile(r"[^\s=\]]+")


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found in a file.

    Args:
        file: the file, as the command line names it, or `<stdin>`.
        text: its content; empty where it cannot be read.
        errors: the mistakes for which it cannot be served.
        warnings: what keeps it from nothing.
    """

    file: str
    text: str
    errors: Sequence[Finding] = ()
    warnings: Sequence[Finding] = ()

    @property
    def json(self) -> Json:
        """The findings in the order in which they are shown."""
        found: list[Json] = [
            {
                "severity": severity,
                "rule": finding.rule,
                **({"file": self._file_of(finding)} if finding.file else {}),
                "line": finding.line,
                "column": finding.column,
                "key": list(finding.key),
                "message": finding.message,
                "fix": finding.fix,
            }
            for severity, finding in self._all()
        ]
        return {
            "file": self.file,
            "errors": len(self.errors),
            "warnings": len(self.warnings),
            "findings": found,
        }

    def show(self, console: Console) -> None:
        """Print each finding; its first line is as compilers write it, which editors can read."""
        texts = {"": self.text.splitlines()}
        for severity, finding in self._all():
            if finding.file not in texts:
                texts[finding.file] = _lines_of(Path(self._file_of(finding)))
            for line in self._lines(severity, finding, texts[finding.file]):
                console.print(line, soft_wrap=True)

    def _file_of(self, finding: Finding) -> str:
        """Name the file of a finding as the command line would."""
        return str(Path(self.file).parent / finding.file) if finding.file else self.file

    @property
    def counted(self) -> str:
        """How many there are, such as `2 errors, 1 warning`."""
        numbers = ((len(self.errors), "error"), (len(self.warnings), "warning"))
        return ", ".join(f"{number} {word}{'s' * (number != 1)}" for number, word in numbers if number)

    def _all(self) -> Iterator[tuple[Severity, Finding]]:
        for error in self.errors:
            yield "error", error
        for warning in self.warnings:
            yield "warning", warning

    def _lines(self, severity: Severity, finding: Finding, lines: Sequence[str]) -> Iterator[Text]:
        where = ":".join(map(str, [self._file_of(finding), *([finding.line, finding.column] if finding.line else [])]))
        key = f"{'.'.join(map(str, finding.key))}: " if finding.key else ""
        yield Text.assemble(
            (where, "bold"),
            ": ",
            (severity, _COLOURS[severity]),
            f": {key}{finding.message} ",
            (f"[{finding.rule}]", "dim"),
        )
        if 0 < finding.line <= len(lines):
            line, column = lines[finding.line - 1], max(finding.column, 1)
            key_there = _KEY.match(line, column - 1)
            marked = len(key_there[0]) if key_there else 1
            if finding.part and line.startswith(finding.part, column - 1):
                marked = len(finding.part)
            yield Text.assemble((f"{finding.line:5} | ", "dim"), without_keys(line))
            yield Text.assemble(("      | ", "dim"), " " * (column - 1), ("^" * marked, _COLOURS[severity]))
        yield Text.assemble(("  fix", "bold green"), f": {finding.fix}")


def _lines_of(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
