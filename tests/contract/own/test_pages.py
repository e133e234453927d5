"""Answers with their status and headers, and answers in pages."""

from collections.abc import Callable, Sequence

import pytest

from tests.contract.ask import Reply
from tests.contract.own.case import Case
from tests.contract.own.upstream import Asked, Gives, Script, Upstreams


def _cursor(*ids: int, more: bool) -> Gives:
    return Gives({"data": [{"id": number} for number in ids], "more": more})


def _pages_said(pages: int, attempts: int) -> Callable[[Reply, Sequence[Asked]], None]:
    def look(reply: Reply, _: Sequence[Asked]) -> None:
        assert reply.headers["fanin-sources"].endswith(f";attempts={attempts};pages={pages}")

    return look


def _says(sources: str) -> Callable[[Reply, Sequence[Asked]], None]:
    def look(reply: Reply, _: Sequence[Asked]) -> None:
        assert reply.headers["fanin-sources"].endswith(sources)

    return look


def _few(rule: str, following: object, state: str, *, asked: int, after: Script | None = None) -> Case:
    """Make a case of a source that fails, whose first page leads to another."""
    script = {"GET /few": Gives({"items": [{"n": 1}], "next": following}), **(after or {})}
    return Case(
        rule,
        "/few",
        {"status": 502},
        script,
        status=502,
        complete=False,
        sources={"few": state},
        check=_asked_times(asked),
    )


def _asked_times(times: int) -> Callable[[Reply, Sequence[Asked]], None]:
    def look(_: Reply, asked: Sequence[Asked]) -> None:
        assert len(asked) == times

    return look


CASES = [
    Case(
        "status, headers and links can be part of a value",
        "/whole",
        {"whole": {"status": 201, "total": "7", "last": "https://a.example/x?page=9", "body": [1]}},
        {
            "GET /whole": Gives(
                [1], 201, {"X-Total": "7", "Link": '<x>; rel="next", <https://a.example/x?page=9>; rel="last"'}
            )
        },
    ),
    Case(
        "so can those of another status that is called a value",
        "/whole",
        {"whole": {"status": 404, "total": None, "last": None, "body": {}}},
        {"GET /whole": Gives({}, 404)},
    ),
    Case(
        "an answer without a body has its headers",
        "/head",
        {"head": 7},
        {"HEAD /head": Gives(headers={"X-Total": "7"})},
    ),
    Case(
        "a cursor leads from page to page, and no more are read than have the items that are wanted",
        "/cursor",
        {"cursor": [{"id": 1}, {"id": 2}, {"id": 3}]},
        {
            "GET /cursor?size=2": _cursor(1, 2, more=True),
            "GET /cursor?size=2&after=2": _cursor(3, 4, more=True),
        },
        asked=["GET /cursor?size=2", "GET /cursor?size=2&after=2"],
        check=_pages_said(2, 2),
    ),
    Case(
        "the first page may be the last",
        "/cursor",
        {"cursor": [{"id": 1}]},
        {"GET /cursor?size=2": _cursor(1, more=False)},
        check=_pages_said(1, 1),
    ),
    Case(
        "true is the next number",
        "/numbered/x%26y",
        {"numbered": [1, 2, 3]},
        {"GET /numbered?a=1&page=1&b=x%26y": Gives([1, 2]), "GET /numbered?a=1&b=x%26y&page=2": Gives([3])},
        asked=["GET /numbered?a=1&page=1&b=x%26y", "GET /numbered?a=1&b=x%26y&page=2"],
    ),
    Case(
        "a relative link leads to the next page",
        "/linked",
        {"linked": [{"n": 1}, {"n": 2}]},
        {
            "GET /linked": Gives([1], headers={"Link": '</linked?c=%7Bx%7D>; rel="prev next"'}),
            "GET /linked?c=%7Bx%7D": Gives([2]),
        },
    ),
    Case(
        "a page without content is the last",
        "/linked",
        {"linked": [{"n": 1}]},
        {"GET /linked": Gives([1], headers={"Link": "<?p=2>; rel=next"}), "GET /linked?p=2": Gives(status=204)},
    ),
    Case(
        "a page of null has no items",
        "/few",
        {"few": [{"n": 1}, {"n": 2}]},
        {
            "GET /few": [Gives({"items": [{"n": 1}, {"n": 2}], "next": "few?p=2"})],
            "GET /few?p=2": Gives({"items": None, "next": ""}),
        },
        check=_pages_said(2, 2),
    ),
    Case(
        "all pages without a value are missing",
        "/few",
        {"status": 404},
        {"GET /few": Gives({})},
        status=404,
        complete=False,
    ),
    _few(
        "more pages than there may be are too many",
        "/few?p=2",
        "source-too-large",
        asked=2,
        after={"GET /few?p=2": Gives({"items": [], "next": "/few?p=3"})},
    ),
    _few("a page that leads to itself is no end", "/few", "source-undecodable", asked=1),
    _few("a page elsewhere is not asked", "http://127.0.0.1:1/few", "source-undecodable", asked=1),
    _few("nor is what is no URL", "http://[", "source-undecodable", asked=1),
    _few("nor is one with user info", "http://a@b/", "source-undecodable", asked=1),
    _few("nor is one without a scheme of HTTP's", "file:///etc/passwd", "source-undecodable", asked=1),
    _few("a number leads nowhere without a parameter", 2, "source-undecodable", asked=1),
    _few("so does a list", [True], "source-undecodable", asked=1),
    _few(
        "a later page that is missing is no answer that there is nothing",
        "/few?p=2",
        "source-undecodable",
        asked=2,
        after={"GET /few?p=2": Gives(status=404)},
    ),
    _few(
        "a page that fails fails them all",
        "/few?p=2",
        "source-unavailable",
        asked=2,
        after={"GET /few?p=2": Gives(status=503)},
    ),
    Case(
        "a page that is no list is none",
        "/numbered/x",
        {"status": 502},
        {"GET /numbered": Gives({"a": 1})},
        status=502,
        complete=False,
        sources={"numbered": "source-undecodable"},
    ),
    _few(
        "all pages together have no more bytes than one answer",
        "/few?p=2",
        "source-too-large",
        asked=2,
        after={"GET /few?p=2": Gives({"items": [{"n": "x" * 950}]})},
    ),
]


CASES += [
    Case(
        "each item of a list has its pages",
        "/each",
        {"paged": [[1, 2], [3]]},
        {
            "GET /ids": Gives([1, 2]),
            "GET /each/1": Gives([1], headers={"Link": "</each/1?p=2>; rel=next"}),
            "GET /each/1?p=2": Gives([2]),
            "GET /each/2": Gives([3]),
        },
        check=_says("paged=fresh;age=0;attempts=3;items=2;pages=3"),
    ),
]


def test_a_page_may_be_on_an_origin_that_the_file_names(
    hold: Callable[[str, Case], None], upstreams: Upstreams
) -> None:
    """And on no other; a path with characters beyond ASCII is percent-encoded."""
    elsewhere = f"{upstreams.base_url('other')}/\u00e9\u4e2d"
    case = Case(
        "a page elsewhere",
        "/moved",
        {"moved": [1, 2]},
        {"GET /moved": Gives({"items": [1], "next": elsewhere}), "other GET /%C3%A9%E4%B8%AD": Gives({"items": [2]})},
    )
    hold("answers", case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_case(case: Case, hold: Callable[[str, Case], None]) -> None:
    """Each case is a rule, and every execution model keeps it."""
    hold("answers", case)
