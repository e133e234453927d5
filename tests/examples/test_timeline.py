"""A timeline of a feed, a table and GraphQL."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from fanin.local.upstream.script import Broken, Gives
from fanin.local.upstream.scripted import Asked
from tests.contract.ask import Reply
from tests.contract.own.case import Case

EXAMPLE = "timeline"
NEWS = [
    {
        "kind": "news",
        "title": "Two point nought is out",
        "at": "2026-10-14T10:15:00Z",
        "link": "https://news.example/difference/two",
    },
    {
        "kind": "news",
        "title": "A printer, at last",
        "at": "2026-06-01T08:00:00Z",
        "link": "https://news.example/difference/printer",
    },
]
TALKS = [
    {
        "kind": "talk",
        "title": "Carrying the tens, fast",
        "at": "2026-09-03T14:00:00Z",
        "link": "https://talks.example/tens",
    },
    {
        "kind": "talk",
        "title": "Seven orders of differences",
        "at": "2026-02-11T10:00:00Z",
        "link": "https://talks.example/seven",
    },
]
RELEASES = [
    {
        "kind": "release",
        "title": f"Difference {version}",
        "at": at,
        "link": f"https://github.com/engines/difference/releases/tag/v{version}",
    }
    for version, at in {"2.0": "2026-10-14T09:30:00Z", "1.9": "2026-05-02T16:00:00Z"}.items()
]


def _newest_first(*entries: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(entries, key=lambda entry: str(entry["at"]), reverse=True)


def _asked_as_github_wants(_: Reply, asked: Sequence[Asked]) -> None:
    (query,) = [each for each in asked if each.line == "github POST /graphql"]
    assert query.json["variables"] == {"owner": "engines", "name": "difference"}
    assert query.headers["authorization"] == "Bearer a token of the example"


CASES = [
    Case(
        "three kinds of sources are one list, newest first, without drafts and what has no date",
        "/timeline/engines/difference",
        _newest_first(*NEWS, *TALKS, *RELEASES),
        asked=["GET /difference/feed.xml", "talks GET /talks.csv", "github POST /graphql"],
        check=_asked_as_github_wants,
    ),
    Case(
        "a feed that is down leaves its entries out, and the answer is incomplete",
        "/timeline/engines/difference",
        _newest_first(*TALKS, *RELEASES),
        {"GET /difference/feed.xml": Gives(status=503)},
        complete=False,
        sources={"news": "source-unavailable", "talks": "fresh", "releases": "fresh"},
    ),
    Case(
        "a feed that is no XML does the same",
        "/timeline/engines/difference",
        _newest_first(*TALKS, *RELEASES),
        {"GET /difference/feed.xml": Gives(b"<html><br></html>")},
        complete=False,
        sources={"news": "source-undecodable", "talks": "fresh", "releases": "fresh"},
    ),
    Case(
        "a table that breaks off leaves the others",
        "/timeline/engines/difference",
        _newest_first(*NEWS, *RELEASES),
        {"talks GET /talks.csv": Broken()},
        complete=False,
        sources={"news": "fresh", "talks": "source-unavailable", "releases": "fresh"},
    ),
    Case(
        "a repository that is not there has no releases",
        "/timeline/nobody/difference",
        _newest_first(*NEWS, *TALKS),
        complete=False,
        sources={"news": "fresh", "talks": "fresh", "releases": "not-found"},
    ),
    Case(
        "if all are down, the answer is a problem",
        "/timeline/engines/difference",
        {"title": "Sources failed", "status": 502},
        {
            "GET /difference/feed.xml": Gives(status=500),
            "talks GET /talks.csv": Gives(status=500),
            "github POST /graphql": Gives(status=500),
        },
        status=502,
        complete=False,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_timeline(case: Case, hold: Callable[[Case], None]) -> None:
    hold(case)
