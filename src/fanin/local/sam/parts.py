"""The parts of a template, and the template without some of them.

In template.yaml a part stands between the comments `# --- PART: name` and `# --- END: name`. It can stand in several
places, and around or in other parts. A part `name-kept` is what stays when the switch of the part `name` is off: its
tables, and the switch itself.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from fanin.local.process.console import Problem

SWITCHES: Final[Mapping[str, tuple[str, ...]]] = {
    "Contrast": ("sync", "django"),
    "Jobs": ("jobs",),
    "WebSocket": ("websocket",),
    "Streaming": ("streaming",),
    "Database": ("database",),
    "Alarms": ("alarms",),
    "Release": ("release",),
}
"""The parts that each parameter switches, `on` or `off`."""
OFF_BY_DEFAULT: Final = frozenset({"Database", "Release", "Streaming"})
"""The parameters that are off where an environment says nothing. The others are on, as in the template."""
_MARK: Final = re.compile(r" *# --- (PART|END): ([a-z-]+)")


def switched_off(parameters: Mapping[str, str]) -> frozenset[str]:
    """Name the parts that are switched off.

    Args:
        parameters: the template's parameters that an environment sets.
    """
    values = {switch: "off" if switch in OFF_BY_DEFAULT else "on" for switch in SWITCHES} | dict(parameters)
    return frozenset(name for switch, names in SWITCHES.items() if values[switch] == "off" for name in names)


def built(text: str, parameters: Mapping[str, str]) -> str:
    """Give a template without the parts that are switched off.

    Args:
        text: the template, as it is written. A project has only some of the parts.
        parameters: the template's parameters that an environment sets.

    Raises:
        Problem: a part has no end or no beginning.
    """
    return without(text, switched_off(parameters) & marked(text))


def marked(text: str) -> frozenset[str]:
    """Name the parts that a template has."""
    found = (_MARK.fullmatch(line.rstrip()) for line in text.splitlines())
    return frozenset(mark[2] for mark in found if mark)


def without(text: str, parts: Iterable[str]) -> str:
    """Give a template without some of its parts.

    Args:
        text: the template, as it is written.
        parts: the names of those that go. One that is to go for good goes with what is kept of it: `jobs` and
            `jobs-kept`.

    Raises:
        Problem: a part has no end or no beginning, or the template has no part of a name.
    """
    going = set(parts)
    found: set[str] = set()
    within: list[str] = []
    lines = []
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        kind, name = mark.groups() if (mark := _MARK.fullmatch(line.rstrip())) else ("", "")
        if kind == "PART":
            within.append(name)
            found.add(name)
        if not going & set(within):
            lines.append(line)
        if kind == "END":
            if within[-1:] != [name]:
                raise Problem(f"line {number} of the template ends the part {name!r}, which is not the open one")
            within.pop()
    if within:
        raise Problem(f"the part {within[-1]!r} of the template has no end: add `# --- END: {within[-1]}`")
    if unknown := sorted(going - found):
        raise Problem(f"the template has no part {unknown[0]!r}. It has {', '.join(sorted(found))}.")
    return re.sub(r"\n{3,}", "\n\n", "".join(lines))
