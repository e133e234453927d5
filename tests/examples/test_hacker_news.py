"""The front page of Hacker News."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from fanin.local.upstream.script import Gives
from fanin.local.upstream.scripted import Asked
from tests.contract.ask import Reply
from tests.contract.own.case import Case

EXAMPLE = "hacker-news"
ADA = {"karma": 2937, "since": 1160418092}
ASK = {
    "id": 102,
    "title": "Ask HN: Who found the first bug?",
    "url": None,
    "by": "grace",
    "score": 77,
    "comments": 41,
    "author": {"karma": 5410, "since": 1173923446},
}


def _story(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "title": f"Notes of engine {number}",
        "url": f"https://engines.example/{number}",
        "by": "ada",
        "score": 120,
        "comments": 14,
        "author": ADA,
    }


def _without_an_author(reply: Reply, _: Sequence[Asked]) -> None:
    """The story whose author is not there stays, with null beside it."""
    assert [(story["id"], story["author"] is None) for story in reply.body["stories"]] == [
        (101, False),
        (102, False),
        (105, False),
        (106, True),
    ]
    problem = reply.body["errors"]["stories"]
    assert problem["type"].endswith("/items-failed")
    assert [(item["index"], item["type"].rpartition("/")[2]) for item in problem["items"]] == [(3, "not-found")]


CASES = [
    Case(
        "each story has its author beside it, in the order of the front page; an author of two is asked for once",
        "/front-page?count=5",
        {"stories": [_story(101), ASK, _story(105)]},
        asked=[
            "GET /topstories.json",
            *(f"GET /item/{number}.json" for number in range(101, 106)),
            "GET /user/ada.json",
            "GET /user/grace.json",
        ],
    ),
    Case(
        "an item that is gone, and one that is deleted, are left out",
        "/front-page?count=4",
        {"stories": [_story(101), ASK]},
    ),
    Case(
        "no more items are asked for than the client wants",
        "/front-page?count=1",
        {"stories": [_story(101)]},
        asked=["GET /topstories.json", "GET /item/101.json", "GET /user/ada.json"],
    ),
    Case(
        "an author that is not there leaves null beside the story, and the answer is incomplete",
        "/front-page?count=6",
        complete=False,
        check=_without_an_author,
    ),
    Case(
        "an empty front page is complete",
        "/front-page",
        {"stories": []},
        {"GET /topstories.json": Gives([])},
        asked=["GET /topstories.json"],
    ),
    Case(
        "without the ids there is nothing",
        "/front-page",
        {"status": 502},
        {"GET /topstories.json": Gives({"error": "Permission denied"}, 401)},
        status=502,
        complete=False,
    ),
    Case(
        "more than a hundred are refused", "/front-page?count=101", {"status": 422}, status=422, complete=None, asked=[]
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_hacker_news(case: Case, hold: Callable[[Case], None]) -> None:
    hold(case)
