"""The kind `url`: an HTTP API."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, partial
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from fanin.config import template
from fanin.config.graphql import GraphQL
from fanin.config.graphql_document import variables_in
from fanin.config.headers import TRACE_HEADERS, check_header_names
from fanin.config.mistake import Mistake, quoted
from fanin.config.origins import origin_of
from fanin.config.request import Request
from fanin.config.source import Source
from fanin.config.table import Name
from fanin.config.template import RefusedValue, Values
from fanin.config.texts import Body, Form, Header, OriginText, Url, Xml

WITHOUT_CONTENT = frozenset(("GET", "HEAD"))
REPEATABLE = frozenset(("PUT", "DELETE"))
"""Methods of writes whose repetition does what the first would have done (RFC 9110, section 9.2.2)."""
_CONTENT_TYPES = {"form": "application/x-www-form-urlencoded", "xml": "text/xml; charset=utf-8"}
"""What is said of contents that are no JSON, unless `headers` says it."""


class HttpSource(Source):
    """An HTTP API."""

    kind: ClassVar[str] = "url"

    url: Url
    """Where it is; references are percent-encoded for their place."""
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    """The method of its requests; POST by default with `graphql`."""
    headers: dict[str, Header] = Field(default_factory=dict)
    """Headers to send; a value may hold references."""
    body: Body | None = None
    """JSON to send; a text may hold references."""
    form: Form | None = None
    """Fields to send as a form; a value may hold references, and a list repeats its field."""
    xml: Xml | None = None
    """XML to send; texts and attributes may hold references."""
    graphql: GraphQL | None = None
    """A GraphQL query to send; the answer is its `data`."""
    upstream: Name | None = None
    """The API that it is one of the sources of; `url` is then a path, or a reference to a whole URL."""
    origins: tuple[OriginText, ...] = ()
    """Where a URL from a value, or a redirect, may lead beside the API itself."""
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
    def _leads_somewhere_known(self) -> "HttpSource":
        if isinstance(self.url, template.ReferredUrl) and self.upstream is None and not self.origins:
            fix = 'Name the origins: origins = ["https://api.example.com"]'
            raise Mistake("bad-url", f"nothing says where {self.url.reference} may lead", fix)
        return self

    @model_validator(mode="after")
    def _one_content(self) -> "HttpSource":
        contents = [key for key in ("body", "form", "xml", "graphql") if getattr(self, key) is not None]
        if len(contents) > 1:
            raise Mistake("bad-body", f"{' and '.join(contents)} each say what is sent", "Keep one of them")
        if self.graphql and "method" not in self.model_fields_set:
            self.__dict__["method"] = "POST"
        if self.graphql and self.method != "POST":
            raise Mistake("bad-body", "a GraphQL query goes by POST", 'Remove method, or write method = "POST"')
        if contents and self.method in WITHOUT_CONTENT:
            fix = f'Add method = "POST", or remove the {contents[0]}'
            raise Mistake("bad-body", f"a {self.method} has no {contents[0]}", fix)
        if "writes" not in self.model_fields_set:
            self.__dict__["writes"] = self.graphql.changes if self.graphql else self.method not in WITHOUT_CONTENT
        return self

    @model_validator(mode="after")
    def _redirects_need_get(self) -> "HttpSource":
        if self.redirects and self.method != "GET":
            raise Mistake("bad-redirects", "only a GET is followed", f'Remove redirects, or method = "{self.method}"')
        return self

    @model_validator(mode="after")
    def _keeps_no_write(self) -> "HttpSource":
        if self.invalidates and not self.writes:
            message = f"{self._asks} changes nothing, and makes no kept answer invalid"
            raise Mistake("bad-writes", message, "Remove invalidates; or add writes = true, if it changes something")
        if self.writes and self.pages:
            fix = "Remove pages; or add writes = false, if the call changes nothing"
            raise Mistake("bad-writes", f"{self._asks} may change something, and would do so for each page", fix)
        for key in ("cache", "refresh"):
            if self.writes and getattr(self, key) is not None:
                fix = f"Remove {key}; or add writes = false, if the call changes nothing"
                raise Mistake("bad-writes", f"{self._asks} may change something, so that no answer of it is kept", fix)
        return self

    @model_validator(mode="after")
    def _sends_what_leads_on(self) -> "HttpSource":
        if self.pages is None or self.pages.body is None:
            return self
        member, *below = self.pages.body.split(".")
        if self.graphql and (
            member != "variables" or not below or below[0] not in variables_in(self.graphql.query).declared
        ):
            message = f"the query has no variable at {quoted(self.pages.body)}"
            fix = 'Write body = "variables.after", with a variable of the query'
            raise Mistake("bad-pages", message, fix, f'"{self.pages.body}"')
        content = self.body or (self.graphql.body if self.graphql else None)
        if content and not content.has_place((member, *below)):
            message = f"body has no object for {quoted(self.pages.body)} to stand in"
            fix = "Write the names of objects in body, joined by dots"
            raise Mistake("bad-pages", message, fix, f'"{self.pages.body}"')
        if content is None and self.form is None:
            message, fix = "nothing is sent that could lead to the next page", "Write query in place of body"
            raise Mistake("bad-pages", message, fix, f'"{self.pages.body}"')
        return self

    @model_validator(mode="after")
    def _a_key_for_what_is_repeated(self) -> "HttpSource":
        if self.idempotency_key and not self.writes:
            message = f"{self._asks} changes nothing, and may be repeated without a key"
            raise Mistake("bad-idempotency-key", message, "Remove idempotency_key")
        if self.idempotency_key and any(name.lower() == "idempotency-key" for name in self.headers):
            raise Mistake("bad-idempotency-key", "the key stands in headers too", "Keep one of them")
        harmful = self.hedge if self.method in REPEATABLE else self.retry or self.hedge
        if self.writes and harmful and not self.idempotency_key:
            fix = "Add idempotency_key = true if the API knows Idempotency-Key, or if repeating does no harm"
            raise Mistake("bad-repeat", f"{self._asks} may do twice what it does", fix)
        return self

    @model_validator(mode="after")
    def _trace_context_has_its_headers(self) -> "HttpSource":
        if self.trace_context and (taken := TRACE_HEADERS & {name.lower() for name in self.headers}):
            fix = "Remove it, or trace_context"
            raise Mistake("bad-header", f"{min(taken)} is set by trace_context", fix)
        return self

    @model_validator(mode="after")
    def _tls_has_https(self) -> "HttpSource":
        if self.tls:
            from fanin.config.tls import check_secured  # noqa: PLC0415 - no part of other cold starts

            for origin in (*((self.url.origin,) if isinstance(self.url, template.UrlTemplate) else ()), *self.origins):
                check_secured(origin)
            if self.auth and (oauth2 := self.auth.oauth2) and oauth2.tls == "source":
                check_secured(oauth2.token_url.origin, 'Write https, or tls = "public" in oauth2')
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
        """The references of URL, headers and what is sent, and those that any source may have."""
        yield from ((key, text.references) for key, text in self.texts_by_key)
        yield from super().references_by_key

    @property
    def texts_by_key(self) -> Iterator[tuple[tuple[str, ...], template.Template]]:
        """The texts of URL, headers and what is sent."""
        yield from ((("url",), text) for text in self.url.texts)
        yield from ((("headers", name), header.template) for name, header in self.headers.items())
        if self.body:
            yield from ((("body",), text) for text in self.body.texts)
        if self.form:
            yield from ((("form", name), text) for name, text in self.form.fields)
        if self.xml:
            yield ("xml",), self.xml.template
        if self.graphql and self.graphql.variables:
            yield from ((("graphql", "variables"), text) for text in self.graphql.variables.texts)

    @property
    def drawn(self) -> str:
        """The method and where it goes."""
        method = "POST GraphQL" if self.graphql else self.method
        return f"{method} {self.url.origin}"

    @cached_property
    def is_graphql(self) -> bool:
        """Whether it asks by GraphQL."""
        return self.graphql is not None

    @cached_property
    def answers_without_body(self) -> bool:
        """Whether it asks by HEAD (RFC 9110, section 9.3.2)."""
        return self.method == "HEAD"

    @property
    def origins_by_key(self) -> Mapping[str, str]:
        """The API's, and that of the server which gives it tokens; what only a value says is left out."""
        oauth2 = self.auth.oauth2 if self.auth else None
        fixed = {"url": self.url.origin} if isinstance(self.url, template.UrlTemplate) else {}
        return fixed | ({"auth": oauth2.token_url.origin} if oauth2 else {})

    @cached_property
    def home(self) -> str:
        """The origin of its upstream; empty without one."""
        return ""

    def take_upstream(self, upstream: "HttpSource", inherited: frozenset[str]) -> None:
        """Take on an upstream, once, when the file is read: where it is, and which keys are its."""
        self.__dict__["home"] = upstream.url.origin
        self.__dict__["inherited"] = inherited

    @cached_property
    def reaches(self) -> frozenset[str] | None:
        """The upstream's and those of `origins`, for a URL from a value, or if any are named; else any."""
        if isinstance(self.url, template.UrlTemplate) and not self.origins:
            return None
        own = self.url.origin if isinstance(self.url, template.UrlTemplate) else self.home
        return frozenset(origin for origin in (origin_of(own), *self.origins) if origin)

    def shares(self, key: str) -> str:
        """Give the upstream's name, if the key is its."""
        return self.upstream if self.upstream and key in self.inherited else ""

    @property
    def checked_references(self) -> Iterator[template.Reference]:
        """Those in the path of the URL, and in headers: a query can have any value, as can what is sent."""
        yield from self.url.path_references
        for header in self.headers.values():
            yield from header.template.references

    def check_parameters(self, values: Values) -> None:
        """Refuse what may not stand in URL or headers."""
        self.url.check_parameters(values)
        for header in self.headers.values():
            header.check_parameters(values)

    def request(self, values: Values, forwarded: tuple[tuple[str, str], ...] = ()) -> Request:
        """Put the values into URL, headers and body."""
        if self.constant and not forwarded:
            return self.constant
        if not self.sealed:
            return self._expanded(values, forwarded)
        sealed = self._expanded({**values, **{secret: str(secret) for secret in self.sealed}}, forwarded)
        return replace(sealed, open=partial(self._opened, values))

    @cached_property
    def constant(self) -> Request | None:
        """What it asks every time, made once; None if something of it is a reference."""
        refers = not isinstance(self.url, template.UrlTemplate) or any(text.references for _, text in self.texts_by_key)
        return None if refers else self._expanded({})

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

    def _led_to(self, url: template.ReferredUrl | template.ChosenUrl, values: Values) -> str:
        """Put the values into a URL whose origin is one of them.

        Raises:
            RefusedValue: it leads to an origin that the source does not name; or as `expand`.
        """
        expanded = url.expand(values, self.separator)
        if isinstance(url, template.ReferredUrl) and (origin := origin_of(expanded)) not in (self.reaches or ()):
            raise RefusedValue(url.reference, f"leads to {origin}, which is not among the origins")
        return expanded

    @property
    def _asks(self) -> str:
        """What kind of request it makes, for a message."""
        return "a GraphQL mutation" if self.graphql and self.writes else f"a {self.method}"

    def _opened(self, values: Values, sealed: Request, secrets: Values) -> Request:
        opened = self._expanded({**values, **secrets})
        made = {name for name, _ in opened.headers}
        added = tuple((name, value) for name, value in sealed.headers if name not in made)
        return replace(sealed, url=opened.url, headers=(*opened.headers, *added), body=opened.body, open=None)

    def _expanded(self, values: Values, forwarded: tuple[tuple[str, str], ...] = ()) -> Request:
        try:
            own = [
                (name, header.expand(values))
                for name, header in self.headers.items()
                if not header.template.optional or not header.template.is_absent(values)
            ]
            told = "form" if self.form else "xml" if self.xml else ""
            if told and not any(name.lower() == "content-type" for name in self.headers):
                own.append(("Content-Type", _CONTENT_TYPES[told]))
            content = self.body or self.form or self.xml or (self.graphql.body if self.graphql else None)
            return Request(
                method=self.method,
                url=self.url.expand(values, self.separator)
                if isinstance(self.url, template.UrlTemplate)
                else self._led_to(self.url, values),
                headers=(*self.accepts, *own, *forwarded),
                body=content.encoded(values) if content else None,
            )
        except RefusedValue as refused:
            raise refused.error_of(self.name, items_of_client=self.items_of_client) from refused
