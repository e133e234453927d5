"""How the pages of an answer are read one after another, by whatever makes the calls.

It is written as a generator that yields calls and is sent what they come to: the pipeline drives it on an event loop
(policies/pages.py), and the blocking client in its thread.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote, unquote_plus, urljoin

import orjson

from fanin.config import Source
from fanin.config.kinds.http import HttpSource
from fanin.config.origins import is_same_origin, origin_of
from fanin.config.request import Open, Request
from fanin.config.template import MAX_URL, Values, from_outside, written
from fanin.config.values import Json
from fanin.engine.call import Call, NoContent
from fanin.engine.footprint import Room
from fanin.engine.outcome import Outcome
from fanin.engine.shape import found_by, items_of
from fanin.errors import NotFound, SourceError, SourceTooLarge, SourceUndecodable

_MOST_PARAMETERS = 16
"""Parameters of the query that a page may set."""
_ORIGIN = 3
"""Parts of a URL, cut at its slashes, that are its origin."""

type Reading = Generator[Call, Outcome[Any], Outcome[Any]]
"""Yields the call of each page, is sent its outcome, and returns that of all pages."""
type _Lead = Callable[[str], str]
"""Leads from the URL of a page to that of the next, which has secrets if the first has them."""
type _Put = Callable[[bytes | None], bytes | None]
"""Puts what leads to the next page into a body, likewise."""


def read_pages(call: Call) -> Reading:
    """Read the pages of a call of a source that has `pages`.

    Args:
        call: the call of the first page.

    Returns:
        the outcome of the first page with the list of all in place of its value: of each page the body, or the response
        document if the source has `pick_response`. It is that of the first page alone if this has no content.

    Raises:
        SourceTooLarge: there are more pages than `max`, or they have more bytes than `max_bytes` together.
        SourceUndecodable: `next` leads to no page, or to one that was read; a page is no list, or is missing.
        SourceError: what reading a page raises.
    """
    source = call.source
    pages = source.pages
    assert pages is not None
    room = call.room or Room.of(source.max_bytes)
    whole_room = room.max_bytes
    read: list[Json] = []
    seen: set[tuple[str, bytes | None]] = set()
    left = pages.limit
    request: Request | None = call.request
    first: Outcome[Any] | None = None
    while request is not None:
        if (request.url, request.body) in seen:
            raise SourceUndecodable(source.name, f"page {len(read)} of {source.name} leads to one that was read")
        if len(read) == pages.max:
            raise SourceTooLarge(source.name, f"{source.name} has over {pages.max} pages")
        seen.add((request.url, request.body))
        try:
            outcome = yield replace(call, request=request, room=room)
        except SourceError as error:
            if (meant := _of_page(source, len(read) + 1, error)) is error:
                raise
            raise meant from error
        first = first or outcome
        if isinstance(outcome.value, NoContent):
            break
        document: Any = outcome.value
        read.append(document if source.pick_response is not None else document["body"])
        if left is not None and (left := left - len(items_of(source, read[-1]) or ())) <= 0:
            break
        request = _following(source, call.request, request, document)
    assert first is not None
    return replace(first, value=read, size=whole_room - room.max_bytes) if read else first


def _of_page(source: Source, page: int, error: SourceError) -> SourceError:
    """Say of a later page's failure what it means for all."""
    if page == 1:
        return error
    if isinstance(error, NotFound):
        return SourceUndecodable(source.name, f"page {page} of {source.name} is missing")
    if isinstance(error, SourceTooLarge):
        return SourceTooLarge(source.name, f"the pages of {source.name} have more than {source.max_bytes} bytes")
    return error


def _following(source: Source, first: Request, request: Request, document: Json) -> Request | None:
    """Give the request for the page behind another; None if that is the last."""
    pages = source.pages
    assert pages is not None
    found = found_by(source, pages.next, document, "pages.next")
    if found is None or found is False or found == "":
        return None
    lead: _Lead = _as_it_is
    put: _Put = _as_it_is
    if pages.body is not None:
        put = partial(_with_member, source, pages.body, found)
    elif pages.query is not None:
        lead = partial(_with_parameter, name=pages.query, value=_value(source, pages.query, found, request.url))
    elif isinstance(found, dict):
        lead = partial(_with_parameters, source, _values(source, request.url, found))
    else:
        lead = partial(_in_place_of, request.url, _allowed(source, request, found))
    if len(url := lead(request.url)) > MAX_URL:
        raise SourceUndecodable(
            source.name, f"the pages.next of {source.name} makes a URL of over {MAX_URL} characters"
        )
    opened = partial(_opened, request.open, lead, put) if request.open else None
    return replace(first, url=url, body=put(request.body), validators=(), open=opened)


def _as_it_is[What](what: What) -> What:
    return what


def _values(source: Source, url: str, found: dict[str, Json]) -> dict[str, str | None]:
    """Give what several parameters of the query have for the next page; None for one that is left out."""
    if len(found) > _MOST_PARAMETERS:
        raise SourceUndecodable(source.name, f"the pages.next of {source.name} has over {_MOST_PARAMETERS} parameters")
    return {name: None if value is None else _value(source, name, value, url) for name, value in found.items()}


