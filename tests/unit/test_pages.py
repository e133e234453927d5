"""Pages within a pipeline: each is a call of its own inside, and all are one call outside."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from fanin.config import Source, parse
from fanin.config.check_lists import most_attempts
from fanin.config.finding import ConfigError
from fanin.config.template import ParameterReference
from fanin.engine.call import Call, InPart, Response
from fanin.engine.footprint import Room
from fanin.engine.outcome import Outcome, Span
from fanin.engine.shape import value_of
from fanin.errors import SourceRejected, SourceTooLarge, SourceUnavailable, SourceUndecodable
from fanin.policies.pages import pages
from fanin.sources.meaning import decoded
from fanin.sources.pages import read_pages
from fanin.testing import App, fails, fake_clock, gives, hangs
from tests.unit.scenario import config_of

POST = 'method = "POST"\nwrites = false\n'
QUERY = 'graphql = { query = "query ($after: String) { a(after: $after) }" }\n'
NEXT = 'pages = { next = "links.next", max = 5 }'


def source(lines: str, url: str = "https://a.example/list") -> Source:
    """Read a source with these lines."""
    return config_of(f'[sources.a]\nurl = "{url}"\n{lines}\n[endpoints]\n').sources["a"]


def call_of(asked: Source) -> Call:
    """Make a call of a source without references."""
    return Call(asked, asked.request(_sealed(asked)), 10.0, Span(ready=0.0))


def _sealed(asked: Source) -> Mapping[Any, str]:
    return {reference: str(reference) for reference in asked.sealed}


def urls_of(asked: Source, *answers: Response) -> list[str]:
    """Read the pages of a source that gives these, and tell what was asked."""
    urls = []
    reading = read_pages(call_of(asked))
    page = next(reading)
    for answer in answers:
        urls.append(page.request.url)
        try:
            page = reading.send(Outcome(decoded(asked, answer, page)))
        except StopIteration:
            return urls
    return [*urls, page.request.url]


def linked(body: bytes, following: str = "", **headers: str) -> Response:
    """Make a page that links to another."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(200, told | ({"link": f"<{following}>; rel=next"} if following else {}), body)


TOML = """fanin = 1
[sources.a]
url = "https://a.example/list"
pages = {{ next = "links.next", max = 5 }}
{lines}
[endpoints.e]
path = "/e"
sources = ["a"]
"""


def app(folder: Path, lines: str, *scripts: Any) -> App:
    """Serve a source in pages that does what the scripts say."""
    (folder / "fanin.toml").write_text(TOML.format(lines=lines))
    return App(folder / "fanin.toml", {"a": list(scripts)})


