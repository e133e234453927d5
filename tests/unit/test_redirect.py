"""fanin.sources.http.redirect: what a redirect leads to."""

import pytest

from fanin.engine.call import Request, Response
from fanin.sources.http.redirect import redirected

START = Request("GET", "https://a.example/x/y?q=1", (("X-Key", "k"),))


def leads_to(location: str, status: int = 302, start: Request = START) -> Request | None:
    """Follow one."""
    return redirected(start, Response(status, {"location": location}, b""))


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/z", "https://a.example/z"),
        ("z?r=%20#part", "https://a.example/x/z?r=%20"),
        ("../z", "https://a.example/z"),
        ("?r=2", "https://a.example/x/y?r=2"),
        ("//a.example/z", "https://a.example/z"),
        ("https://a.example/", "https://a.example/"),
        ("https://a.example", "https://a.example/"),
        ("https://a.example:443/z", "https://a.example:443/z"),
        ("https://A.Example/z", "https://A.Example/z"),
        ("/a b?c d", "https://a.example/a%20b?c%20d"),
        ("/{geo.lat}|<x>", "https://a.example/%7Bgeo.lat%7D%7C%3Cx%3E"),
        ("/caf\xc3\xa9", "https://a.example/caf%C3%A9"),
        ("/caf\xe9", "https://a.example/caf%E9"),
        ("/a%20b", "https://a.example/a%20b"),
    ],
)
def test_to_the_same_origin_go_the_headers_too(location: str, url: str) -> None:
    """Relative or absolute, without its fragment; bytes that no URL has are percent-encoded, as browsers do."""
    assert leads_to(location) == Request("GET", url, START.headers)


@pytest.mark.parametrize(
    "location",
    [
        "https://b.example/",
        "https://a.example:444/",
        "https://a.example.b.example/",
        "//b.example",
    ],
)
def test_to_another_origin_goes_no_header(location: str) -> None:
    """Another host or port is another origin."""
    followed = leads_to(location)
    assert followed
    assert followed.headers == ()


def test_a_stronger_scheme_is_another_origin_and_a_weaker_one_is_not_followed() -> None:
    """What is to be read over TLS is not read without it."""
    followed = leads_to("https://a.example/", start=Request("GET", "http://a.example/", START.headers))
    assert followed == Request("GET", "https://a.example/", ())
    assert leads_to("http://a.example/z") is None


@pytest.mark.parametrize("status", [200, 300, 304, 305, 306, 310, 404])
def test_other_statuses_lead_nowhere(status: int) -> None:
    """Whatever their headers say."""
    assert leads_to("/z", status) is None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_without_a_place_leads_nowhere(status: int) -> None:
    """And one with a place is followed."""
    assert redirected(START, Response(status, {}, b"")) is None
    assert leads_to("/z", status)


@pytest.mark.parametrize(
    "location",
    [
        "ftp://a.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://user@a.example/",
        "https://a.example\\@b.example/",
        "https:\\\\b.example",
        "https://b example/",
        "https://bücher.example/",
        "https://[::1/",
        "https://[::1%25lo]/",
        "https://a.example:99999/",
        "https://a.example/%2e%2e/z",
        "/a, /b",
        "/" + "x" * 20_000,
    ],
)
def test_what_could_be_no_sources_url_is_not_followed(location: str) -> None:
    """The same rules as those of fanin.toml."""
    assert leads_to(location) is None


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_only_a_get_is_redirected(method: str) -> None:
    """Another request would be made twice, or its body handed on."""
    for status in (301, 302, 303, 307, 308):
        assert leads_to("/z", status, Request(method, START.url, START.headers)) is None
