"""Names of XML by their namespaces (https://www.w3.org/TR/xml-names/).

expat can tell names by their namespaces itself, and then writes the whole URI before each of them. So a long URI and
many short names become many times as large as their document. Here a URI is looked at where a prefix is declared.
"""

from collections.abc import Iterable, Mapping

MAX_PREFIXES = 1_000
"""Prefixes that are declared where an element begins."""

_DECLARES = "xmlns"
_XML = ("xml", "http://www.w3.org/XML/1998/namespace")
"""The prefix that needs no declaration."""


class Unreadable(Exception):
    """A name cannot be told; the text says why."""


class Namespaces:
    """What prefixes stand for, where a document is being read.

    Args:
        known: the namespaces that anybody asks for. Names of all others are "", and their attributes are left out.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._known = frozenset(known)
        self._of: dict[str, list[str | None]] = {"": [""], _XML[0]: [_XML[1]]}
        """The namespaces of each prefix, that of the innermost element last; None for one that nobody asks for."""
        self._declared: list[list[str]] = []

    def begin(self, name: str, attributes: list[str]) -> tuple[str, Mapping[str, str]]:
        """Begin an element.

        Args:
            name: as it is written.
            attributes: names and values in turn, likewise.

        Returns:
            its name and its attributes. A name in a namespace is the URI, a space, and the local name.

        Raises:
            Unreadable: one of the names cannot be told.
        """
        declared: list[str] = []
        self._declared.append(declared)
        others: list[tuple[str, str, str]] = []
        for at in range(0, len(attributes), 2):
            prefix, local = _cut(attributes[at])
            if (prefix or local) == _DECLARES:
                declared.append(self._declare(local if prefix else "", attributes[at + 1]))
            else:
                others.append((prefix, local, attributes[at + 1]))
        told = {self._named(prefix, local) if prefix else local: value for prefix, local, value in others}
        told.pop("", None)
        return self._named(*_cut(name)), told

    def end(self) -> None:
        """End the element that was begun last."""
        for prefix in self._declared.pop():
            spaces = self._of[prefix]
            spaces.pop()
            if not spaces:
                del self._of[prefix]

    def _declare(self, prefix: str, uri: str) -> str:
        if prefix and not uri:
            raise Unreadable("a prefix is declared for nothing")
        if len(self._of) > MAX_PREFIXES:
            raise Unreadable(f"over {MAX_PREFIXES} prefixes are declared")
        self._of.setdefault(prefix, []).append(uri if uri in self._known or not uri else None)
        return prefix

    def _named(self, prefix: str, local: str) -> str:
        if (spaces := self._of.get(prefix)) is None:
            raise Unreadable("a prefix is not declared")
        return "" if (space := spaces[-1]) is None else f"{space} {local}" if space else local


def _cut(written: str) -> tuple[str, str]:
    """Give the prefix of a name, empty without one, and the local name."""
    prefix, colon, local = written.partition(":")
    if not colon:
        return "", written
    if not prefix or not local or ":" in local:
        raise Unreadable("a colon is no part of a prefix")
    return prefix, local
