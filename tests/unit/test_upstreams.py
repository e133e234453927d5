"""Upstreams: what sources take on, what they share, and where URLs from values may lead."""

import asyncio
from typing import Any

import pytest

from fanin.config.kinds.http import HttpSource
from fanin.config.kinds.upstream import Upstream
from fanin.config.template import FieldReference, ParameterReference
from fanin.config.values import Json
from fanin.engine.call import Call, Request, Response, Runtime
from fanin.engine.outcome import Outcome, Span
from fanin.errors import CircuitOpen, RateLimited, SourceUnavailable, ValueRefused
from fanin.policies.order import pipelines_of, steps_of
from fanin.policies.steps import Shared
from fanin.sources.http.redirect import redirected
from fanin.testing import fake_clock
from tests.unit.scenario import config_of

UPSTREAM = """
[upstreams.api]
url = "https://api.example/v1/"
headers = { Accept = "a", X-Version = "1" }
statuses = { 403 = "unavailable", 409 = "pass" }
timeout = "3s"
retry = { attempts = 3 }
hedge = { after = "1s" }
cache = { fresh = "1m" }
redirects = 2
"""


def source_of(lines: str, upstream: str = UPSTREAM) -> HttpSource:
    """Read a source with an upstream."""
    source = config_of(f'{upstream}\n[sources.a]\nupstream = "api"\n{lines}\n[endpoints]\n').sources["a"]
    assert isinstance(source, HttpSource)
    return source


class TestDefaults:
    """What a source takes on."""

    def test_headers_and_statuses_join_and_the_rest_is_replaced_as_a_whole(self) -> None:
        source = source_of('url = "/x"\nheaders = { accept = "b" }\nstatuses = { 409 = "null" }\nretry = {}')
        assert source.request({}).headers == (("X-Version", "1"), ("accept", "b"))
        assert source.statuses == {"403": "unavailable", "409": "null"}
        assert source.retry
        assert source.retry.attempts == 2
        assert source.timeout == 3.0
        assert source.inherited == {"timeout", "hedge", "cache", "redirects"}

    @pytest.mark.parametrize(
        ("lines", "left_out"),
        [
            ('url = "/x"\nmethod = "POST"', {"cache", "retry", "hedge", "redirects"}),
            ('url = "/x"\nmethod = "POST"\nidempotency_key = true', {"cache", "redirects"}),
            ('url = "/x"\nmethod = "POST"\nwrites = false', {"redirects"}),
            ('url = "/x"\nmethod = "DELETE"', {"cache", "hedge", "redirects"}),
            ('url = "/x"\nmethod = "HEAD"', {"redirects"}),
            ("graphql = { query = '{ a }' }", {"redirects"}),
            ("graphql = { query = 'mutation { a }' }", {"cache", "retry", "hedge", "redirects"}),
        ],
    )
    def test_what_a_source_cannot_have_is_left_out(self, lines: str, left_out: set[str]) -> None:
        source = source_of(lines)
        assert {key for key in ("cache", "retry", "hedge", "redirects") if not getattr(source, key)} == left_out

    def test_false_leaves_out_what_the_upstream_says(self) -> None:
        """Every key that has a default at an upstream has this way out, but booleans, which are one."""
        upstream = """
[upstreams.api]
url = "https://api.example/v1"
headers = { X-Version = "1" }
auth = { bearer = "{!key}" }
forward = ["Accept-Language"]
timeout = "3s"
attempt_timeout = "1s"
retry = { attempts = 3 }
hedge = { after = "100ms" }
cache = { fresh = "1m" }
statuses = { closed = "missing", 409 = "null" }
status_from = "state"
problem = "error"
missing = "null"
max_bytes = "1MB"
redirects = 2
origins = ["https://b.example"]
separator = ","
tls = { ca = "{!ca}" }
rate_limit = { calls = 2 }
circuit_breaker = {}
private = true
trace_context = true
"""
        named = {line.partition(" =")[0] for line in upstream.splitlines() if " = " in line}
        assert named == Upstream.accepted()
        off = named - {"url", "private", "trace_context"}
        source = source_of('url = "/x"\n' + "\n".join(f"{key} = false" for key in off), upstream)
        plain = source_of('url = "/x"', '[upstreams.api]\nurl = "https://api.example/v1"')
        assert {key: getattr(source, key) for key in off} == {key: getattr(plain, key) for key in off}
        assert source.inherited == {"private", "trace_context"}

    def test_false_leaves_out_an_entry_of_a_table_that_joins(self) -> None:
        source = source_of('url = "/x"\nheaders = { x-version = false }\nstatuses = { 409 = false, 404 = false }')
        assert source.request({}).headers == (("Accept", "a"),)
        assert source.statuses == {"403": "unavailable"}

    @pytest.mark.parametrize(
        ("base", "url", "whole"),
        [
            ("https://api.example/v1", 'url = "/x"', "https://api.example/v1/x"),
            ("https://api.example/v1/", 'url = "/x?y=1"', "https://api.example/v1/x?y=1"),
            ("https://api.example", 'url = "/"', "https://api.example/"),
            ("https://api.example/v1", 'url = "?y=1"', "https://api.example/v1?y=1"),
            ("https://api.example/graphql", "graphql = { query = '{ a }' }", "https://api.example/graphql"),
            ("https://api.example/{t}", 'url = "/x"', "https://api.example/me/x"),
        ],
    )
    def test_a_path_is_joined(self, base: str, url: str, whole: str) -> None:
        source = source_of(url, f'[upstreams.api]\nurl = "{base}"')
        assert source.request({ParameterReference("t"): "me"}).url == whole


def asking(source: HttpSource) -> Call:
    """Make a call of a source that has 10 s."""
    return Call(source, source.request({}), fake_clock.now() + 10, Span(ready=0.0))


