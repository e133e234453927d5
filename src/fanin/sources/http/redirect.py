"""What a redirect leads to, where a source has redirects followed."""

import re
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from fanin.config.mistake import Mistake
from fanin.config.template import UrlTemplate
from fanin.engine.call import Request, Response

_ENCODED = re.compile(r'[ "<>^`{|}\x80-\xff]')
_FOLLOWED = frozenset((301, 302, 303, 307, 308))


def redirected(request: Request, response: Response) -> Request | None:
    """Give the request that a response leads to, if it is a redirect of a GET that may be followed.

    Where it leads is held to what a source's own URL is held to, and is never a weaker scheme. To another origin go
    none of the source's own headers: they may be what it is trusted by.

    Spaces, bytes beyond ASCII and what else has no place in a URL are percent-encoded, as browsers do.
    """
    if request.method != "GET" or response.status not in _FOLLOWED or "location" not in response.headers:
        return None
    location = response.headers["location"]
    if ", " in location:  # two of them, joined
        return None
    if (url := url_from(request.url, location)) is None:
        return None
    before, after = urlsplit(request.url), urlsplit(url)
    if before.scheme == "https" and after.scheme != "https":
        return None
    same_origin = (before.scheme, before.netloc) == (after.scheme, after.netloc)
    if not same_origin:
        return replace(request, url=url, headers=(), validators=())
    return replace(request, url=url)


def url_from(base: str, written: str) -> str | None:
    """Give the URL that an answer leads to, as a request may have it; None if it is none.

    Args:
        base: the URL of the answer.
        written: an absolute or relative URL, as it stands in the answer.
    """
    written = _ENCODED.sub(lambda found: f"%{ord(found[0]):02X}", written)
    try:
        return UrlTemplate.parse(urljoin(base, written).partition("#")[0]).expand({})
    except (Mistake, ValueError, KeyError):  # no URL; one that is no place for a request; one with braces
        return None
