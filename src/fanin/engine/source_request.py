"""The request that reads a source: its templates with their values put in."""

from dataclasses import replace
from functools import partial

import orjson

from fanin.config import Source
from fanin.config.template import Refused, Values
from fanin.engine.call import Request
from fanin.errors import ValueRefused


def request_of(source: Source, values: Values, forwarded: tuple[tuple[str, str], ...] = ()) -> Request:
    """Make the request of a source.

    Where secrets belong it has the references to them, as they are written; `Request.open` puts the values there.

    Args:
        source: what is asked.
        values: what stands for its references to parameters and to other sources' fields.
        forwarded: the client's headers that are handed on.

    Raises:
        ValueRefused: a value may not stand where a reference puts it.
    """
    if not source.sealed:
        return _expanded(source, values, forwarded)
    sealed = _expanded(source, {**values, **{secret: str(secret) for secret in source.sealed}}, forwarded)
    return replace(sealed, open=partial(_opened, source, values))


def _opened(source: Source, values: Values, sealed: Request, secrets: Values) -> Request:
    opened = _expanded(source, {**values, **secrets})
    added = tuple((name, value) for name, value in sealed.headers if name not in source.headers)
    return replace(sealed, url=opened.url, headers=(*opened.headers, *added), body=opened.body, open=None)


def _expanded(source: Source, values: Values, forwarded: tuple[tuple[str, str], ...] = ()) -> Request:
    try:
        own = tuple((name, header.expand(values)) for name, header in source.headers.items())
        return Request(
            method=source.method,
            url=source.url.expand(values),
            headers=(*own, *forwarded),
            body=orjson.dumps(source.body.expand(values)) if source.body else None,
        )
    except Refused as refused:
        raise ValueRefused(source.name, str(refused)) from refused
