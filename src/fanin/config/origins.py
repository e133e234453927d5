"""Origins of URLs (RFC 6454): scheme, host and port."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, WithJsonSchema

from fanin.config.mistake import Mistake, quoted

_PORTS = {"http": 80, "https": 443}
_NOT_IN_URLS = frozenset('"<>\\^`{|}')


def origin_of(url: str) -> str | None:
    """Give scheme, host and port of a URL, without the scheme's own port.

    Returns:
        None where it is no http or https URL, or has user info, a fragment or characters that URLs have not.
    """
    if not url.isascii() or any(character <= " " or character in _NOT_IN_URLS for character in url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc or "#" in url:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if port in (None, _PORTS[parts.scheme]) else f":{port}")


def is_same_origin(url: str, other: str) -> bool:
    """Whether two URLs are of one origin: a host in other letters, or the scheme's own port, makes no other of it."""
    one, two = urlsplit(url), urlsplit(other)
    if (one.scheme, one.netloc) == (two.scheme, two.netloc):
        return True
    origin = origin_of(url)
    return origin is not None and origin == origin_of(other)


def checked_origin(text: str) -> str:
    """Give an origin back.

    Raises:
        Mistake: it is none, or not written as origins are compared.
    """
    if (origin := origin_of(text)) is None or origin != text:
        fix = f"Write {origin!r}" if origin else 'Write only scheme, host and port: "https://hooks.example.com"'
        raise Mistake("bad-origin", f"{quoted(text)} is no origin", fix)
    return text


ORIGIN_SCHEMA = {"type": "string", "pattern": "^https?://[^/]+$"}
Origin = Annotated[str, AfterValidator(checked_origin), WithJsonSchema(ORIGIN_SCHEMA)]
