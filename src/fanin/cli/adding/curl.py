"""A command line of curl as a draft: what it sends becomes a source, and what is secret in it a reference."""

import base64
import binascii
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import orjson

from fanin.cli.adding.curl_options import Command, read
from fanin.cli.adding.draft import Draft, api_name, is_private, name_of
from fanin.cli.adding.openapi import line
from fanin.cli.adding.shell import bare
from fanin.config.headers import check_header_name
from fanin.config.likely_secrets import is_secret, looks_secret
from fanin.config.mistake import Mistake
from fanin.config.template import braced
from fanin.local.process.console import Problem

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_IN_PATH = "-._~!$&'()*+,;=:@/%"
_IN_QUERY = "-._~!$'()*,;:@/?[]%"
_FORM = "application/x-www-form-urlencoded"
_BY_FANIN = frozenset(
    (
        *("accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "te", "trailer"),
        *("transfer-encoding", "upgrade", "proxy-authorization", "proxy-connection"),
    )
)
"""Headers that fanin sets by itself."""
_BROWSERS = ("sec-", "priority", "dnt", "upgrade-insecure-requests", "origin", "referer", "pragma", "cache-control")
"""What headers begin with that browsers send of themselves."""


def is_curl(text: str) -> bool:
    """Whether a text is a command line of curl."""
    return bare(text)[:5] in ("curl ", "curl\t", "curl\n", "curl\\")


def drafted(text: str) -> Draft:
    """Make a draft of a command line.

    Raises:
        Problem: it cannot be read, has an option that is not known, or sends what no source sends.
    """
    command = read(text)
    url = command.url if "://" in command.url else f"http://{command.url}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Problem(f"{line(url)!r} is no URL.") from error
    if parts.scheme not in ("http", "https") or not host:
        raise Problem(f"{line(url)!r} is no http or https URL.")
    if "@" in parts.netloc and not command.user:
        command.user = unquote(parts.netloc.rpartition("@")[0])
    api = api_name(host, host)
    draft = Draft(_name(parts.path, api), "", "")
    draft.method = _method(command)
    keep = _Keeper(draft, api)
    _put_headers(draft, command, keep)
    query = parts.query
    if command.get:
        query = "&".join(filter(None, (query, *command.data)))
    elif command.data:
        _put_body(draft, command, keep)
    at = f"[{host}]" if ":" in host else host
    draft.origin, draft.api = f"{parts.scheme}://{at}{f':{port}' if port else ''}", api
    draft.url = f"{_path(parts.path, keep)}{_query(query, keep)}"
    if not draft.origin.isascii():
        raise Problem(f"{line(host)!r} has characters that a URL does not have. Write the host in ASCII.")
    draft.about = f"{draft.method} {parts.scheme}://{host}, by a curl command"
    _put_options(draft, command)
    return draft


def _put_options(draft: Draft, command: Command) -> None:
    """Put into a draft what is left of a command: addresses, redirects and times."""
    if is_private(draft.origin):
        draft.source["private"] = True
    if command.follows and draft.method == "GET":
        draft.source["redirects"] = 3
    if command.seconds:
        _put_timeout(draft, command.seconds)
    draft.left_out += command.left_out
    if draft.method == "HEAD":
        draft.method, draft.source["method"] = "GET", "HEAD"


def _method(command: Command) -> str:
    given = command.method.upper()
    method = given or ("HEAD" if command.head else "POST" if command.data and not command.get else "GET")
    if method not in _METHODS:
        raise Problem(f"no source has the method {line(method, 20)!r}. There are {', '.join(_METHODS)}.")
    return method


def _name(path: str, api: str) -> str:
    words = [word for word in unquote(path).split("/") if word and not looks_secret(word)]
    named = next((word for word in reversed(words) if word[0].isalpha()), "")
    return name_of(named, otherwise=api) if named else api


class _Keeper:
    """Keeps secrets out of the draft: it gives references in their places.

    Args:
        draft: takes the names of the secrets.
        api: what their names begin with.
    """

    def __init__(self, draft: Draft, api: str) -> None:
        self._draft, self._api = draft, api
        self._known: dict[str, str] = {}

    def reference(self, value: str, kind: str, what: str) -> str:
        """Give the reference for a secret; equal ones have one name."""
        if value not in self._known:
            name = name_of(kind if kind.startswith(self._api) else f"{self._api}_{kind}", self._draft.secrets)
            self._known[value] = name
            self._draft.secrets[name] = what
        return f"{{!{self._known[value]}}}"

    def text(self, name: str, value: str) -> str:
        """Give a field's value as it stands in fanin.toml."""
        return (
            self.reference(value, name, f"the value of {line(name, 60)!r}") if is_secret(name, value) else braced(value)
        )


def _put_headers(draft: Draft, command: Command, keep: _Keeper) -> None:
    headers: dict[str, str] = {}
    if command.user:
        user, _, password = command.user.partition(":")
        draft.auth = _basic(user, password, keep)
    if command.bearer:
        draft.auth = {"bearer": keep.reference(command.bearer, "token", "the bearer token")}
    for name, value in command.headers:
        low = name.lower()
        if low == "authorization":
            draft.auth = _authorization(value, keep)
        elif low == "idempotency-key" and draft.method not in ("GET", "HEAD"):
            draft.source["idempotency_key"] = True  # which is another one for each call
        elif low == "content-type" and (not command.data or _is_usual(value)):
            continue
        elif _of_itself(low, value) or low in {each.lower() for each in headers}:
            draft.left_out.append(f"the header {line(name, 60)}")
        else:
            headers[name] = _header_value(name, value, keep)
    sealed = [name for name, value in headers.items() if value.startswith("{!") and value.endswith("}")]
    if draft.auth is None and len(sealed) == 1:
        draft.auth = {"header": {"name": sealed[0], "value": headers.pop(sealed[0])}}
    if headers:
        draft.source["headers"] = headers


def _of_itself(name: str, value: str) -> bool:
    """Whether fanin, or a browser that wrote the command, sends a header of itself."""
    return name in _BY_FANIN or name.startswith(_BROWSERS) or not value or (name == "accept" and value == "*/*")


def _is_usual(kind: str) -> bool:
    return kind.partition(";")[0].strip().lower() in ("application/json", _FORM)


def _header_value(name: str, value: str, keep: _Keeper) -> str:
    try:
        check_header_name(name)
    except Mistake as mistake:
        raise Problem(f"{mistake.message}.") from mistake
    if name.lower() == "cookie":
        return keep.reference(value, "cookie", "the cookies")
    return keep.text(name, value)


def _basic(user: str, password: str, keep: _Keeper) -> dict[str, Any]:
    told = "the password of Basic authentication"
    return {
        "basic": {
            "user": keep.reference(user, "user", "the user of Basic authentication") if user else "",
            "password": keep.reference(password, "password", told) if password else "",
        }
    }


def _authorization(value: str, keep: _Keeper) -> dict[str, Any]:
    scheme, _, rest = value.partition(" ")
    if scheme.lower() == "bearer" and rest.strip():
        return {"bearer": keep.reference(rest.strip(), "token", "the bearer token")}
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Problem("what stands behind Basic in Authorization is no base64.") from error
        return _basic(user, password, keep)
    value = keep.reference(value, "authorization", "the whole value of Authorization")
    return {"header": {"name": "Authorization", "value": value}}


def _put_body(draft: Draft, command: Command, keep: _Keeper) -> None:
    """Put what is sent into a draft.

    Raises:
        Problem: it is neither JSON nor a form, or goes by a method that has none.
    """
    if draft.method in ("GET", "HEAD"):
        raise Problem(f"the command sends a body by {draft.method}. Write -G for a query, or another method.")
    text = "".join(command.data) if command.json else "&".join(command.data)
    content = next((value for name, value in command.headers if name.lower() == "content-type"), "")
    kind = content.partition(";")[0].strip().lower()
    if command.json or kind.endswith("json") or (not kind and text.lstrip()[:1] in ("{", "[")):
        try:
            draft.source["body"] = _sealed(orjson.loads(text), "", keep)
        except orjson.JSONDecodeError as error:
            raise Problem(f"the body is no JSON: {error}.") from error
        if not isinstance(draft.source["body"], dict | list):
            raise Problem("the body is JSON, and neither an object nor a list.")
    elif kind in ("", _FORM):
        form: dict[str, Any] = {}
        for name, value in parse_qsl(text, keep_blank_values=True):
            written = keep.text(name, value)
            if name in form:
                form[name] = [*(form[name] if isinstance(form[name], list) else [form[name]]), written]
            else:
                form[name] = written
        draft.source["form"] = form
    else:
        by_hand = " Write XML into the source's key xml." if kind.endswith("xml") else ""
        raise Problem(f"the body is {line(kind, 60)}, and this adds JSON and forms.{by_hand}")


def _sealed(value: Any, name: str, keep: _Keeper) -> Any:
    match value:
        case dict():
            if None in value.values():
                keep_none = ", ".join(line(key, 40) for key, each in value.items() if each is None)
                raise Problem(f"TOML has no null, which the body has at {keep_none}. Leave it out of the command.")
            return {key: _sealed(each, key, keep) for key, each in value.items()}
        case list():
            if None in value:
                raise Problem("TOML has no null, which a list of the body has. Leave it out of the command.")
            return [_sealed(each, name, keep) for each in value]
        case str():
            return keep.text(name, value)
    return value


def _path(path: str, keep: _Keeper) -> str:
    """Write the path; a segment that looks like a key is a secret, as the addresses of webhooks have them."""
    written = []
    for segment in path.split("/"):
        plain = unquote(segment)
        if plain in (".", ".."):
            raise Problem("the URL has a . or .. segment. Write the path that it comes to.")
        secret = looks_secret(plain) or (plain.startswith("bot") and looks_secret(plain[3:]))
        sealed = keep.reference(plain, "path", "a part of the path, which looks like a key") if secret else ""
        written.append(sealed or quote(_percent(segment), safe=_IN_PATH))
    return "/".join(written)


def _percent(text: str) -> str:
    """Write a percent sign that encodes nothing as it is encoded."""
    digits = frozenset("0123456789abcdefABCDEF")
    first, *others = text.split("%")
    return first + "".join(
        f"%{other}" if len(other) > 1 and digits.issuperset(other[:2]) else f"%25{other}" for other in others
    )


def _query(query: str, keep: _Keeper) -> str:
    pairs = []
    for pair in query.split("&") if query else ():
        name, equals, value = pair.partition("=")
        plain = unquote(value.replace("+", " "))
        if is_secret(unquote(name), plain):
            written = keep.reference(
                plain, name_of(unquote(name)), f"the parameter {line(unquote(name), 60)!r} of the query"
            )
        else:
            written = quote(_percent(value).replace("+", "%20"), safe=_IN_QUERY)
        pairs.append(f"{quote(_percent(name), safe=_IN_QUERY)}{equals}{written}")
    return f"?{'&'.join(pairs)}" if pairs else ""


def _put_timeout(draft: Draft, seconds: str) -> None:
    try:
        number = float(seconds)
    except ValueError:
        number = 0.0
    if 0 < number <= 10:
        draft.source["timeout"] = f"{number:g}s"
    else:
        draft.left_out.append(f"--max-time {line(seconds, 20)}: the endpoint has 10 s")
