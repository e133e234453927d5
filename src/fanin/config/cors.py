"""What fanin.toml says of pages on other origins that may ask: CORS, as the Fetch standard has it."""

from collections import Counter
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, WithJsonSchema, field_validator, model_validator

from fanin.config.headers import OWN_HEADERS, check_header_syntax
from fanin.config.mistake import Mistake, quoted
from fanin.config.origins import origin_of
from fanin.config.path import Method
from fanin.config.table import Table
from fanin.config.units import Duration, at_most

ANY = "*"
"""Stands for every origin."""
PREFIX = "access-control-"
"""What the names of CORS's own headers begin with, in lower case."""

_NULL = "null"
_ON_THIS_MACHINE = ("localhost", "127.", "[::1]")
_EXAMPLE = 'Write scheme, host and port: "https://app.example.com"'


def _origin(text: str) -> str:
    """Give an origin back, of whatever scheme, or `*`.

    Raises:
        Mistake: it is neither, or not written as browsers send it.
    """
    if text == ANY:
        return text
    if text == _NULL:
        fix = "Remove it, and serve the page from an origin of its own"
        raise Mistake("bad-origin", "null is sent for every page without an origin: it names none", fix, f'"{text}"')
    if ANY in text:
        fix = f'Write each origin, or only ["{ANY}"] for all'
        raise Mistake("bad-origin", f"{quoted(text)} has a wildcard, and origins are compared whole", fix, f'"{text}"')
    if (meant := _meant(text)) != text:
        fix = f'Write "{meant}"' if meant else _EXAMPLE
        raise Mistake("bad-origin", f"{quoted(text)} is no origin as browsers send it", fix, f'"{text}"')
    return text


def _meant(text: str) -> str | None:
    """Give the origin of what may be a URL, or one without its scheme; None if it is neither."""
    if "://" not in text:
        return origin_of(f"{'http' if text.startswith(_ON_THIS_MACHINE) else 'https'}://{text}")
    if text.lower().startswith(("http:", "https:")):
        return origin_of(text)
    other = origin_of(f"https{text[text.index(':') :]}")  # as apps with a browser inside have it: capacitor://localhost
    return f"{urlsplit(text).scheme}{other.removeprefix('https')}" if other and urlsplit(text).scheme else None


AllowedOrigin = Annotated[
    str,
    AfterValidator(_origin),
    WithJsonSchema({"type": "string", "pattern": r"^(\*|[a-z][a-z0-9+.-]*://[^/*]+)$"}),
]


class Cors(Table):
    """Which pages on other origins may ask, and what browsers let them send and read."""

    origins: tuple[AllowedOrigin, ...]
    """The origins of these pages, such as "https://app.example.com", or only "*" for all."""
    methods: tuple[Method, ...] | None = None
    """The methods that they may use; without it those that a path takes. GET takes HEAD too."""
    headers: tuple[str, ...] | None = None
    """The headers that they may send; without it those that endpoints read."""
    expose: tuple[str, ...] | None = None
    """The headers of answers that they may read; without it all that say something of an answer."""
    credentials: Annotated[bool, Field(strict=True)] = False
    """Whether browsers send cookies and the like along, and let the page read the answer."""
    max_age: Annotated[Duration, at_most("1d")] = 600.0
    """How long a browser need not ask again whether it may ask; browsers have bounds of their own."""

    @field_validator("origins", "methods")
    @classmethod
    def _some_and_each_once(cls, texts: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if texts == ():
            raise Mistake("bad-value", "the list is empty", "Write what pages may use, or remove the key, or [cors]")
        for text, count in Counter(texts).items():
            if count > 1:
                raise Mistake("listed-twice", f"{quoted(text)} is listed twice", "List it once", f'"{text}"')
        return texts

    @field_validator("origins")
    @classmethod
    def _all_or_some(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        if ANY in origins and len(origins) > 1:
            fix = f'Remove "{ANY}", or write ["{ANY}"]'
            raise Mistake("bad-origin", f'"{ANY}" stands for the others, too', fix, f'"{ANY}"')
        return origins

    @field_validator("headers", "expose")
    @classmethod
    def _header_names(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if ANY in (names or ()):
            fix = 'Name each header: ["Content-Type", "X-Tenant"]'
            raise Mistake("bad-header", f'"{ANY}" is no header, and browsers read it in two ways', fix, f'"{ANY}"')
        check_header_syntax(names or ())
        return names

    @field_validator("headers")
    @classmethod
    def _pages_may_send(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if of_browsers := [name for name in names or () if name.lower() in OWN_HEADERS]:
            message = f"browsers set {of_browsers[0]} themselves, and no page can"
            raise Mistake("bad-header", message, "Remove it", f'"{of_browsers[0]}"')
        return names

    @field_validator("expose")
    @classmethod
    def _pages_may_read(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if hidden := [name for name in names or () if name.lower() == "set-cookie"]:
            message = f"browsers show {hidden[0]} to no page"
            raise Mistake("bad-header", message, "Remove it", f'"{hidden[0]}"')
        return names

    @model_validator(mode="after")
    def _credentials_for_listed_origins(self) -> "Cors":
        if self.credentials and ANY in self.origins:
            message = "with credentials every page that a user opens could act as that user, so browsers refuse it"
            raise Mistake("any-origin-with-credentials", message, "List the origins, or remove credentials")
        return self
