"""Upstreams and URLs from values, in each execution model: what is taken on, and that no call leaves the origins."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.contract.ask import Reply
from tests.contract.own.case import Case
from tests.contract.own.upstream import Asked, Gives, Upstreams

type Hold = Callable[[str, Case], None]


def _with_defaults(_: Reply, asked: Sequence[Asked]) -> None:
    (page,) = asked
    assert (page.headers["x-version"], page.headers["accept"]) == ("1", "text/y")


def _without_version(asked: Sequence[Asked]) -> None:
    (page,) = asked
    assert (page.headers.get("x-version"), page.headers["accept"]) == (None, "text/x")


CASES = [
    Case(
        "a path is joined to the upstream's URL, and headers are joined key by key",
        "/pages/1",
        {"page": {"a": 1}},
        {"GET /v1/pages/1": Gives({"a": 1})},
        asked=["GET /v1/pages/1"],
        check=_with_defaults,
    ),
    Case(
        "false leaves out what the upstream says",
        "/apart/1",
        {"status": 502},
        {"GET /v1/pages/1": Gives(1, 403)},
        status=502,
        complete=False,
        sources={"apart": "source-rejected"},
        check=lambda _, asked: _without_version(asked),
    ),
    Case("statuses are the upstream's", "/pages/1", {"page": None}, {"GET /v1/pages/1": Gives(1, 403)}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_case(case: Case, hold: Hold) -> None:
    """Each case is a rule, and every execution model keeps it."""
    hold("upstreams", case)


@pytest.mark.parametrize(
    ("path", "leads_to", "redirected_to", "asked", "problem"),
    [
        ("/next/1", "{api}/free", "", ["GET /free"], ""),
        ("/next/1", "{other}/x", "", [], "value-refused"),
        ("/next/1", "{api}/free", "{other}/x", ["GET /free"], "source-rejected"),
        ("/elsewhere/1", "{other}/x", "", ["other GET /x"], ""),
        ("/elsewhere/1", "{api}/free", "{other}/x", ["GET /free", "other GET /x"], ""),
        ("/elsewhere/1", "http://127.0.0.2:9/x", "", [], "value-refused"),
        ("/elsewhere/1", "{api}/free", "http://127.0.0.2:9/x", ["GET /free"], "source-rejected"),
        ("/elsewhere/1", "{api}@evil.example/", "", [], "value-refused"),
    ],
)
def test_no_url_from_a_value_and_no_redirect_leaves_the_origins(  # noqa: PLR0913, PLR0917 - columns, and fixtures
    path: str, leads_to: str, redirected_to: str, asked: list[str], problem: str, hold: Hold, upstreams: Upstreams
) -> None:
    """It is refused before any connection is made."""
    origins: dict[str, Any] = {name: upstreams.base_url(name) for name in ("api", "other")}
    free = Gives("free", 302, {"Location": redirected_to.format(**origins)}) if redirected_to else Gives("free")
    script = {
        "GET /v1/pages/1": Gives({"next": leads_to.format(**origins)}),
        "GET /free": free,
        "other GET /x": Gives("elsewhere"),
    }
    name = path.split("/")[1]
    case = Case(
        "",
        path,
        upstream=script,
        status=502 if problem else 200,
        complete=not problem,
        sources={"page": "fresh", name: problem or "fresh"},
        asked=["GET /v1/pages/1", *asked],
    )
    hold("upstreams", case)
