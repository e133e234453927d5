"""Upstreams: what the sources of one API have in common, and how a source takes it on."""

from collections.abc import Mapping
from typing import Any

from pydantic import field_validator

from fanin.config.finding import Key
from fanin.config.graphql_document import operations_in
from fanin.config.kinds.http import REPEATABLE, WITHOUT_CONTENT, HttpSource
from fanin.config.mistake import Mistake
from fanin.config.template import UrlTemplate
from fanin.config.texts import FixedUrl

SHARED = ("circuit_breaker", "rate_limit")
"""Keys that stand in one of two places: at an upstream all its sources share what they count."""
JOINED = ("headers", "statuses")
"""Tables of which a source replaces only the entries that it has itself."""
_KEYS = frozenset(
    (
        *("url", "headers", "auth", "forward", "private", "timeout", "attempt_timeout", "retry", "hedge", "cache"),
        *("statuses", "status_from", "problem", "missing", "max_bytes", "redirects", "origins", "separator"),
        *("tls", "trace_context", *SHARED),
    )
)
MAY_BE_OFF = _KEYS - {"url", "private", "trace_context"}
"""Keys for which a source writes `false` to leave out what its upstream says; the others are there, or booleans."""


class Upstream(HttpSource):
    """Defaults for the sources of one API: it has keys of a source, and is asked nothing itself."""

    url: FixedUrl
    """Where the API is: each source's path is joined to it."""

    @classmethod
    def accepted(cls) -> frozenset[str]:
        """The keys that sources can take on."""
        return _KEYS

    @field_validator("url")
    @classmethod
    def _without_query(cls, url: UrlTemplate) -> UrlTemplate:
        if url.query is not None:
            raise Mistake("bad-url", "an upstream has no query", "Put it into the sources' URLs", "?")
        return url


def joined(table: Mapping[str, Any], upstream: Mapping[str, Any]) -> tuple[dict[str, Any], frozenset[str]]:
    """Put an upstream's defaults into the table of a source.

    `headers` and `statuses` join key by key; any other key of the source replaces the upstream's as a whole. `false`
    leaves out the upstream's, be it a key or an entry of these two. A default that the source cannot have is left out
    too: `cache` of a write, `redirects` of what is no GET, `retry` and `hedge` of a write that may not be repeated.

    Args:
        table: the source's table in fanin.toml.
        upstream: the upstream's.

    Returns:
        the table, and the keys that are wholly the upstream's.

    Raises:
        Mistake: the URL is neither a path nor a reference to a whole URL; or a key of `SHARED` stands in both.
    """
    off = frozenset(key for key in MAY_BE_OFF if table.get(key) is False)
    if twice := [key for key in SHARED if key in table and key in upstream and key not in off]:
        message = f"{twice[0]} stands at the upstream too, whose sources share it"
        fix = f"Keep one of them; or write {twice[0]} = false, if this source is not to share it"
        raise Mistake("two-places", message, fix)
    left_out = _left_out(table)
    inherited = {key: value for key, value in upstream.items() if key not in table and key not in left_out}
    whole = {**inherited, **{key: value for key, value in table.items() if key not in off}}
    for key in JOINED:
        if isinstance(ours := table.get(key), dict):
            whole[key] = _joined(key, ours, upstream.get(key))
    if "url" in table:
        whole["url"] = _url(table["url"], upstream.get("url"))
    return whole, frozenset(inherited)


def leaves_nothing_out(key: Key, data: dict[str, Any]) -> bool:
    """Tell whether a mistake is a `false` for a default, where no upstream says another."""
    match key:
        case ("sources" | "upstreams" as kind, name, str(off)) if off in MAY_BE_OFF:
            return data[kind][name].get(off) is False
        case ("sources" | "upstreams" as kind, name, str(table), str(off)) if table in JOINED:
            return isinstance(entries := data[kind][name].get(table), dict) and entries.get(off) is False
    return False


def is_of_upstream(key: Key, data: dict[str, Any]) -> bool:
    """Tell whether a mistake of a source is its upstream's, where it is found too."""
    match key:
        case ("sources", name, str(inherited), *below):
            table = data["sources"][name]
            named = table.get("upstream") if isinstance(table, dict) else None
            upstreams = data.get("upstreams")
            upstream = upstreams.get(named) if isinstance(named, str) and isinstance(upstreams, dict) else None
            if not isinstance(upstream, dict) or inherited not in upstream:
                return False
            own = table.get(inherited)
            return own is None or bool(isinstance(own, dict) and below and below[0] not in own)
    return False


def _joined(key: str, ours: Mapping[str, Any], theirs: Any) -> dict[str, Any]:
    """Join a source's entries of a table with its upstream's: its own win, and `false` leaves one out."""
    same = str.lower if key == "headers" else str
    own = {same(name) for name in ours}
    others = theirs if isinstance(theirs, dict) else {}
    kept = {name: value for name, value in others.items() if same(name) not in own}
    return kept | {name: value for name, value in ours.items() if value is not False}


def _url(url: Any, base: Any) -> Any:
    if not isinstance(url, str) or not isinstance(base, str) or (url.startswith("{") and url.endswith("}")):
        return url
    if url.startswith(("/", "?")):
        return f"{base.removesuffix('/')}{url}" if url.startswith("/") else f"{base}{url}"
    message = "a source with an upstream has its path only"
    raise Mistake("bad-url", message, "Write /path, or a reference to a whole URL; or remove upstream")


def _left_out(table: Mapping[str, Any]) -> frozenset[str]:
    """Name the defaults that a source cannot have."""
    graphql, method = table.get("graphql"), table.get("method", "GET")
    if isinstance(graphql, dict):
        method, writes = "POST", operations_in(str(graphql.get("query", ""))) == ["mutation"]
    else:
        writes = method not in WITHOUT_CONTENT
    left_out = set() if method == "GET" else {"redirects"}
    if table.get("writes", writes):
        left_out.add("cache")
        if not table.get("idempotency_key"):
            left_out |= {"hedge"} if method in REPEATABLE else {"hedge", "retry"}
    return frozenset(left_out)
