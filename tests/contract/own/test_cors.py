"""Pages on other origins: what every execution model answers to their browsers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from tests.contract.ask import Question, Reply
from tests.contract.own.case import Case
from tests.contract.own.conftest import Served
from tests.contract.own.upstream import Asked, Gives

APP, LOCAL, EVIL = "https://app.example.com", "http://localhost:3000", "https://evil.example"
READ = {"GET /read": Gives(1, headers={"Cache-Control": "max-age=60"})}
PREFLIGHTS_VARY = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
HEADERS = "Content-Type, Idempotency-Key, If-None-Match, Prefer, traceparent, tracestate, X-Locale, X-Tenant"
EXPOSED = (
    "Fanin-Complete, Fanin-Sources, Server-Timing, X-Request-Id, Age, Allow, ETag, Link, Location, "
    "Preference-Applied, Retry-After, WWW-Authenticate, X-Place"
)


def cors_of(reply: Reply) -> dict[str, str]:
    """Give the answer's headers of CORS, by the last part of their names."""
    prefix = "access-control-"
    return {name.removeprefix(prefix): value for name, value in reply.headers.items() if name.startswith(prefix)}


def says(*, vary: str | None, **cors: str) -> Callable[[Reply, Sequence[Asked]], None]:
    """Say all that an answer tells a browser."""

    def look(reply: Reply, _: Sequence[Asked]) -> None:
        assert cors_of(reply) == {name.replace("_", "-"): value for name, value in cors.items()}
        assert reply.headers.get("vary") == vary
        assert reply.headers["x-request-id"]
        assert reply.status != 204 or (reply.content, reply.headers.get("content-length")) == (b"", None)

    return look


def shared(origin: str) -> Callable[[Reply, Sequence[Asked]], None]:
    return says(allow_origin=origin, expose_headers=EXPOSED, vary="Origin")


def preflight(path: str, method: str, origin: str = APP, headers: str = "") -> Question:
    asked = {"origin": origin, "access-control-request-method": method}
    if headers:
        asked["access-control-request-headers"] = headers
    return Question(path, method="OPTIONS", headers=asked)


def permitted(origin: str, methods: str) -> Callable[[Reply, Sequence[Asked]], None]:
    return says(
        allow_origin=origin,
        allow_methods=methods,
        allow_headers=HEADERS,
        max_age="600",
        vary=PREFLIGHTS_VARY,
    )


def _from(origin: str, path: str, method: str = "GET", **headers: str) -> Question:
    return Question(path, method=method, headers={"origin": origin, **headers})


def _allows(methods: str) -> Callable[[Reply, Sequence[Asked]], None]:
    def look(reply: Reply, asked: Sequence[Asked]) -> None:
        says(vary="Origin")(reply, asked)
        assert reply.headers["allow"] == methods

    return look


NO_BODY: Mapping[str, Any] = {"status": 204, "complete": None}

CASES = [
    Case(
        "a preflight from a listed origin is told all that the path takes",
        preflight("/items/7", "DELETE", headers="x-tenant"),
        check=permitted(APP, "GET, HEAD, DELETE"),
        **NO_BODY,
    ),
    Case(
        "each listed origin is named itself",
        preflight("/place", "PUT", LOCAL),
        check=permitted(LOCAL, "PUT"),
        **NO_BODY,
    ),
    *(
        Case(f"a preflight {rule} is told nothing", question, check=says(vary=PREFLIGHTS_VARY), **NO_BODY)
        for rule, question in (
            ("from another origin", preflight("/items/7", "DELETE", EVIL)),
            ("from another port", preflight("/items/7", "DELETE", "http://localhost:3001")),
            ("from a longer host", preflight("/items/7", "DELETE", f"{APP}.evil.example")),
            ("in another case", preflight("/items/7", "DELETE", APP.upper())),
            ("of two origins", preflight("/items/7", "DELETE", f"{APP}, {LOCAL}")),
            ("from nowhere", preflight("/items/7", "DELETE", "null")),
            ("for a method that the path does not take", preflight("/items/7", "PUT")),
            ("for a simple method that the path does not take", preflight("/items/7", "POST")),
        )
    ),
    Case(
        "an unknown path is one for a preflight, too, and the page may read that",
        preflight("/nothing", "GET"),
        status=404,
        complete=None,
        check=shared(APP),
    ),
    Case(
        "OPTIONS without an origin is told the methods",
        Question("/items/7", method="OPTIONS"),
        check=_allows("GET, HEAD, DELETE, OPTIONS"),
        **NO_BODY,
    ),
    Case(
        "OPTIONS of an unknown path is refused",
        Question("/nothing", method="OPTIONS"),
        status=404,
        complete=None,
        check=says(vary="Origin"),
    ),
    Case(
        "OPTIONS with an origin that is no preflight may be read",
        _from(APP, "/items/7", "OPTIONS"),
        check=shared(APP),
        **NO_BODY,
    ),
    Case("a listed page may read an answer", _from(APP, "/items/7"), {"read": 1}, READ, check=shared(APP)),
    Case("another may not", _from(EVIL, "/items/7"), {"read": 1}, READ, check=says(vary="Origin")),
    Case("an answer to no page varies all the same", "/items/7", {"read": 1}, READ, check=says(vary="Origin")),
    Case(
        "a page may read a problem of sources",
        _from(LOCAL, "/items/7"),
        upstream={"GET /read": Gives(status=500)},
        status=502,
        complete=False,
        check=shared(LOCAL),
    ),
    Case("and a refusal", _from(APP, "/place"), {"status": 405}, status=405, complete=None, check=shared(APP)),
    Case(
        "and one by its size",
        Question("/items/7", "a=" + "b" * 9000, headers={"origin": APP}),
        {"status": 414},
        status=414,
        complete=None,
        check=shared(APP),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_case(case: Case, hold: Callable[[str, Case], None]) -> None:
    """Each case is a rule, and every execution model keeps it."""
    hold("cors", case)


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/jobs", "GET, HEAD, POST"),
        (f"/jobs/{'0' * 32}", "GET, HEAD, DELETE"),
        ("/health", "GET, HEAD"),
        ("/openapi.json", "GET, HEAD"),
        ("/docs", "GET, HEAD"),
        ("/data", "GET, HEAD"),
    ],
)
def test_every_path_of_the_gateway_answers_preflights(path: str, methods: str, served: Served) -> None:
    """Those of handlers written by hand included."""
    ask = served("cors")["gateway"]
    reply = ask(preflight(path, methods.rpartition(", ")[2], LOCAL))
    assert reply.status == 204
    permitted(LOCAL, methods)(reply, [])
    assert cors_of(ask(_from(LOCAL, "/health")))["allow-origin"] == LOCAL


