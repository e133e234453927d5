"""What an API's statuses mean, and what of its failures clients are told."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.contract.ask import Question, Reply
from tests.contract.own.case import Case
from tests.contract.own.upstream import Asked, Gives, Script

PROBLEMS = "https://fanin.example/problems/"

_CHALLENGE = 'Bearer realm="a", error="invalid_token"'
_EXPIRED = Gives("hunter2", 401, {"WWW-Authenticate": _CHALLENGE})


def _asking(card: Gives, **more: Gives) -> Script:
    return {"GET /cards/7": card, "other GET /ok": Gives(1), **{f"GET /{name}": given for name, given in more.items()}}


def _failed(rule: str, given: Gives, state: str) -> Case:
    """Make a case of a card that fails beside a source that answers."""
    return Case(rule, "/card/7", upstream=_asking(given), complete=False, sources={"card": state, "ok": "fresh"})


def _card_problem(**expected: Any) -> Callable[[Reply, Sequence[Asked]], None]:
    def look(reply: Reply, _: Sequence[Asked]) -> None:
        assert reply.body["errors"]["card"] == expected

    return look


def _detail(source: str, detail: str) -> Callable[[Reply, Sequence[Asked]], None]:
    def look(reply: Reply, _: Sequence[Asked]) -> None:
        assert reply.body["errors"][source]["detail"] == detail

    return look


def _headers(**expected: str | None) -> Callable[[Reply, Sequence[Asked]], None]:
    def look(reply: Reply, _: Sequence[Asked]) -> None:
        assert {name: reply.headers.get(name.replace("_", "-")) for name in expected} == expected

    return look


def _expired(reply: Reply, asked: Sequence[Asked]) -> None:
    assert reply.headers["www-authenticate"] == _CHALLENGE
    assert b"hunter2" not in reply.content
    (mine,) = (each for each in asked if each.line == "GET /mine")
    assert (mine.headers["authorization"], mine.headers["cookie"]) == ("Bearer expired", "session=old")


def _says_nothing(reply: Reply, _: Sequence[Asked]) -> None:
    assert b"hunter2" not in reply.content


CASES = [
    Case(
        "a status that is called a value has one",
        "/card/7",
        {"card": {"id": 1}, "ok": 1},
        _asking(Gives({"id": 1}, 409)),
    ),
    Case("a status that is called null needs no body", "/card/7", {"card": None, "ok": 1}, _asking(Gives(b"<p>", 418))),
    _failed("a status that is called missing is not-found", Gives(status=403), "not-found"),
    _failed("a default goes before the entry of its class", Gives(status=410), "not-found"),
    _failed("an entry of a class is for its other statuses", Gives(status=405), "source-unavailable"),
    _failed("an entry of a class goes before what HTTP says", Gives(status=500), "source-rejected"),
    _failed("what has no entry means what HTTP says", Gives(status=302), "source-rejected"),
    Case(
        "a refusal that is passed on is the answer of a required source that follows from it",
        "/charge/7",
        {
            "type": f"{PROBLEMS}source-rejected",
            "title": "Source rejected the call",
            "status": 402,
            "detail": "Your card was declined.",
            "code": "declined",
        },
        _asking(
            Gives({"error": {"code": "declined", "message": "Your card was declined."}}, 402, {"Retry-After": "3"})
        ),
        status=402,
        complete=False,
        sources={"ok": "fresh", "card": "source-rejected", "charge": "dependency-failed"},
        check=_headers(retry_after="3", www_authenticate=None),
    ),
    Case(
        "a challenge is passed on, and so is when to ask again",
        "/needs/7",
        {"status": 401, "detail": "login answered with status 401"},
        _asking(
            Gives({"id": 1}), login=Gives("hunter2", 401, {"WWW-Authenticate": 'Bearer realm="a"', "Retry-After": "9"})
        ),
        status=401,
        complete=False,
        check=_headers(retry_after="9", www_authenticate='Bearer realm="a"'),
    ),
    Case(
        "a 401 to the client's own credentials is the client's, with its challenge",
        Question("/mine", headers={"Authorization": "Bearer expired", "Cookie": "session=old"}),
        {"type": f"{PROBLEMS}source-rejected", "status": 401, "detail": "mine answered with status 401"},
        {"GET /mine": _EXPIRED, "other GET /ok": Gives(1)},
        status=401,
        complete=False,
        sources={"mine": "source-rejected", "ok": "fresh"},
        check=_expired,
    ),
    Case(
        "so is one to a client that sent none",
        "/mine",
        {"status": 401},
        {"GET /mine": _EXPIRED, "other GET /ok": Gives(1)},
        status=401,
        complete=False,
        check=_headers(www_authenticate=_CHALLENGE),
    ),
    Case(
        "a 401 is no client's if `statuses` says so, if fanin has credentials too, or if no client's are handed on",
        Question("/refused", headers={"Authorization": "Bearer expired"}),
        {"type": f"{PROBLEMS}sources-failed", "status": 502},
        {f"GET /{name}": _EXPIRED for name in ("judged", "keyed", "told")},
        status=502,
        complete=False,
        sources=dict.fromkeys(("judged", "keyed", "told"), "source-rejected"),
        check=_headers(www_authenticate=None),
    ),
    Case(
        "of several that are passed on the first of those required is",
        "/needs/7",
        {"status": 402},
        _asking(Gives(status=402), login=Gives(status=401)),
        status=402,
        complete=False,
    ),
    Case(
        "a refusal that is passed on, but decides nothing, is a failure as any other",
        "/card/7",
        upstream=_asking(Gives({"error": {"message": "no"}}, 402)),
        complete=False,
        check=_card_problem(
            type=f"{PROBLEMS}source-rejected", title="Source rejected the call", status=402, detail="no", attempts=1
        ),
    ),
    Case(
        "a problem never says another type or status, and no title or detail that is no text",
        "/card/7",
        upstream=_asking(Gives({"error": {"code": 5, "message": ["a"], "title": "Mine", "extra": {"a": [1]}}}, 500)),
        complete=False,
        check=_card_problem(
            type=f"{PROBLEMS}source-rejected",
            title="Mine",
            status=502,
            detail="card answered with status 500",
            attempts=1,
            code=5,
            extra={"a": [1]},
        ),
    ),
    Case(
        "of what the API says too much about, nothing is told",
        "/card/7",
        upstream=_asking(Gives({"error": {"code": "x" * 5000}}, 500)),
        complete=False,
        check=_card_problem(
            type=f"{PROBLEMS}source-rejected",
            title="Source rejected the call",
            status=502,
            detail="card answered with status 500",
            attempts=1,
        ),
    ),
    _failed("a body that is not what problem can read changes nothing", Gives(b"<html>", 500), "source-rejected"),
    Case(
        "without problem no word of the API's is told",
        "/plain",
        {"detail": "plain answered with status 400"},
        {"GET /plain": Gives({"detail": "hunter2"}, 400)},
        status=502,
        complete=False,
        check=_says_nothing,
    ),
    *(
        Case(
            rule,
            "/own",
            upstream={"GET /own": Gives(body), "other GET /ok": Gives(1)},
            complete=state == "fresh",
            sources={"own": state, "ok": "fresh"},
        )
        for rule, body, state in (
            ("no status of its own is a value", {"a": 1}, "fresh"),
            ("a boolean is written as JSON does", {"ok": True}, "fresh"),
            ("a status that is called a refusal is one", {"ok": False, "error": "no"}, "source-rejected"),
            ("a status of a text", {"ok": "gone"}, "not-found"),
            ("a status that comes later", {"ok": "busy"}, "source-unavailable"),
            ("a number is looked up by its digits", {"ok": 404}, "fresh"),
            ("all others are what * says", {"ok": "odd"}, "source-rejected"),
            ("a list is no status", {"ok": [1]}, "source-undecodable"),
        )
    ),
    Case(
        "what is missing may be null, and then nothing failed",
        "/absent",
        {"absent": None},
        {"GET /absent": Gives(status=404)},
        sources={"absent": "fresh"},
    ),
    Case("so may a pick that gives null", "/absent", {"absent": None}, {"GET /absent": Gives({"a": 1})}),
    Case(
        "nothing else is null for that",
        "/absent",
        upstream={"GET /absent": Gives(status=500)},
        status=502,
        complete=False,
    ),
]


FORMATS: dict[str, Gives] = {
    "GET /table": Gives("n,name\r\n1,\u00e9\r\n,none\r\n".encode(), headers={"Content-Type": "text/csv"}),
    "GET /log": Gives(b'{"a":1}\n{"a":2}\n', headers={"Content-Type": "application/x-ndjson"}),
    "GET /rates": Gives(
        b'<Envelope><Cube currency="USD" rate="1.5"/></Envelope>', headers={"Content-Type": "text/xml"}
    ),
    "GET /news/feed": Gives(
        b"<rss><channel><title>News</title><item><link>https://a.example/one</link>"
        b"<pubDate>15 Jun 2026 14:00 +0100</pubDate></item></channel></rss>"
    ),
    "GET /note": Gives("\u00e9".encode("cp1252"), headers={"Content-Type": "text/plain; charset=windows-1252"}),
    "GET /image": Gives(b"\x00\xff", headers={"Content-Type": "image/png"}),
    "GET /query": Gives({"data": 1}, headers={"Content-Type": "application/graphql-response+json"}),
}


def _asks_for_formats(_: Reply, asked: Sequence[Asked]) -> None:
    accepted = {each.line: each.headers["accept"] for each in asked}
    assert accepted["GET /query"] == "application/json"
    assert accepted["GET /table"].startswith("text/csv")
    assert accepted["GET /image"] == "*/*"


CASES += [
    Case(
        "every format becomes a value, and is asked for",
        "/formats",
        {
            "table": [{"n": 1, "name": "\u00e9"}],
            "log": [{"a": 1}, {"a": 2}],
            "rates": [{"currency": "USD", "rate": 1.5}],
            "news": {
                "title": "News",
                "link": None,
                "entries": [
                    {
                        "title": None,
                        "link": "https://a.example/one",
                        "id": None,
                        "summary": None,
                        "author": None,
                        "published": "2026-06-15T13:00:00Z",
                        "updated": None,
                    }
                ],
            },
            "note": "\u00e9",
            "image": "AP8=",
            "query": {"data": 1},
        },
        FORMATS,
        check=_asks_for_formats,
    ),
    Case(
        "what is not of its format is undecodable, and a problem in JSON is read whatever the format",
        "/formats",
        upstream={
            **FORMATS,
            "GET /table": Gives(b'n,name\n"1'),
            "GET /log": Gives(b"{"),
            "GET /rates": Gives({"title": "No rates"}, 400, {"Content-Type": "application/problem+json"}),
            "GET /news/feed": Gives(b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss>&a;</rss>"),
            "GET /note": Gives(b"\xff", headers={"Content-Type": "text/plain; charset=utf-8"}),
        },
        complete=False,
        sources={
            "table": "source-undecodable",
            "log": "source-undecodable",
            "rates": "source-rejected",
            "news": "source-undecodable",
            "note": "source-undecodable",
            "image": "fresh",
            "query": "fresh",
        },
        check=_detail("rates", "No rates"),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_case(case: Case, hold: Callable[[str, Case], None]) -> None:
    """Each case is a rule, and every execution model keeps it."""
    hold("answers", case)