class TestShared:
    """What sources of an upstream count together."""

    def run(self, text: str, names: str) -> list[str]:
        """Call sources one after another, each failing, and give what became of each."""
        config = config_of(text)

        async def failing(call: Call) -> Outcome[Any]:
            raise SourceUnavailable(call.source.name, "down")

        async def body() -> list[str]:
            shared = Shared(Runtime(clock=fake_clock.now, sleep=asyncio.sleep))
            pipelines = pipelines_of(config.sources, dict.fromkeys(config.sources, failing), shared)
            found = []
            for name in names:
                source = config.sources[name]
                assert isinstance(source, HttpSource)
                outcome = await pipelines[name](asking(source))
                assert outcome.error
                found.append(outcome.error.problem)
            return found

        return fake_clock.run(body())

    def test_a_breaker_of_the_upstream_opens_for_all_its_sources(self) -> None:
        text = """
[upstreams.api]
url = "https://api.example"
{upstream}
[sources.a]
upstream = "api"
url = "/a"
{source}
[sources.b]
upstream = "api"
url = "/b"
{source}
[sources.c]
url = "https://api.example/c"
circuit_breaker = {{ minimum_calls = 2 }}
[endpoints]
"""
        breaker = "circuit_breaker = { minimum_calls = 2 }"
        down, opened = SourceUnavailable.problem, CircuitOpen.problem
        assert self.run(text.format(upstream=breaker, source=""), "abbac") == [down, down, opened, opened, down]
        assert self.run(text.format(upstream="", source=breaker), "abbac") == [down, down, down, down, down]

    def test_a_rate_of_the_upstream_counts_the_attempts_of_all_its_sources(self) -> None:
        text = """
[upstreams.api]
url = "https://api.example"
rate_limit = { calls = 2, per = "1m" }
[sources.a]
upstream = "api"
url = "/a"
[sources.b]
upstream = "api"
url = "/b"
[endpoints]
"""
        assert self.run(text, "aba") == [SourceUnavailable.problem, SourceUnavailable.problem, RateLimited.problem]
        apart = text.replace('url = "/b"', 'url = "/b"\nrate_limit = false')
        assert self.run(apart, "abab") == [SourceUnavailable.problem] * 4
        told = {step.key: settings for step, settings in steps_of(config_of(text).sources["a"])}
        assert told["rate_limit"].endswith("shared by upstream api")


class TestWholeUrls:
    """URLs that come from values."""

    NEXT = FieldReference("page", ("next",))

    def source(self, lines: str) -> HttpSource:
        """Read a source whose URL is another's value."""
        config = config_of(f"""
[upstreams.api]
url = "https://api.example/v1"
[sources.page]
url = "https://api.example/page"
[sources.a]
url = "{{page.next}}"
{lines}
[endpoints]
""")
        source = config.sources["a"]
        assert isinstance(source, HttpSource)
        return source

    @pytest.mark.parametrize(
        ("lines", "value", "url"),
        [
            ('upstream = "api"', "https://api.example/x?y=%20#z", "https://api.example/x?y=%20"),
            ('upstream = "api"', "https://API.example:443/é {x}", "https://API.example:443/%C3%A9%20%7Bx%7D"),
            ('upstream = "api"\norigins = ["https://b.example"]', "https://b.example/x", "https://b.example/x"),
            ('origins = ["https://b.example:8443"]', "https://b.example:8443", "https://b.example:8443/"),
        ],
    )
    def test_may_lead_to_the_upstreams_origin_and_to_origins(self, lines: str, value: str, url: str) -> None:
        assert self.source(lines).request({self.NEXT: value}).url == url

    @pytest.mark.parametrize(
        "value",
        [
            "https://evil.example/",
            "http://api.example/",
            "https://api.example:8443/",
            "https://api.example.evil.example/",
            "https://api.example@evil.example/",
            "https://evil.example\\@api.example/",
            "https://evil.example#@api.example/",
            "https://evil.example?https://api.example",
            "//api.example/x",
            "/x",
            "",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://api.example/\r\nHost: evil",
            "https://api.example/../x",
            "https://api.example/\ud800",
            "https://api.example/" + "x" * 20_000,
            ["https://api.example/"],
            {"url": "https://api.example/"},
            17,
        ],
    )
    def test_may_lead_nowhere_else(self, value: Json) -> None:
        with pytest.raises(ValueRefused):
            self.source('upstream = "api"').request({self.NEXT: value})

    @pytest.mark.parametrize(
        ("lines", "location", "followed"),
        [
            ('upstream = "api"', "/y", True),
            ('upstream = "api"', "https://b.example/", False),
            ('upstream = "api"\norigins = ["https://b.example"]', "https://b.example/", True),
            ('origins = ["https://api.example"]', "https://b.example/", False),
        ],
    )
    def test_nor_does_a_redirect(self, lines: str, location: str, followed: bool) -> None:  # noqa: FBT001 - a column
        asked = Request("GET", "https://api.example/x")
        further = redirected(asked, Response(302, {"location": location}, b""), self.source(lines).reaches)
        assert (further is not None) is followed

    def test_a_url_may_begin_with_a_parameter_that_stands_for_an_origin(self) -> None:
        config = config_of('[sources.a]\nurl = "{region}/x/{id}?y={id}"\n[endpoints]\n')
        region, number = ParameterReference("region"), ParameterReference("id")
        source = config.sources["a"]
        assert source.request({region: "https://eu.example", number: "a/b"}).url == "https://eu.example/x/a%2Fb?y=a%2Fb"
        for other in ("https://eu.example/v1", "eu.example", "https://u@eu.example", "https://eu.example?x", ""):
            with pytest.raises(ValueRefused):
                source.request({region: other, number: "1"})
