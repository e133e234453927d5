"""CORS: what answers say to browsers of pages on other origins (the Fetch standard, section 3.3).

Every way in hands its answers to `CorsPolicy.answered`, and asks `CorsPolicy.admits` before it takes a WebSocket.
Which methods a path takes, the way in says as it always does: by the refusal of a method that the path does not take.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from fanin.config import Config
from fanin.config.cors import ANY, PREFIX, Cors
from fanin.contract.answers import Answer
from fanin.contract.headers import Headers

OPTIONS = "OPTIONS"
READ = ("Content-Type", "Idempotency-Key", "If-None-Match", "Prefer", "traceparent", "tracestate")
"""The headers of requests that fanin itself reads, besides those that browsers let every page send."""
TOLD = (
    *("Fanin-Complete", "Fanin-Sources", "Server-Timing", "X-Request-Id"),
    *("Age", "Allow", "ETag", "Link", "Location", "Preference-Applied", "Retry-After", "WWW-Authenticate"),
)
"""The headers of fanin's answers, besides those that browsers let every page read."""
TOLD_OF_LIMITS = ("RateLimit", "RateLimit-Policy")
"""Likewise, of a file with a `client_limit`, or with API keys."""

_METHOD = f"{PREFIX}request-method"
_PREFLIGHTS_VARY = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
_WRONG_METHOD, _NO_CONTENT = 405, 204


@dataclass(frozen=True)
class CorsPolicy:
    """What the `[cors]` of a configuration comes to.

    Args:
        config: a configuration that has one.
        cors: it.
    """

    config: Config
    cors: Cors

    @classmethod
    def of(cls, config: Config) -> "CorsPolicy | None":
        """Make it; None for a configuration without."""
        return cls(config, config.cors) if config.cors else None

    def admits(self, origin: str | None) -> bool:
        """Tell whether a page may ask.

        Args:
            origin: the request's header of this name; None without one, as clients that are no browsers have it.
        """
        return origin is None or self._any or origin in self.cors.origins

    def answered(self, method: str, asked: Mapping[str, str], answer: Answer) -> Answer:
        """Give the answer to a request with all that it says of other origins.

        OPTIONS, which no endpoint takes, is answered from the refusal of it: a preflight with what the page may do, any
        other with the methods of the path.

        Args:
            method: the request's.
            asked: the request's headers, names in lower case.
            answer: the answer otherwise.
        """
        if method == OPTIONS and answer.status == _WRONG_METHOD:
            named = tuple((name, text) for name, text in answer.headers if name.lower() == "x-request-id")
            taken = next((text for name, text in answer.headers if name.lower() == "allow"), "")
            if "origin" in asked and _METHOD in asked:
                return Answer(_NO_CONTENT, (*self._preflight(asked, taken.split(", ")), *named), b"")
            answer = Answer(_NO_CONTENT, (("Allow", f"{taken}, {OPTIONS}"), *named), b"")
        return self._shared(asked.get("origin"), answer)

    def _preflight(self, asked: Mapping[str, str], taken: Iterable[str]) -> Headers:
        """Say what a page may do at a path; nothing if it may not do what it asks for.

        Browsers take a refused GET, HEAD or POST for granted where the origin is admitted, so that it is not then.
        """
        varies = ("Vary", _PREFLIGHTS_VARY)
        methods = [method for method in taken if self._methods is None or method in self._methods]
        if not self.admits(asked["origin"]) or asked[_METHOD] not in methods:
            return (varies,)
        return (
            varies,
            *self._admitted(asked["origin"]),
            ("Access-Control-Allow-Methods", ", ".join(methods)),
            ("Access-Control-Allow-Headers", self._allowed_headers),
            ("Access-Control-Max-Age", str(int(self.cors.max_age))),
        )

    def _shared(self, origin: str | None, answer: Answer) -> Answer:
        """Say on an answer who may read it, unless a handler written by hand has said so itself."""
        headers = answer.headers if self._any else _varying(answer.headers)
        own = any(name.lower() == "access-control-allow-origin" for name, _ in headers)
        if not own and (self._any or (origin is not None and self.admits(origin))):
            headers = (*headers, *self._admitted(origin or ""), ("Access-Control-Expose-Headers", self._exposed))
        return replace(answer, headers=headers)

    def _admitted(self, origin: str) -> Headers:
        admitted = (("Access-Control-Allow-Origin", ANY if self._any else origin),)
        return (*admitted, ("Access-Control-Allow-Credentials", "true")) if self.cors.credentials else admitted

    @cached_property
    def _any(self) -> bool:
        return ANY in self.cors.origins

    @cached_property
    def _methods(self) -> frozenset[str] | None:
        """The methods that pages may use; None for all that there are."""
        if self.cors.methods is None:
            return None
        return frozenset((*self.cors.methods, *(["HEAD"] if "GET" in self.cors.methods else [])))

    @cached_property
    def _allowed_headers(self) -> str:
        if self.cors.headers is not None:
            return _listed(self.cors.headers)
        parameters = (name for endpoint in self.config.endpoints.values() for name in endpoint.varies)
        forwarded = (name for source in self.config.sources.values() for name in source.forward)
        return _listed(name for name in (*READ, *parameters, *forwarded) if name != "Cookie")

    @cached_property
    def _exposed(self) -> str:
        if self.cors.expose is not None:
            return _listed(self.cors.expose)
        own = (name for endpoint in self.config.endpoints.values() for name in endpoint.headers)
        passed = (name for e in self.config.endpoints.values() if e.passthrough for name in e.passthrough.headers)
        limits = TOLD_OF_LIMITS if any(each.may_refuse_too_many for each in self.config.endpoints.values()) else ()
        return _listed((*TOLD, *limits, *own, *passed))


def _listed(names: Iterable[str]) -> str:
    """List names, each once, in whatever case it comes first."""
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(name.lower(), name)
    return ", ".join(first.values())


def _varying(headers: Headers) -> Headers:
    """Say that an answer varies with the origin, besides what it varies with already."""
    varies = [text.strip() for name, text in headers if name.lower() == "vary" for text in text.split(",")]
    if {"*", "origin"} & {name.lower() for name in varies}:
        return headers
    others = tuple((name, text) for name, text in headers if name.lower() != "vary")
    return (*others, ("Vary", ", ".join([*varies, "Origin"])))
