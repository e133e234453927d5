"""Writes what APIs answered into an upstream.toml, whose fakes then answer the same, without the secrets."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import orjson

from fanin.config.mistake import Mistake
from fanin.config.template import BodyTemplate, braced
from fanin.config.values import Json
from fanin.local.upstream.script import ORIGIN, Gives, Play, led_to

type Hide = Callable[[str], str]
"""Takes the values of secrets out of a text."""

FOLDER = "recorded"
"""Where answers are that do not fit into upstream.toml, beside it."""
MOST_INLINE = 20_000
"""Bytes of an answer that stands in upstream.toml."""

_SENT_AGAIN = frozenset(
    ("age", "cache-control", "etag", "last-modified", "link", "location", "retry-after", "vary", "www-authenticate")
)
"""Headers of answers that sources are judged by, beside those that fanin.toml names."""
_MARK = re.compile(r"\[[^\[\]]{1,200}\]")
STAND_IN = "recorded"
"""What stands for a secret."""
_BODILESS = (204, 304)


@dataclass(frozen=True)
class Exchange:
    """A request that an API answered.

    Args:
        source: the source's name.
        method: the request's.
        url: the request's, with what it may have of secrets.
        sent: the JSON of its body; None for any other body.
        status: the answer's.
        headers: the answer's, names in lower case.
        content: the answer's body.
    """

    source: str
    method: str
    url: str
    sent: Json
    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True)
class Recording:
    """What is to be written.

    Args:
        text: tables for upstream.toml.
        files: files beside it, by their paths.
        lines: the requests in `text`, each with its upstream, such as `geo GET /search`.
        kept: likewise, of those that the file has already.
        unnamed: the origins that no variable leads to, by source: no fake can stand in for them.
    """

    text: str
    files: Mapping[str, bytes]
    lines: Sequence[str]
    kept: Sequence[str]
    unnamed: Mapping[str, str]


def recording(
    exchanges: Sequence[Exchange], variables: Mapping[str, str], there: Mapping[str, object], named: str, hide: Hide
) -> Recording:
    """Make tables of what APIs answered.

    Args:
        exchanges: what they were asked, in order.
        variables: those of fanin.toml, of which some lead to the APIs.
        there: what upstream.toml says already.
        named: the text of fanin.toml; an answer's header is kept if its name stands there.
        hide: takes secrets out.
    """
    bases = {name: value.rstrip("/") for name, value in variables.items() if "://" in value}
    answers: dict[tuple[str, str], list[Exchange]] = {}
    unnamed: dict[str, str] = {}
    for exchange in exchanges:
        if (led := led_to(exchange.url, bases)) is None:
            parts = urlsplit(exchange.url)
            unnamed[exchange.source] = f"{parts.scheme}://{parts.netloc}"
            continue
        name, target = led
        line = f"{exchange.method} {_without_secrets(target, hide)}"
        given = answers.setdefault((name, line), [])
        if not given or _same(given[-1], exchange):
            given[-1:] = [exchange]
        else:
            given.append(exchange)
    texts, files, lines, kept = list[str](), dict[str, bytes](), list[str](), list[str]()
    for (name, line), given in answers.items():
        had = there.get(name)
        if isinstance(had, Mapping) and line in had:
            kept.append(f"{name} {line}")
            continue
        lines.append(f"{name} {line}")
        for exchange in given:
            table = f"{name}.{_quoted(line)}"
            head = f"[[{table}]]" if len(given) > 1 else f"[{table}]"
            rows = _rows(exchange, bases[name], named.lower(), hide, files, apart=len(given) > 1)
            texts.append("\n".join([head, *rows]) + "\n")
    return Recording("\n".join(texts), files, lines, kept, unnamed)


def _without_secrets(text: str, hide: Hide) -> str:
    hidden = hide(text)
    if hidden == text:
        return text
    own = frozenset(_MARK.findall(text))
    return _MARK.sub(lambda mark: mark[0] if mark[0] in own else STAND_IN, hidden)


def _same(one: Exchange, other: Exchange) -> bool:
    """Tell whether two exchanges are alike, as those of a hedge are."""
    return replace(one, headers={}) == replace(other, headers={})


def _rows(  # noqa: PLR0913 - what an answer is written from
    exchange: Exchange, base: str, named: str, hide: Hide, files: dict[str, bytes], *, apart: bool
) -> Iterator[str]:
    """Write the keys of an answer; what is too long goes into `files`."""
    if apart and exchange.sent is not None and not _has_null(exchange.sent):
        yield f"when = {_toml(exchange.sent)}"
    if exchange.status != 200:
        yield f"status = {exchange.status}"
    kind = exchange.headers.get("content-type", "")
    headers: dict[str, Json] = {
        name: braced(_without_secrets(value, hide)).replace(base, f"{{{ORIGIN}}}")
        for name, value in exchange.headers.items()
        if name in _SENT_AGAIN or (name in named and name not in {"content-type", "set-cookie", "content-length"})
    }
    is_json = kind.partition(";")[0].strip().endswith("json")
    if not is_json or kind.partition(";")[0].strip() != "application/json":
        headers = {"Content-Type": braced(kind), **headers} if kind else headers
    if headers:
        yield f"headers = {_toml(headers)}"
    if exchange.content and exchange.status not in _BODILESS:
        yield _content(exchange, base, hide, files, is_json=is_json)


def _content(exchange: Exchange, base: str, hide: Hide, files: dict[str, bytes], *, is_json: bool) -> str:
    try:
        text = exchange.content.decode("utf-8")
    except UnicodeDecodeError:
        return _in_file(exchange, exchange.content, files)
    hidden = _without_secrets(text, hide)
    if is_json and (written := _json(hidden, base)) is not None:
        if len(written) <= MOST_INLINE or base in hidden:
            return f"json = {_long(written)}"
        return _in_file(exchange, hidden.encode(), files)
    if len(hidden) > MOST_INLINE or any(not (each.isprintable() or each in "\t\n") for each in hidden):
        return _in_file(exchange, hidden.encode(), files)
    return f"text = {_long(hidden)}"


def _json(text: str, base: str) -> str | None:
    """Write JSON as a template whose links lead to the fake; None if the fake could not answer the same."""
    try:
        value = orjson.loads(text)
        template = _templated(value, base)
        filled = Play({"GET /": Gives(BodyTemplate.parse(template))}).take("GET /", None, base)
    except (ValueError, Mistake):
        return None
    if not isinstance(filled, Gives) or filled.body != value:
        return None
    return json.dumps(template, ensure_ascii=False, indent=2)


def _templated(value: Json, base: str) -> Json:
    match value:
        case str():
            return braced(value).replace(base, f"{{{ORIGIN}}}")
        case list():
            return [_templated(item, base) for item in value]
        case dict():
            return {name: _templated(item, base) for name, item in value.items()}
    return value


def _in_file(exchange: Exchange, content: bytes, files: dict[str, bytes]) -> str:
    kind = exchange.headers.get("content-type", "").partition(";")[0].strip()
    suffix = {"application/json": ".json", "text/csv": ".csv", "application/xml": ".xml", "text/xml": ".xml"}
    digest = hashlib.sha256(content).hexdigest()[:12]
    path = f"{FOLDER}/{exchange.source}-{digest}{suffix.get(kind, '.bin')}"
    files[path] = content
    return f"file = {_quoted(path)}"


def _has_null(value: Json) -> bool:
    match value:
        case None:
            return True
        case list():
            return any(map(_has_null, value))
        case dict():
            return any(map(_has_null, value.values()))
    return False


def _toml(value: Json) -> str:
    """Write a value without null in one line of TOML."""
    match value:
        case dict():
            return "{ " + ", ".join(f"{_quoted(name)} = {_toml(item)}" for name, item in value.items()) + " }"
        case list():
            return f"[{', '.join(_toml(item) for item in value)}]"
        case str():
            return _quoted(value)
    return json.dumps(value)


def _quoted(text: str) -> str:
    """Write a text in quotes: TOML's escapes are JSON's."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _long(text: str) -> str:
    """Write a text of several lines, in which nothing is escaped if that can be."""
    if "'''" in text or text.endswith("'") or "\r" in text or "\x7f" in text:
        return _quoted(text)
    return f"'''\n{text}'''"
