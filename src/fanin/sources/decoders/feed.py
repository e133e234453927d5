"""feed: RSS 0.9x, 1.0 and 2.0, and Atom 0.3 and 1.0 (RFC 4287), as one form: `title`, `link` and `entries`."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType

from fanin.config.values import Json
from fanin.engine.call import Response
from fanin.engine.footprint import memory_of
from fanin.errors import SourceUndecodable
from fanin.sources.decoders.charset import text_in
from fanin.sources.decoders.json import too_large
from fanin.sources.decoders.markup import Handlers, read
from fanin.sources.decoders.namespaces import Namespaces, Unreadable
from fanin.sources.links import absolute

MAX_LEVELS = 128
"""Elements within each other."""
_MOST_OF_A_BASE = 1_024
"""Characters of what links are resolved against, once a feed has said it (XML Base); a longer one does not count."""
_MOST_OF_A_DATE = 64
_FIELDS_OF_ENTRY = ("title", "link", "id", "summary", "author", "published", "updated")
_DATES = frozenset(("published", "updated"))
_ENTRY = memory_of(objects=1, members=len(_FIELDS_OF_ENTRY), items=1, texts=len(_FIELDS_OF_ENTRY))

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_ATOM = ("http://www.w3.org/2005/Atom ", "http://purl.org/atom/ns# ")
_RSS = ("", "http://purl.org/rss/1.0/ ", "http://my.netscape.com/rdf/simple/0.9/ ", "http://backend.userland.com/rss2 ")
_DC, _DCTERMS = "http://purl.org/dc/elements/1.1/ ", "http://purl.org/dc/terms/ "
_CONTENT = "http://purl.org/rss/1.0/modules/content/ "

_ATOM_FEEDS = frozenset(f"{space}feed" for space in _ATOM)
_RSS_ROOTS = frozenset((*(f"{space}rss" for space in _RSS), f"{_RDF} RDF"))
_CHANNELS = frozenset(f"{space}channel" for space in _RSS)
_ENTRIES = frozenset((*(f"{space}entry" for space in _ATOM), *(f"{space}item" for space in _RSS)))
_ATOM_LINKS = frozenset(f"{space}link" for space in _ATOM)
_PERSONS = frozenset(f"{space}author" for space in _ATOM)
_PERSON_NAMES = frozenset(f"{space}name" for space in _ATOM)
_GUIDS = frozenset(f"{space}guid" for space in _RSS)
_BASE = "http://www.w3.org/XML/1998/namespace base"
_ABOUT = f"{_RDF} about"
_SPACES = frozenset(space.rstrip() for space in (*_ATOM, *_RSS, _RDF, _DC, _DCTERMS, _CONTENT))


def _named(spaces: tuple[str, ...], names: Mapping[str, str], rank: int = 0) -> dict[str, tuple[str, int]]:
    return {f"{space}{name}": (field, rank) for space in spaces for name, field in names.items()}


_FIELDS: Mapping[str, tuple[str, int]] = MappingProxyType(
    _named(
        _RSS,
        {
            "title": "title",
            "link": "link",
            "guid": "id",
            "description": "summary",
            "author": "author",
            "pubDate": "published",
        },
    )
    | _named(_ATOM, {"title": "title", "id": "id", "summary": "summary", "published": "published"})
    | _named(_ATOM, {"updated": "updated", "issued": "published", "modified": "updated"})
    | _named(_ATOM, {"content": "summary"}, rank=1)
    | _named((_CONTENT,), {"encoded": "summary"}, rank=1)
    | _named((_DC,), {"title": "title", "creator": "author", "date": "published"}, rank=1)
    | _named((_DC,), {"description": "summary"}, rank=2)
    | _named((_DCTERMS,), {"issued": "published", "created": "published", "modified": "updated"}, rank=2)
)
"""The field that an element stands for, and its rank: of two the lower one counts, and of equal ones the first."""


def value_of(source: str, response: Response, memory: int) -> Json:
    """Read a feed; the arguments and errors of a `Decoder`.

    Every entry has `title`, `link`, `id`, `summary`, `author`, `published` and `updated`: texts, or null. Times are
    RFC 3339 in UTC without fractions, so that texts sort as times do. Links are absolute http or https URLs.
    """
    text = text_in(source, response, xml=True)
    feed = _Feed(source, response.url, memory, memory_of(characters=2 * len(text), wide=not text.isascii()))
    read(source, text, Handlers(feed.start, feed.end, feed.text), names_dtd=True)
    return {"title": feed.head.text("title"), "link": feed.head.text("link"), "entries": feed.entries}


class _Fields:
    """What is known of an entry, or of the feed: each field with its rank."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[int, str]] = {}

    def lacks(self, field: str, rank: int) -> bool:
        """Whether there is neither a text of a lower rank, nor an earlier one of the same."""
        return field not in self._found or rank < self._found[field][0]

    def take(self, field: str, rank: int, text: str) -> None:
        """Keep a text, if it is lacking."""
        if text and self.lacks(field, rank):
            self._found[field] = (rank, text)

    def text(self, field: str) -> str | None:
        """Give what was kept of a field."""
        return self._found[field][1] if field in self._found else None


