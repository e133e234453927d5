"""The card of a repository."""

from collections.abc import Callable, Sequence

import pytest

from fanin.local.layout import ROOT
from fanin.local.upstream.script import Gives
from fanin.local.upstream.scripted import Asked
from fanin.testing import App, gives
from tests.contract.ask import Question, Reply
from tests.contract.own.case import Case

EXAMPLE = "github-card"
WEEKS = [(week * 7) % 13 for week in range(52)]
COMPUTED = {"GET /repos/{owner}/{name}/stats/participation": Gives({"all": WEEKS, "owner": [0] * 52})}
"""GitHub's statistics, once they are there."""
CARD = {
    "repo": {
        "name": "engines/difference",
        "about": "Tables by the method of differences",
        "stars": 1822,
        "license": "MIT",
    },
    "contributors": [{"login": "charles", "commits": 312}, {"login": "ada", "commits": 87}],
    "languages": ["Python", "C"],
    "release": {"version": "v2.0", "published": "2026-10-14T09:30:00Z"},
    "open_pulls": 34,
    "commits_by_week": WEEKS,
}
EMPTY = {
    "repo": {"name": "engines/empty", "about": None, "stars": 0, "license": None},
    "contributors": None,
    "languages": [],
    "release": None,
    "open_pulls": 0,
    "commits_by_week": WEEKS,
}


def _with_its_token(_: Reply, asked: Sequence[Asked]) -> None:
    assert {each.headers.get("authorization") for each in asked} == {"Bearer mine"}


def _without_a_token(_: Reply, asked: Sequence[Asked]) -> None:
    assert not [each for each in asked if "authorization" in each.headers]
    assert {each.headers["x-github-api-version"] for each in asked} == {"2022-11-28"}


CASES = [
    Case("six calls are one card", "/card/engines/difference", CARD, COMPUTED, check=_without_a_token),
    Case(
        "a client may send a token of its own",
        Question("/card/engines/difference", headers={"authorization": "Bearer mine"}),
        CARD,
        COMPUTED,
        check=_with_its_token,
    ),
    Case("of an empty repository little is known, and that is no failure", "/card/engines/empty", EMPTY, COMPUTED),
    Case(
        "without the repository there is no card",
        "/card/engines/nothing",
        {"status": 404},
        status=404,
        complete=False,
        upstream=COMPUTED
        | {
            f"GET /repos/engines/nothing/{path}": Gives({"message": "Not Found"}, 404)
            for path in ("contributors", "languages", "pulls", "stats/participation")
        },
    ),
    Case(
        "what fails is null, and the others are there",
        "/card/engines/difference",
        upstream=COMPUTED | {"GET /repos/engines/difference/languages": Gives({"message": "no"}, 400)},
        complete=False,
        check=lambda reply, _: _only_languages_fail(reply),
    ),
]


def _only_languages_fail(reply: Reply) -> None:
    body = reply.body
    assert body.pop("errors").keys() == {"languages"}
    assert body == CARD | {"languages": None}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_github_card(case: Case, hold: Callable[[Case], None]) -> None:
    hold(case)


@pytest.mark.parametrize("status", [202, 403])
def test_what_is_being_computed_and_too_many_requests_are_asked_for_again(status: int) -> None:
    """After a wait, by the gateway, which has policies."""
    quiet = {
        name: gives({"full_name": name} if name == "repo" else [])
        for name in ("repo", "contributors", "languages", "release", "pulls")
    }
    activity = [gives({}, status=status), gives({"all": [1]})]
    app = App(ROOT / "examples/github-card/fanin.toml", {**quiet, "activity": activity})
    reply = app.get("/card/engines/difference")
    assert (reply.status, reply.body["commits_by_week"], len(app.sources["activity"].calls)) == (200, [1], 2)
