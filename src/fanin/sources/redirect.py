"""What a redirect leads to, where a source has redirects followed."""

from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from fanin.config.mistake import Mistake
from fanin.config.template import UrlTemplate
from fanin.engine.call import Request, Response

_FOLLOWED = frozenset((301, 302, 303, 307, 308))


def redirected(request: Request, response: Response) -> Request | None:
    """Give the request that a response leads to, if it is a redirect of a GET that may be followed.

    Where it leads is held to what a source's own URL is held to, and is never a weaker scheme. To another origin go
    none of the source's own headers: they may be what it is trusted by.
    """
    if request.method != "GET" or response.status not in _FOLLOWED or "location" not in response.headers:
        return None
    try:
        target = UrlTemplate.parse(urljoin(request.url, response.headers["location"]).partition("#")[0])
        url = target.expand({})
    except (Mistake, ValueError, KeyError):  # no URL; one that is no place for a request; one with braces
        return None
    before, after = urlsplit(request.url), urlsplit(url)
    if before.scheme == "https" and after.scheme != "https":
        return None
    same_origin = (before.scheme, before.netloc) == (after.scheme, after.netloc)
    if not same_origin:
        return replace(request, url=url, headers=(), validators=())
    return replace(request, url=url)