class _Feed:
    """Makes the feed, and counts what its entries take."""

    def __init__(self, source: str, url: str, memory: int, taken: int) -> None:
        self.head = _Fields()
        self.entries: list[Json] = []
        self._source = source
        self._memory = memory
        self._taken = taken
        self._spaces = Namespaces(_SPACES)
        self._path: list[str] = []
        self._written_bases: list[str | None] = []
        self._bases = [url]
        """The URL of the feed, and those that the open elements have made of it, as far as anybody has asked."""
        self._head_depth = 0
        self._entry: _Fields | None = None
        self._entry_depth = 0
        self._captured: list[str] = []
        self._capturing: tuple[_Fields, str, int] | None = None
        self._capture_depth = 0
        self._permalink = False

    def start(self, name: str, attributes: list[str]) -> None:
        """Begin an element."""
        try:
            name, told = self._spaces.begin(name, attributes)
        except Unreadable as why:
            message = f"{self._source} answered with something that is not XML with namespaces: {why}"
            raise SourceUndecodable(self._source, message) from None
        self._path.append(name)
        self._written_bases.append(told.get(_BASE))
        depth = len(self._path)
        if depth > MAX_LEVELS:
            raise SourceUndecodable(
                self._source, f"{self._source} answered with a feed that is nested over {MAX_LEVELS} levels deep"
            )
        if self._capturing:
            return
        if depth == 1:
            if name not in _ATOM_FEEDS | _RSS_ROOTS:
                raise SourceUndecodable(self._source, f"{self._source} answered with XML that is no feed")
            self._head_depth = 1 if name in _ATOM_FEEDS else 2
        elif self._entry is None and name in _ENTRIES:
            self._begin_entry(told)
        else:
            self._begin_field(name, told, depth)

    def end(self, _name: str) -> None:
        """End an element."""
        depth = len(self._path)
        if self._capturing and depth == self._capture_depth:
            self._end_field()
        elif self._entry is not None and depth == self._entry_depth:
            self.entries.append({field: self._entry.text(field) for field in _FIELDS_OF_ENTRY})
            self._entry = None
        self._path.pop()
        self._written_bases.pop()
        self._spaces.end()
        del self._bases[depth:]

    def text(self, part: str) -> None:
        """Take a part of a text, that of elements within a field's included."""
        if self._capturing:
            self._captured.append(part)

    def _base(self) -> str:
        """Give the URL that links are resolved against (XML Base); a base is resolved when there is a link, once."""
        for written in self._written_bases[len(self._bases) - 1 :]:
            base = absolute(self._bases[-1], written) if written else ""
            self._bases.append(base if 0 < len(base) <= _MOST_OF_A_BASE else self._bases[-1])
        return self._bases[-1]

    def _begin_entry(self, told: Mapping[str, str]) -> None:
        self._taken += _ENTRY
        if self._taken > self._memory:
            raise too_large(self._source, self._memory)
        self._entry, self._entry_depth = _Fields(), len(self._path)
        self._entry.take("id", 1, told.get(_ABOUT, ""))

    def _begin_field(self, name: str, told: Mapping[str, str], depth: int) -> None:
        """Begin a field of the entry that is open, or else of the feed."""
        owner, owner_depth = (self._entry, self._entry_depth) if self._entry else (self.head, self._head_depth)
        if not self._entry and self._head_depth == 2 and self._path[1] not in _CHANNELS:
            return
        field = _FIELDS.get(name)
        if depth == owner_depth + 1 and name in _ATOM_LINKS:
            if told.get("rel", "alternate") == "alternate" and owner.lacks("link", 1):
                owner.take("link", 1, absolute(self._base(), told.get("href", "")))
        elif depth == owner_depth + 2 and name in _PERSON_NAMES and self._path[-2] in _PERSONS:
            self._capture(owner, "author", 0)
        elif depth == owner_depth + 1 and field:
            self._permalink = name in _GUIDS and told.get("isPermaLink", "true") == "true"
            self._capture(owner, *field)

    def _capture(self, owner: _Fields, field: str, rank: int) -> None:
        self._capturing, self._capture_depth, self._captured = (owner, field, rank), len(self._path), []

    def _end_field(self) -> None:
        assert self._capturing
        owner, field, rank = self._capturing
        self._capturing = None
        text = "".join(self._captured).strip()
        if field != "id" and not owner.lacks(field, rank):  # an id may be a link, too
            return
        if field == "link":
            text = absolute(self._base(), text)
        elif field in _DATES:
            text = _moment(text)
        elif field == "id" and self._permalink:
            owner.take("link", 2, absolute("", text))
        owner.take(field, rank, text)


def _moment(text: str) -> str:
    """Write a time of RFC 3339 or of RFC 822 in UTC; empty if it is neither. A time without a zone is taken for UTC."""
    if not text or len(text) > _MOST_OF_A_DATE:
        return ""
    for reading in (datetime.fromisoformat, parsedate_to_datetime):
        with suppress(ValueError, OverflowError, TypeError, IndexError):
            moment = reading(text)
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
            return f"{moment:%Y-%m-%dT%H:%M:%SZ}".zfill(20)
    return ""