def page(items: Sequence[Any], following: str = "", after: float = 0.0, status: int = 200, **headers: str) -> Any:
    """Script a page that links to another."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    told |= {"Link": f"<{following}>; rel=next"} if following else {}
    return gives(list(items), status=status, headers=told, after=after)


def test_a_retry_is_of_a_page_and_not_of_all(tmp_path: Path) -> None:
    served = app(tmp_path, "retry = {}", page([1], "?p=2"), fails(SourceUnavailable), page([2]))
    reply = served.get("/e")
    assert reply.body == {"a": [1, 2]}
    assert [url.partition("list")[2] for url in served.sources["a"].urls] == ["", "?p=2", "?p=2"]
    assert "attempts=3;pages=2" in reply.headers["fanin-sources"]


@pytest.mark.parametrize("path", ["/e", "/sync/e"])
def test_all_pages_have_the_timeout_of_one_answer(tmp_path: Path, path: str) -> None:
    served = app(tmp_path, 'timeout = "1s"', page([1], "?p=2", after=0.6), page([2], "?p=3", after=0.6), hangs())
    reply = served.get(path)
    assert (reply.sources, reply.seconds) == ({"a": "source-timeout"}, 1.0)
    assert len(served.sources["a"].calls) == 2


def test_the_breaker_counts_pages(tmp_path: Path) -> None:
    """A source that fails at every second page is one that fails."""
    lines = "circuit_breaker = { minimum_calls = 2, failure_rate = 0.5 }"
    served = app(tmp_path, lines, page([1], "?p=2"), fails(SourceUnavailable))
    assert [served.get("/e").sources["a"] for _ in range(2)] == ["source-unavailable", "circuit-open"]


def test_the_cache_keeps_all_pages_under_the_first_request(tmp_path: Path) -> None:
    """For as long as the first of them to expire; and asks none whether it still holds."""
    lines = 'cache = { fresh = "1h" }'
    served = app(
        tmp_path,
        lines,
        page([1], "?p=2", cache_control="max-age=600", etag='"1"'),
        page([2], cache_control="max-age=10", etag='"2"'),
        page([3], cache_control="no-store"),
    )
    replies = [served.get("/e") for _ in range(2)]
    assert [reply.body for reply in replies] == [{"a": [1, 2]}] * 2
    assert len(served.sources["a"].calls) == 2
    assert "attempts=0;pages=2" in replies[1].headers["fanin-sources"]
    assert int(replies[0].headers["cache-control"].partition("=")[2]) <= 10
    served._loop.advance(20)
    assert served.get("/e").body == {"a": [3]}
    assert served.sources["a"].calls[-1].request.validators == ()
    assert served.get("/e").body == {"a": [3]}
    assert len(served.sources["a"].calls) == 4  # the last page may not be kept


@pytest.mark.parametrize(
    "other",
    [
        {"status": 201},  # it does not say for how long
        {"status": 206, "cache_control": "max-age=60"},
        {"cache_control": "no-store"},
        {"cache_control": "private, max-age=60"},
        {"vary": "*"},
    ],
    ids=str,
)
@pytest.mark.parametrize("place", [0, 1])
def test_pages_are_kept_only_if_each_may_be(tmp_path: Path, place: int, other: dict[str, Any]) -> None:
    """Whichever of them it is, and whatever the others say."""
    told = [{"cache_control": "max-age=30"}, other] if place else [other, {"cache_control": "max-age=30"}]
    served = app(tmp_path, 'cache = { fresh = "1h" }', page([1], "?p=2", **told[0]), page([2], **told[1]), page([3]))
    assert served.get("/e").headers["cache-control"] == "no-store"
    assert served.get("/e").body == {"a": [3]}


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (("max-age=5", "max-age=10, must-revalidate"), 11),
        (("max-age=10, must-revalidate", "max-age=5"), 11),
        (("max-age=5, stale-while-revalidate=100", "max-age=50, stale-while-revalidate=10"), 61),
        (("no-cache", "max-age=60"), 0),
    ],
)
def test_pages_are_stale_for_no_longer_than_each_may_be(tmp_path: Path, told: Sequence[str], seconds: int) -> None:
    """The page that is fresh for the shortest time need not be the one that may be stale for the shortest."""
    first, second = (
        page([n], following, cache_control=control)
        for n, following, control in zip((1, 2), ("?p=2", ""), told, strict=True)
    )
    served = app(tmp_path, 'cache = { fresh = "1h", stale = "1h" }', first, second, page([3]))
    assert served.get("/e").body == {"a": [1, 2]}
    if seconds:
        served._loop.advance(seconds - 7)
        assert served.get("/e").body == {"a": [1, 2]}
        served._loop.advance(7)
    assert served.get("/e").body == {"a": [3]}


def test_pages_are_as_old_as_the_oldest(tmp_path: Path) -> None:
    """As a client is told, and as they are kept."""
    lines = 'cache = { fresh = "1h" }'
    served = app(tmp_path, lines, page([1], "?p=2", cache_control="max-age=60"), page([2], age="40"), page([3]))
    reply = served.get("/e")
    assert reply.headers["age"] == "40"
    assert 90 <= int(reply.headers["cache-control"].partition("=")[2]) <= 100  # a tenth less, at random
    served._loop.advance(61)
    assert served.get("/e").body == {"a": [3]}


def test_a_cache_keeps_status_and_headers_for_pick_response(tmp_path: Path) -> None:
    (tmp_path / "fanin.toml").write_text(
        'fanin = 1\n[sources.a]\nurl = "https://a.example"\npick_response = \'[status, headers."x-total", body]\'\n'
        'cache = { fresh = "1h" }\n[endpoints.e]\npath = "/e"\nsources = ["a"]\n'
    )
    served = App(tmp_path / "fanin.toml", {"a": gives(None, status=203, headers={"X-Total": "7"})})
    assert [served.get("/e").body for _ in range(2)] == [{"a": [203, "7", None]}] * 2
    assert len(served.sources["a"].calls) == 1


def test_a_secret_of_the_first_url_is_put_into_those_of_later_pages() -> None:
    """Where it stands in the first; whatever is seen before that has its name only."""
    asked = source(
        'pages = { next = "body.n", query = "page" }\nheaders = { X-Key = "{!k}" }',
        "https://a.example/{!k}/list?k={!k}",
    )
    reading = read_pages(call_of(asked))
    first = next(reading)
    second = reading.send(Outcome(decoded(asked, Response(200, {}, b'{"n": "a b&c"}'), first)))
    assert second.request.url == "https://a.example/%7B%21k%7D/list?k=%7B%21k%7D&page=a%20b%26c"
    assert second.request.open
    opened = second.request.open(second.request, dict.fromkeys(asked.sealed, "s/1"))
    assert opened.url == "https://a.example/s%2F1/list?k=s%2F1&page=a%20b%26c"
    assert opened.headers == (("X-Key", "s/1"),)


@pytest.mark.parametrize(
    ("pages", "answer", "url"),
    [
        (
            '{ next = "body.n", query = "page" }',
            Response(200, {}, b'{"n": "{!k}"}'),
            "list?q=%7B%21k%7D&k=s%2F1&page=%7B%21k%7D",
        ),
        (
            '{ next = "body.n" }',
            Response(200, {}, b'{"n": {"k": null, "p": "{!k}"}}'),
            "list?q=%7B%21k%7D&p=%7B%21k%7D",
        ),
        (
            '{ next = "body.n" }',
            Response(200, {}, b'{"n": "%7B%21k%7D?q=%7B%21k%7D"}'),
            "%7B%21k%7D?q=%7B%21k%7D",
        ),
        ('{ next = "links.next" }', linked(b"{}", "?q={!k}"), "list?q=%7B!k%7D"),
    ],
)
def test_what_reads_as_a_reference_to_a_secret_in_a_value_is_none(pages: str, answer: Response, url: str) -> None:
    """A client's or an API's text is sent as it is, on later pages as on the first."""
    asked = source(f"pages = {pages}", "https://a.example/{q}/{!k}/list?q={q}&k={!k}")
    values = {**_sealed(asked), ParameterReference("q"): "{!k}"}
    reading = read_pages(Call(asked, asked.request(values), 10.0, Span(ready=0.0)))
    first = next(reading)
    second = reading.send(Outcome(decoded(asked, answer, first)))
    assert second.request.open
    opened = second.request.open(second.request, dict.fromkeys(asked.sealed, "s/1"))
    assert opened.url == f"https://a.example/%7B%21k%7D/s%2F1/{url}"


def test_no_secret_goes_to_another_origin_with_a_link() -> None:
    asked = source(f'{NEXT}\norigins = ["https://b.example"]', "https://a.example/{!k}/list")
    reading = read_pages(call_of(asked))
    first = next(reading)
    second = reading.send(Outcome(decoded(asked, linked(b"[]", "https://b.example/%7B%21k%7D/list"), first)))
    assert second.request.open
    opened = second.request.open(second.request, dict.fromkeys(asked.sealed, "secret"))
    assert opened.url == "https://b.example/%7B%21k%7D/list"


def test_a_key_of_the_query_is_not_there_twice() -> None:
    """An API that writes it into its links does not get two."""
    asked = source(f'{NEXT}\nauth = {{ query = {{ name = "appid", value = "{{!k}}" }} }}')
    urls = urls_of(asked, linked(b"[]", "/list?appid=secret&p=2"), linked(b"[]"))
    assert urls == ["https://a.example/list", "https://a.example/list?p=2"]
    several = source('pages = { next = "body" }\nauth = { query = { name = "appid", value = "{!k}" } }')
    urls = urls_of(several, Response(200, {}, b'{"appid": "other", "p": 2}'))
    assert urls == ["https://a.example/list", "https://a.example/list?p=2"]


@pytest.mark.parametrize(
    ("url", "following"),
    [
        ("https://a.example/", "https://a.example/?p=2"),
        ("https://a.example/?p=7", "https://a.example/?p=8"),
        ("https://a.example/?p=0&q=%C3%A9", "https://a.example/?q=%C3%A9&p=1"),
        ("https://a.example/?x&%70=1&y=", "https://a.example/?x&y=&p=2"),
    ],
)
def test_the_next_number_is_one_more_than_that_of_the_page(url: str, following: str) -> None:
    asked = source('pages = { next = "body == `[]`", query = "p" }', url)
    assert urls_of(asked, Response(200, {}, b"[]"))[-1] == following


@pytest.mark.parametrize("number", ["x", "-1", "1.5", "9" * 16])
def test_there_is_no_number_behind_what_is_none(number: str) -> None:
    asked = source('pages = { next = "`true`", query = "p" }', f"https://a.example/?p={number}")
    with pytest.raises(SourceUndecodable, match="the parameter p of a is no page's number"):
        urls_of(asked, Response(200, {}, b"[]"))


@pytest.mark.parametrize("following", ["https://a.example:443/?p=2", "https://A.Example/?p=2", "//a.example/?p=2"])
def test_the_schemes_own_port_and_other_letters_make_no_other_origin(following: str) -> None:
    asked = urls_of(source('pages = { next = "body" }'), Response(200, {}, f'"{following}"'.encode()))
    assert asked[-1].lower().replace(":443", "") == "https://a.example/?p=2"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://b.example/",
        "http://a.example/",
        "https://a.example:8443/",
        "//b.example",
        "https://a.example@b.example/",
    ],
)
def test_no_page_is_asked_on_another_origin(elsewhere: str) -> None:
    """Nor without TLS, nor at another port."""
    with pytest.raises(SourceUndecodable):
        urls_of(source('pages = { next = "body" }'), Response(200, {}, f'"{elsewhere}"'.encode()))


def test_pages_together_take_no_more_memory_than_one_answer() -> None:
    """Each would pass by itself."""
    asked = source(f'{NEXT}\nmax_bytes = "600kB"')
    body = b"[" + b",".join([b"{}"] * 30_000) + b"]"
    assert decoded(asked, linked(body), call_of(asked))

    async def fetch(call: Call) -> Outcome[Any]:
        return Outcome(decoded(asked, linked(body, f"?p={call.request.url[-1:]}1"), call))

    async def read() -> Outcome[Any]:
        return await pages(fetch)(call_of(asked))

    with pytest.raises(SourceTooLarge, match="the pages of a have more than 600000 bytes"):
        fake_clock.run(read())


def test_what_is_picked_of_all_pages_takes_no_more_memory_than_of_one() -> None:
    """Each page's items would pass by themselves."""
    asked = source(f'{NEXT}\nmax_bytes = "600kB"\npick = "[].{{a: a, b: b, c: c}}"')
    items: list[Any] = [{}] * 8_000
    picked = value_of(asked, [items])
    assert isinstance(picked, list)
    assert len(picked) == 8_000
    with pytest.raises(SourceTooLarge, match="the pick of a"):
        value_of(asked, [items] * 5)


