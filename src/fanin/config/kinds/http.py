"""The kind `url`: an HTTP API."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from fanin.config import template
from fanin.config.headers import TRACE_HEADERS, check_header_names
from fanin.config.mistake import Mistake
from fanin.config.request import Request
from fanin.config.source import Source
from fanin.config.template import MissingValue, RefusedValue, Values
from fanin.config.texts import Body, Header, Url
from fanin.errors import NotFound, ValueRefused


class HttpSource(Source):
    """An HTTP API."""

    kind: ClassVar[str] = "url"

    url: Url
    """Where it is; references are percent-encoded for their place."""
    method: Literal["GET", "POST"] = "GET"
    """GET, or POST for an API that is asked that way."""
    headers: dict[str, Header] = Field(default_factory=dict)
    """Headers to send; a value may hold references."""
    body: Body | None = None
    """JSON to send with a POST; a text may hold references."""
    separator: Annotated[str, Field(min_length=1, max_length=16)] | None = None
    """What joins a list in the query in one value; without it, the list's pair is repeated."""

    @field_validator("headers")
    @classmethod
    def _header_names(cls, headers: dict[str, Header]) -> dict[str, Header]:
        check_header_names(headers)
        return {name: header.in_cookie() if name.lower() == "cookie" else header for name, header in headers.items()}

    @model_validator(mode="after")
    def _forwards_no_own_header(self) -> "HttpSource":
        if both := {name.lower() for name in self.forward} & {name.lower() for name in self.headers}:
            raise Mistake("bad-header", f"{min(both)} is among headers and forward", "Keep it in one of them")
        return self

    @model_validator(mode="after")
    def _body_needs_post(self) -> "HttpSource":
        if self.body is not None and self.method == "GET":
            raise Mistake("bad-body", "a GET has no body", 'Add method = "POST", or remove the body')
        return self

    @model_validator(mode="after")
    def _redirects_need_get(self) -> "HttpSource":
        if self.redirects and self.method != "GET":
            raise Mistake("bad-redirects", "only a GET is followed", 'Remove redirects, or method = "POST"')
        return self

    @model_validator(mode="after")
    def _a_key_for_what_is_repeated(self) -> "HttpSource":
        if self.idempotency_key and self.method == "GET":
            raise Mistake("bad-idempotency-key", "a GET may be repeated without a key", "Remove idempotency_key")
        if self.idempotency_key and any(name.lower() == "idempotency-key" for name in self.headers):
            raise Mistake("bad-idempotency-key", "the key stands in headers too", "Keep one of them")
        if self.method == "POST" and (self.retry or self.hedge) and not self.idempotency_key:
            fix = "Add idempotency_key = true if the API knows Idempotency-Key, or if repeating does no harm"
            raise Mistake("bad-repeat", "a POST may do twice what it does", fix)
        return self

    @model_validator(mode="after")
    def _trace_context_has_its_headers(self) -> "HttpSource":
        if self.trace_context and (taken := TRACE_HEADERS & {name.lower() for name in self.headers}):
            fix = "Remove it, or trace_context"
            raise Mistake("bad-header", f"{min(taken)} is set by trace_context", fix)
        return self

    @model_validator(mode="after")
    def _auth_stands_alone(self) -> "HttpSource":
        sets = (self.auth.header_name if self.auth else None) or ""
        if sets.lower() in {name.lower() for name in (*self.headers, *self.forward)}:
            raise Mistake("bad-auth", f"{sets} is among headers or forward too", "Keep one of them")
        if self.auth and self.auth.sigv4 and self.redirects:
            message = "a signature is good for one URL, and redirects lead to others"
            raise Mistake("bad-auth", message, "Remove redirects, and write the URL that they lead to")
        return self

    @property
    def references_by_key(self) -> Iterator[tuple[tuple[str, ...], Iterable[template.Reference]]]:
        """The references of URL, headers and body, and those that any source may have."""
        yield from ((key, text.references) for key, text in self.texts_by_key)
        yield from super().references_by_key

    @property
    def texts_by_key(self) -> Iterator[tuple[tuple[str, ...], template.Template]]:
        """The texts of URL, headers and body."""
        yield from ((("url",), text) for text in self.url.texts)
        yield from ((("headers", name), header.template) for name, header in self.headers.items())
        if self.body:
            yield from ((("body",), text) for text in self.body.texts)

    @property
    def writes(self) -> bool:
        """All but GET and HEAD do."""
        return self.method != "GET"

    @property
    def drawn(self) -> str:
        """The method and where it goes."""
        return f"{self.method} {self.url.origin}"

    @property
    def origins(self) -> Mapping[str, str]:
        """The API's, and that of the server which gives it tokens."""
        oauth2 = self.auth.oauth2 if self.auth else None
        return {"url": self.url.origin} | ({"auth": oauth2.token_url.origin} if oauth2 else {})

    def check_parameters(self, values: Values) -> None:
        """Refuse what may not stand in URL or headers."""
        self.url.check_parameters(values)
        for header in self.headers.values():
            header.check_parameters(values)

    def request(self, values: Values, forwarded: tuple[tuple[str, str], ...] = ()) -> Request:
        """Put the values into URL, headers and body."""
        if not self.sealed:
            return self._expanded(values, forwarded)
        sealed = self._expanded({**values, **{secret: str(secret) for secret in self.sealed}}, forwarded)
        return replace(sealed, open=partial(self._opened, values))

    def identity(self, request: Request) -> list[Any]:
        """Give URL, method, headers, those that are handed on from the client included, and body."""
        return [
            request.method,
            request.url,
            sorted((name.lower(), value) for name, value in request.headers),
            request.body.decode() if request.body is not None else None,
            self.asks_as,
            repr(self.auth),
        ]

    def _opened(self, values: Values, sealed: Request, secrets: Values) -> Request:
        opened = self._expanded({**values, **secrets})
        added = tuple((name, value) for name, value in sealed.headers if name not in self.headers)
        return replace(sealed, url=opened.url, headers=(*opened.headers, *added), body=opened.body, open=None)

    def _expanded(self, values: Values, forwarded: tuple[tuple[str, str], ...] = ()) -> Request:
        try:
            own = [
                (name, header.expand(values))
                for name, header in self.headers.items()
                if not header.template.optional or not header.template.is_absent(values)
            ]
            return Request(
                method=self.method,
                url=self.url.expand(values, self.separator),
                headers=(*own, *forwarded),
                body=self.body.encoded(values) if self.body else None,
            )
        except MissingValue as missing:
            raise NotFound(self.name, str(missing), attempts=0) from missing
        except RefusedValue as refused:
            raise ValueRefused(self.name, str(refused)) from refused
