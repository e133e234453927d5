"""What a redirect leads to, where a source has redirects followed."""

from collections.abc import Collection
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from fanin.config.origins import is_same_origin, origin_of
from fanin.config.template import from_outside
from fanin.engine.call import Request, Response

_FOLLOWED = frozenset((301, 302, 303, 307, 308))


def redirected(request: Request, response: Response, reaches: Collection[str] | None = None) -> Request | None:
    """Give the request that a response leads to, if it is a redirect of a GET that may be followed.

    Where it leads is held to what a source's own URL is held to, and is never a weaker scheme. To another origin go
    none of the source's own headers, and no certificate: they may be what it is trusted by.

    Args:
        request: what was asked.
        response: what came back.
        reaches: the origins, beside the request's own, that it may lead to; None for any.
    """
    if request.method != "GET" or response.status not in _FOLLOWED or "location" not in response.headers:
        return None
    location = response.headers["location"]
    if ", " in location:  # two of them, joined
        return None
    try:
        url = from_outside(urljoin(request.url, location))
    except ValueError:
        return None
    if is_same_origin(request.url, url):
        return replace(request, url=url)
    weaker = urlsplit(request.url).scheme == "https" and urlsplit(url).scheme != "https"
    if weaker or (reaches is not None and origin_of(url) not in reaches):
        return None
    return replace(request, url=url, headers=(), validators=(), tls=None)
