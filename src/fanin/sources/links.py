"""Links of an answer: the header Link (RFC 8288), and URLs resolved against that of the answer (RFC 3986)."""

from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urljoin

from fanin.config.late_pattern import LatePattern

MOST = 8_192
"""Characters of a link."""

_PARAMETER = LatePattern(
    r"""[ \t]*+;[ \t]*+(?:([!#$%&'*+.^_`|~0-9A-Za-z-]++)[ \t]*+"""
    r"""(?:=[ \t]*+(?:"((?:[^"\\]++|\\.)*+)"|([^ \t;,"]*+)))?+)?+"""
)
_ESCAPED = LatePattern(r"\\(.)")


def absolute(base: str, link: str) -> str:
    """Resolve a link; empty if it comes to no http or https URL."""
    link = link.strip()
    if not link or len(link) > MOST:
        return ""
    with suppress(ValueError):
        link = urljoin(base, link)
        if link.startswith(("https://", "http://")):
            return link
    return ""


def links_of(header: str, base: str) -> Mapping[str, str]:
    """Read a Link header: for each relation type, in lower case, the URL of its first link.

    Links with an `anchor` are about something else, and are left out; so are those that are no http or https URLs.

    Args:
        header: the header; several joined by commas.
        base: the URL of the answer, which relative links are resolved against.
    """
    found: dict[str, str] = {}
    at = 0
    while (start := header.find("<", at)) >= 0 and (end := header.find(">", start)) >= 0:
        parameters, at = _parameters(header, end + 1)
        if "anchor" in parameters:
            continue
        new = [relation for relation in parameters.get("rel", "").lower().split() if relation not in found]
        if new and (url := absolute(base, header[start + 1 : end])):
            found |= dict.fromkeys(new, url)
    return found


def _parameters(header: str, at: int) -> tuple[dict[str, str], int]:
    """Read the parameters of a link, of each the first, and say where they end."""
    parameters: dict[str, str] = {}
    while parameter := _PARAMETER.compiled.match(header, at):
        name, quoted, token = parameter.groups()
        value = _ESCAPED.compiled.sub(r"\1", quoted) if quoted is not None else token or ""
        if name:
            parameters.setdefault(name.lower(), value)
        at = parameter.end()
    return parameters, at
