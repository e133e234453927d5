"""The parts of a fanin.toml: itself, and the files that it includes, laid together; and where in them a key stands."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fanin.config.files import included_by
from fanin.config.finding import ConfigError, Finding, Key
from fanin.config.locate import Places
from fanin.config.mistake import Mistake, quoted

INCLUDE = "include"
MOST_INCLUDED = 100
"""Files that a fanin.toml may include."""
_VERSION = "fanin"

type Read = Callable[[Path, str], tuple[str, dict[str, Any]]]
"""Reads a file by its path and its name: its text, and its tables. Raises ConfigError."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file.

    Args:
        name: its path below the folder of fanin.toml; empty for fanin.toml itself.
        text: what stands in it.
    """

    name: str
    text: str


@dataclass(slots=True)
class Parts:
    """All of them.

    Args:
        files: fanin.toml itself, then the included ones, in their order.
        origins: the position of the file in which a table stands, by its kind and name, if that is an included one.
    """

    files: Sequence[Part]
    origins: Mapping[Key, int] = field(default_factory=dict)
    _places: dict[int, Places] = field(default_factory=dict)
    _lines: dict[str, list[str]] = field(default_factory=dict)

    def place(self, finding: Finding) -> Finding:
        """Say in which file, line and column a finding stands; those that it has already stay."""
        if finding.line or finding.file:
            return finding
        return self.place_in(self.origins.get(finding.key[:2], 0), finding)

    def place_in(self, at: int, finding: Finding) -> Finding:
        """Say where in one of the files a finding stands."""
        if at not in self._places:
            self._places[at] = Places(self.files[at].text)
        line, column = self._places[at].position(finding.key, finding.part)
        return replace(finding, file=self.files[at].name, line=line, column=column)

    def begins_with(self, placed: Finding, name: str) -> bool:
        """Tell whether the line in which a finding is placed begins with a name, and no dotted key that ends in it."""
        if placed.file not in self._lines:
            (text,) = (part.text for part in self.files if part.name == placed.file)
            self._lines[placed.file] = text.split("\n")
        return self._lines[placed.file][placed.line - 1].lstrip().startswith(name)

    def in_order(self, findings: Sequence[Finding]) -> list[Finding]:
        """Sort placed findings by file, line and column."""
        position = {part.name: at for at, part in enumerate(self.files)}
        return sorted(findings, key=lambda found: (position.get(found.file, 0), found.line, found.column))


def laid_together(
    text: str, data: dict[str, Any], file: str, folder: Path | None, read: Read
) -> tuple[Parts, dict[str, Any], list[Finding]]:
    """Add the tables of the included files to those of fanin.toml.

    Args:
        text: fanin.toml's.
        data: its tables.
        file: its name; it never includes itself.
        folder: where it is; None if it is in no file.
        read: reads an included file.

    Returns:
        the parts, all tables, and what is wrong with the parts.
    """
    main = Part("", text)
    if INCLUDE not in data:
        return Parts([main]), data, []
    whole: dict[str, Any] = {key: dict(value) if isinstance(value, dict) else value for key, value in data.items()}
    files, origins, found = [main], dict[Key, int](), list[Finding]()
    try:
        paths = [path for path in included_by(data[INCLUDE], folder) if path.name != file or path.parent != folder]
    except Mistake as mistake:
        return Parts(files), whole, [Finding(mistake.rule, (INCLUDE,), mistake.message, mistake.fix, part=mistake.part)]
    if len(paths) > MOST_INCLUDED:
        message = f"it includes {len(paths)} files, and may include {MOST_INCLUDED}"
        return Parts(files), whole, [Finding("bad-include", (INCLUDE,), message, "Put some of them together")]
    for path in paths:
        assert folder is not None
        name = path.relative_to(folder).as_posix()
        try:
            part_text, tables = read(path, name)
        except ConfigError as error:
            found += [replace(finding, file=name) for finding in error.findings]
            continue
        files.append(Part(name, part_text))
        found += _added(whole, tables, origins, files)
    return Parts(files, origins), whole, found


def _added(
    whole: dict[str, Any], tables: Mapping[str, Any], origins: dict[Key, int], files: Sequence[Part]
) -> Iterator[Finding]:
    """Add the tables of the last file to the whole; a name that is there already is a mistake."""
    at = len(files) - 1
    parts = Parts(files)
    for kind, entries in tables.items():
        if kind == _VERSION and entries == whole.get(_VERSION):
            continue
        if kind == INCLUDE or not isinstance(entries, dict) or not isinstance(whole.setdefault(kind, {}), dict):
            message = "an included file includes no others" if kind == INCLUDE else "an included file has only tables"
            yield parts.place_in(at, Finding("bad-include", (kind,), message, f"Write {kind} into fanin.toml itself"))
            continue
        for name, entry in entries.items():
            if name in whole[kind]:
                first = files[origins.get((kind, name), 0)].name or "fanin.toml itself"
                message = f"{quoted(name)} stands in {first} too"
                yield parts.place_in(
                    at, Finding("same-name", (kind, name), message, "Choose another name for one of them")
                )
                continue
            whole[kind][name] = entry
            origins[kind, name] = at
