"""fanin.sources.http.request and failures: what both clients send and say alike."""

from fanin import __version__
from fanin.engine.call import Request
from fanin.errors import AddressRefused, SourceUnavailable
from fanin.sources.http.failures import address_refused, unreachable
from fanin.sources.http.request import wire_headers


def test_fanin_says_who_it_is_and_what_it_reads() -> None:
    """With every request; a content type only where there is content."""
    headers = dict(wire_headers(Request("GET", "http://a.example/")))
    assert headers == {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": f"fanin/{__version__}"}
    assert dict(wire_headers(Request("POST", "http://a.example/", (), b"{}")))["Content-Type"] == "application/json"


def test_the_sources_own_headers_go_before_fanins() -> None:
    """By whatever case, and no name is sent twice."""
    own = (("user-agent", "x"), ("ACCEPT", "text/json"), ("content-type", "application/graphql+json"), ("X-Key", "k"))
    headers = wire_headers(Request("POST", "http://a.example/", own, b"{}"))
    assert headers[-4:] == list(own)
    assert len({name.lower() for name, _ in headers}) == len(headers)


def test_errors_name_the_source_and_no_address() -> None:
    """Details are for clients' eyes."""
    assert isinstance(unreachable("geo"), SourceUnavailable)
    assert isinstance(address_refused("geo"), AddressRefused)
    assert all("geo" in error.detail for error in (unreachable("geo"), address_refused("geo")))
