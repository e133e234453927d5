"""Escapes for values that stand between another language's quotes, such as an OData filter's: a closed list."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import quote

import orjson

from fanin.config.late_pattern import LatePattern

_CONTROL = LatePattern(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_BEHIND_BACKSLASH = LatePattern(r"""[\\'"\n\r\t]""")
_LETTERS = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LUCENE = LatePattern(r'[-+=&|!(){}\[\]^"~*?:\\/\s]')
_SURROGATE = LatePattern(r"[\ud800-\udfff]")
_OPERATORS = frozenset(("AND", "OR", "NOT", "TO"))


def _odata(text: str) -> str:
    """Double each quote (OData 4.01, ABNF, SQUOTE-in-string)."""
    return text.replace("'", "''")


def _backslash(text: str) -> str:
    r"""Put a backslash before backslashes and quotes; write line breaks and tabs as `\n`, `\r`, `\t`."""
    escaped = _BEHIND_BACKSLASH.compiled.sub(lambda found: _LETTERS.get(found[0], "\\" + found[0]), text)
    if _CONTROL.compiled.search(escaped):
        raise ValueError("has a control character, which its escape does not take")
    return escaped


def _lucene(text: str) -> str:
    """Escape what Lucene's query syntax reads, white space included, so that without quotes it is one term too.

    Elasticsearch cannot escape < and >, and says to leave them out: they become spaces.
    https://www.elastic.co/docs/reference/query-languages/query-dsl/query-dsl-query-string-query#_reserved_characters
    """
    text = text.replace("<", " ").replace(">", " ")
    if text in _OPERATORS:
        return f"\\{text}"
    return _LUCENE.compiled.sub(lambda found: f"\\{' ' if found[0].isspace() else found[0]}", text)


def _json(text: str) -> str:
    """Write what stands between the quotes of a JSON text (RFC 8259, section 7)."""
    return orjson.dumps(_unicode(text)).decode()[1:-1]


def _url(text: str) -> str:
    """Percent-encode all but letters, digits and `-._~`, for a URL or a query that is itself a value."""
    return quote(_unicode(text), safe="")


def _unicode(text: str) -> str:
    if not text.isascii() and _SURROGATE.compiled.search(text):
        raise ValueError("has characters that are not Unicode text")
    return text


ESCAPES: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {"odata": _odata, "backslash": _backslash, "lucene": _lucene, "json": _json, "url": _url}
)
"""Each takes a value's text and gives what may stand between quotes. Raises ValueError: it cannot."""