def _file(cors: str) -> str:
    return f"""
fanin = 1
{cors}
[sources.thing]
value = 7
[endpoints.thing]
path = "/thing"
sources = ["thing"]
[endpoints.write]
method = "POST"
path = "/thing"
sources = ["thing"]
"""


@pytest.mark.parametrize(
    ("cors", "case"),
    [
        (
            '[cors]\norigins = ["*"]',
            Case(
                "every page may read",
                _from(EVIL, "/thing"),
                {"thing": 7},
                check=says(allow_origin="*", expose_headers=EXPOSED.removesuffix(", X-Place"), vary=None),
            ),
        ),
        (
            '[cors]\norigins = ["*"]\nexpose = ["X-One"]\nheaders = ["X-Two"]\nmax_age = "1.5s"',
            Case(
                "what is said to no page does not differ",
                "/thing",
                {"thing": 7},
                check=says(allow_origin="*", expose_headers="X-One", vary=None),
            ),
        ),
        (
            '[cors]\norigins = ["*"]\nexpose = ["X-One"]\nheaders = ["X-Two"]\nmax_age = "1.5s"',
            Case(
                "headers and age are those of the file",
                preflight("/thing", "POST", EVIL),
                check=says(
                    allow_origin="*",
                    allow_methods="GET, HEAD, POST",
                    allow_headers="X-Two",
                    max_age="1",
                    vary=PREFLIGHTS_VARY,
                ),
                **NO_BODY,
            ),
        ),
        (
            f'[cors]\norigins = ["{APP}"]\ncredentials = true\nexpose = []\nheaders = []',
            Case(
                "credentials are for the origin that is named",
                preflight("/thing", "POST"),
                check=says(
                    allow_origin=APP,
                    allow_credentials="true",
                    allow_methods="GET, HEAD, POST",
                    allow_headers="",
                    max_age="600",
                    vary=PREFLIGHTS_VARY,
                ),
                **NO_BODY,
            ),
        ),
        (
            f'[cors]\norigins = ["{APP}"]\ncredentials = true\nexpose = ["ETag"]',
            Case(
                "and so is the answer",
                _from(APP, "/thing"),
                {"thing": 7},
                check=says(
                    allow_origin=APP,
                    allow_credentials="true",
                    expose_headers="ETag",
                    vary="Origin",
                ),
            ),
        ),
        (
            f'[cors]\norigins = ["{APP}"]\nmethods = ["GET"]',
            Case(
                "GET is not POST, though browsers take both for simple",
                preflight("/thing", "POST"),
                check=says(vary=PREFLIGHTS_VARY),
                **NO_BODY,
            ),
        ),
        (
            f'[cors]\norigins = ["{APP}"]\nmethods = ["GET"]\nheaders = ["X-One"]',
            Case(
                "HEAD goes with GET",
                preflight("/thing", "HEAD"),
                check=says(
                    allow_origin=APP,
                    allow_methods="GET, HEAD",
                    allow_headers="X-One",
                    max_age="600",
                    vary=PREFLIGHTS_VARY,
                ),
                **NO_BODY,
            ),
        ),
        ("", Case("without [cors] no answer speaks of it", _from(APP, "/thing"), {"thing": 7}, check=says(vary=None))),
        (
            "",
            Case(
                "and OPTIONS is a method as any other",
                preflight("/thing", "GET"),
                {"status": 405},
                status=405,
                complete=None,
                check=says(vary=None),
            ),
        ),
    ],
    ids=lambda value: value.rule if isinstance(value, Case) else "",
)
def test_the_file_says_what_pages_may(cors: str, case: Case, hold: Callable[[str, Case], None]) -> None:
    hold(_file(cors), case)
