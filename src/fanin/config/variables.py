"""Values that the environment sets for `[variables]`, and where each is from."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from fanin.config.finding import Finding
from fanin.config.mistake import nearest, quoted, shortened

PREFIX = "FANIN_VAR_"
"""What a variable of the environment begins with that sets one of the file."""
TOGETHER = "FANIN_VARIABLES"
"""The variable of the environment that sets several."""
_PAIR = re.compile(r"([^=]+)=(.*)", re.DOTALL)
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the environment sets.

    Args:
        values: by the names of the file's variables.
        places: for each of these names, the variable of the environment that sets it.
        findings: mistakes in the environment; they have no place in the file.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def overrides(environment: Mapping[str, str], names: Collection[str]) -> Overrides:
    """Read what the environment sets: `FANIN_VAR_NAME=value` goes before `name=value` in `FANIN_VARIABLES`.

    Args:
        environment: the process's.
        names: the variables that the file defines.
    """
    pairs, findings = _pairs(environment.get(TOGETHER, ""))
    values = {name: value for name, value in pairs.items() if name in names}
    places = dict.fromkeys(values, TOGETHER)
    findings += [
        Finding(
            "unknown-variable", (TOGETHER,), f"there is no variable {quoted(name)} in [variables]", nearest(name, names)
        )
        for name in pairs
        if name not in names
    ]
    for name in names:
        place = PREFIX + name.upper()
        if place in environment:
            values[name], places[name] = environment[place], place
    return Overrides(values, places, tuple(findings))


def unknown(environment: Mapping[str, str], names: Collection[str]) -> Iterator[Finding]:
    """Find variables of the environment that set none of the file's; another deployment may need them."""
    known = {PREFIX + name.upper() for name in names}
    for place in sorted(environment):
        if place.startswith(PREFIX) and place not in known:
            message = "it sets no variable of [variables]"
            yield Finding("unknown-variable", (place,), message, nearest(place, known))


def _pairs(text: str) -> tuple[dict[str, str], list[Finding]]:
    """Read `name=value` by `name=value`; values are percent-encoded, so that one may hold spaces."""
    pairs: dict[str, str] = {}
    before = ""
    for part in text.split():
        found = _PAIR.fullmatch(part)
        if found is None:
            fix = "Write name=value without spaces; a space in a value is %20"
            if before:
                fix = f"Write {shortened(before)}%20{shortened(part)} if it belongs to that value"
            return pairs, [_malformed(f"{quoted(part)} is not name=value", fix)]
        try:
            value = unquote_to_bytes(found[2]).decode()
        except UnicodeError:
            return pairs, [_malformed(f"{quoted(part)} is not UTF-8", "Percent-encode UTF-8")]
        if _LONE_PERCENT.search(found[2]):
            fix = "Write %25 for a percent sign"
            return pairs, [_malformed(f"{quoted(part)} has a % without two hexadecimal digits", fix)]
        pairs[found[1]], before = value, part
    return pairs, []


def _malformed(message: str, fix: str) -> Finding:
    return Finding("bad-variables", (TOGETHER,), message, fix)