def _with_parameters(source: Source, values: Mapping[str, str | None], url: str) -> str:
    """Set several parameters of the query."""
    for name, value in values.items():
        url = _without_parameter(url, name)
        url = url if value is None else _with_parameter(url, name, value)
    return _without_key(source, url)


def _value(source: Source, name: str, found: Json, url: str) -> str:
    """Give what a parameter of the query has for the next page."""
    if isinstance(found, list | dict | None):
        raise SourceUndecodable(source.name, f"the pages.next of {source.name} is a list or an object")
    if found is not True:
        return written(found)
    number = next((value for pair, value in _pairs(url) if pair == name), None)
    return str(_next_number(source, f"the parameter {name}", number))


def _with_member(source: Source, place: str, found: Json, body: bytes | None) -> bytes:
    """Set what leads to the next page in what is sent: a form's field, or a member of JSON.

    Raises:
        SourceUndecodable: the body has no object for the member to stand in, or what is there is no number.
    """
    assert body is not None
    if isinstance(source, HttpSource) and source.form is not None:
        query = f"?{body.decode()}"
        return _with_parameter(query, place, _value(source, place, found, query))[1:].encode()
    content = around = orjson.loads(body)
    *above, last = place.split(".")
    for name in above:
        around = around.setdefault(name, {}) if isinstance(around, dict) else None
    if not isinstance(around, dict):
        raise SourceUndecodable(source.name, f"the body of {source.name} has no object for {place}")
    around[last] = _next_number(source, place, around.get(last)) if found is True else found
    return orjson.dumps(content)


def _next_number(source: Source, place: str, number: Json) -> int:
    """Give the number of the page behind that of a request; one without a number is of the first page."""
    assert source.pages is not None
    step = source.pages.step
    if number is None:
        number = 1 if step is None else 0
    text = "" if isinstance(number, list | dict) else written(number)
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise SourceUndecodable(source.name, f"{place} of {source.name} is no page's number")
    return int(text) + (step or 1)


def _pairs(url: str) -> list[tuple[str, str]]:
    """Give names and values of a URL's query."""
    pairs = (pair.partition("=") for pair in url.partition("?")[2].split("&"))
    return [(unquote_plus(name), unquote_plus(value)) for name, _, value in pairs]


def _with_parameter(url: str, name: str, value: str) -> str:
    """Set a parameter of the query, in place of any of its name."""
    before = _without_parameter(url, name)
    try:
        pair = f"{quote(name, safe='')}={quote(value, safe='')}"
    except UnicodeEncodeError:  # a lone surrogate, which no answer has
        pair = f"{quote(name, safe='')}="
    return f"{before}{'&' if '?' in before else '?'}{pair}"


def _without_parameter(url: str, name: str) -> str:
    """Leave a parameter out of a URL's query; what else is there stays as it is written."""
    path, _, query = url.partition("?")
    kept = "&".join(pair for pair in query.split("&") if pair and unquote_plus(pair.partition("=")[0]) != name)
    return f"{path}?{kept}" if kept else path


def _allowed(source: Source, request: Request, found: Json) -> str:
    """Give the URL of a page, if it may be asked: on the page's own origin, or on one of those that the source names.

    Raises:
        SourceUndecodable: it is no URL, or one elsewhere.
    """
    try:
        url = from_outside(urljoin(request.url, found.encode().decode("latin-1"))) if isinstance(found, str) else ""
    except ValueError:
        url = ""
    if not url:
        raise SourceUndecodable(source.name, f"the pages.next of {source.name} is no URL")
    if not is_same_origin(request.url, url) and origin_of(url) not in (source.reaches or ()):
        raise SourceUndecodable(source.name, f"the pages.next of {source.name} leads to another origin")
    return _without_key(source, url)


def _without_key(source: Source, url: str) -> str:
    """Leave the parameter of `auth` out of what an API says: it is put in when the request goes out."""
    return _without_parameter(url, source.auth.query.name) if source.auth and source.auth.query else url


def _in_place_of(before: str, target: str, url: str) -> str:
    """Give the URL of a page, with the segments that it has of the page before as they stand in that one's URL.

    An API does not know the references to secrets that fanin writes. So they are there only if a link was resolved
    against them, and where they were: the same text elsewhere is the API's, or a client's.

    Args:
        before: the URL of the page before, with the references.
        target: that of the page, likewise.
        url: that of the page before, with secrets or the references.
    """
    path, mark, query = target.partition("?")
    segments, had, has = path.split("/"), before.partition("?")[0].split("/"), url.partition("?")[0].split("/")
    if segments[:_ORIGIN] != had[:_ORIGIN]:
        return target
    stand = dict(enumerate(zip(had, has, strict=True)))
    kept = [stand[at][1] if at in stand and stand[at][0] == segment else segment for at, segment in enumerate(segments)]
    return "/".join(kept) + mark + query


def _opened(before: Open, lead: _Lead, put: _Put, sealed: Request, secrets: Values) -> Request:
    """Put secrets into the request of a later page: what leads to it leads from the page before as it was opened."""
    opened = before(sealed, secrets)
    return replace(opened, url=lead(opened.url), body=put(opened.body))