def test_links_never_have_a_secret_that_a_redirect_was_led_by() -> None:
    """They are resolved against the URL as the file writes it."""
    plain, sealed = source(NEXT), source(f'{NEXT}\nheaders = {{ X-Key = "{{!k}}" }}')
    answer = Response(200, {"link": "<b>; rel=next"}, b"[]", url="https://a.example/s3cret/list")
    links = [
        decoded(asked, answer, call_of(asked))["links"]["next"]  # type: ignore[index, call-overload]
        for asked in (plain, sealed)
    ]
    assert links == ["https://a.example/s3cret/b", "https://a.example/b"]


def test_what_is_left_to_others_is_known() -> None:
    room = Room.of(1_000)
    room.take(b"[1, 2]", b"[1,2]")
    assert room.max_bytes == 994
    assert 4_000_000 - 200 <= room.memory < 4_000_000


EACH = 'for_each = "`[1]`"\nbody = ["{each}"]\nmethod = "POST"\nwrites = false\nbatch = { size = 2, by = "id" }\n'


@pytest.mark.parametrize(
    ("lines", "rule", "repaired"),
    [
        ('pick = "a"\npick_response = "body"', "bad-pick", 'pick_response = "body"'),
        ('pick_response = "bodi"', "unknown-name", 'pick_response = "body"'),
        ('pages = { query = "p" }', "missing-key", 'pages = { query = "p", next = "body" }'),
        ('pages = { next = "body", maximum = 3 }', "unknown-key", 'pages = { next = "body", max = 3 }'),
        ('pages = { next = "body", max = 1 }', "bad-value", 'pages = { next = "body", max = 2 }'),
        ('pages = { next = "body", limit = 0 }', "bad-value", 'pages = { next = "body", limit = 1 }'),
        ('pages = { next = "body", query = "" }', "bad-value", 'pages = { next = "body" }'),
        ('pages = { next = "body", query = "p", body = "p" }', "bad-pages", 'pages = { next = "body", query = "p" }'),
        ('pages = { next = "body", step = 5 }', "bad-pages", 'pages = { next = "body", step = 5, query = "offset" }'),
        ('pages = { next = "body", body = "p" }', "bad-pages", 'pages = { next = "body", query = "p" }'),
        ("pages = { next = 'headers.\"link\"' }", "bad-pages", 'pages = { next = "links.next" }'),
        ('pages = { next = "nxt" }', "unknown-name", 'pages = { next = "body.nxt" }'),
        (
            f'{POST}body = {{ a = 1 }}\npages = {{ next = "body", body = "a.b" }}',
            "bad-pages",
            f'{POST}body = {{ a = {{}} }}\npages = {{ next = "body", body = "a.b" }}',
        ),
        (
            f'{POST}body = [1]\npages = {{ next = "body", body = "a" }}',
            "bad-pages",
            f'{POST}body = {{}}\npages = {{ next = "body", body = "a" }}',
        ),
        (
            f'{QUERY}pages = {{ next = "body.c", body = "after" }}',
            "bad-pages",
            f'{QUERY}pages = {{ next = "body.c", body = "variables.after" }}',
        ),
        (
            f'{QUERY}pages = {{ next = "body.c", body = "variables.aftr" }}',
            "bad-pages",
            f'{QUERY}pages = {{ next = "body.c", body = "variables.after" }}',
        ),
        (
            'pages = { next = "body.c" }\npick = "data | {id: id}"',
            "bad-pages",
            'pages = { next = "body.c" }\npick = "data | items[].{id: id}"',
        ),
        (
            'pages = { next = "body.c" }\npick_response = "body.{id: id}"',
            "bad-pages",
            'pages = { next = "body.c" }\npick_response = "body.items[].{id: id}"',
        ),
        (
            f'{EACH}pick = "{{id: id}}"',
            "bad-batch",
            f'{EACH}pick = "items[].{{id: id}}"',
        ),
    ],
)
def test_a_mistake_is_found_and_its_fix_repairs(lines: str, rule: str, repaired: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(f'fanin = 1\n[sources.a]\nurl = "https://a.example"\n{lines}\n[endpoints]\n', {})
    assert [finding.rule for finding in caught.value.findings] == [rule]
    source(repaired)


def test_how_pages_are_read_is_part_of_what_they_are_kept_under() -> None:
    numbered = 'pages = { next = "links.next", query = "p" }'
    stepping = 'pages = { next = "links.next", query = "p", step = 1 }'
    lines = (
        "",
        NEXT,
        numbered,
        stepping,
        'pages = { next = "links.next" }',
        f'{NEXT}\npick_response = "body"',
        'pick_response = "body"',
    )
    assert len({source(line).asks_as for line in lines}) == len(lines)
    limited = 'pages = { next = "links.next", limit = 3 }\npick = '
    assert source(f'{limited}"a"').asks_as != source(f'{limited}"b"').asks_as
    assert source(f'{NEXT}\npick = "a"').asks_as == source(f'{NEXT}\npick = "b"').asks_as


@pytest.mark.parametrize(("lines", "requests"), [("", 5), ("retry = { attempts = 3 }\nhedge = { after = '1s' }", 30)])
def test_each_page_may_have_all_attempts(lines: str, requests: int) -> None:
    config = config_of(
        f'[sources.a]\nurl = "https://a.example"\n{NEXT}\n{lines}\n[endpoints.e]\npath = "/e"\nsources = ["a"]\n'
    )
    assert most_attempts(config.sources["a"], config.endpoints["e"]) == requests


def test_cancelled_reading_asks_for_no_other_page() -> None:
    asked: list[str] = []

    async def fetch(call: Call) -> Outcome[Any]:
        asked.append(call.request.url)
        await asyncio.sleep(1)
        return Outcome(decoded(call.source, linked(b"[]", f"?p={len(asked)}"), call))

    async def read() -> None:
        reading: Coroutine[Any, Any, Outcome[Any]] = pages(fetch)(call_of(source(NEXT)))  # type: ignore[assignment]
        task = asyncio.create_task(reading)
        await asyncio.sleep(1.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    fake_clock.run(read())
    assert len(asked) == 2


def test_graphqls_answer_in_part_is_no_page_and_a_value_in_part() -> None:
    """A page that lacks something may lack items."""
    query = '[sources.a.graphql]\nquery = "{ a }"'
    answer = Response(200, {}, b'{"data": [1], "errors": [{"message": "no"}]}')
    with pytest.raises(SourceRejected, match="a answered in part: no"):
        decoded(source(f"{NEXT}\n{query}"), answer)
    part = decoded(source(f'pick_response = "body"\n{query}'), answer)
    assert isinstance(part, InPart)
    assert part.value == {"status": 200, "headers": {}, "links": {}, "body": [1]}
