"""fanin.sources.http.loop.client: the fetch over a transport of httpx's."""

import gzip
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from fanin.engine.call import Call, Request, Response
from fanin.engine.outcome import Outcome, Span
from fanin.errors import AddressRefused, SourceError, SourceTooLarge, SourceUnavailable, SourceUndecodable
from fanin.sources.http.loop.client import http_fetch
from fanin.sources.http.request import PORTS, message_of, request_bytes
from fanin.sources.resolve import AddressForbidden
from fanin.testing import fake_clock
from tests.unit.scenario import config_of

SOURCE = config_of('[sources.a]\nurl = "https://a.example"\nmax_bytes = "1kB"\n[endpoints]\n').sources["a"]
GET = Request("GET", "https://a.example/x%2Fy?q=%7C", (("X-Key", "k"),))


class Stream(httpx.AsyncByteStream):
    """A body in chunks, which remembers that it was closed; an exception among the chunks is raised."""

    def __init__(self, *chunks: bytes | Exception) -> None:
        self.chunks = chunks
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk

    async def aclose(self) -> None:
        """Remember it."""
        self.closed = True


class Transport(httpx.AsyncBaseTransport):
    """A transport that answers as a function says."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self.answer = answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        return self.answer(request)


def fetch(answer: Callable[[httpx.Request], httpx.Response], request: Request = GET) -> Outcome[Any]:
    """Fetch once over a transport that answers as a function says."""

    async def body() -> Outcome[Any]:
        return await http_fetch(Transport(answer))(Call(SOURCE, request, 10.0, Span(0.0)))

    return fake_clock.run(body())


def fetched(answer: Callable[[httpx.Request], httpx.Response]) -> Response:
    """Fetch what can be had, and give the response."""
    response = fetch(answer).value
    assert isinstance(response, Response)
    return response


def failure(stream: Stream, headers: dict[str, str] | None = None) -> SourceError:
    """Fetch a body that cannot be had, and give the failure, having seen the response closed."""
    with pytest.raises(SourceError) as caught:
        fetch(lambda _: httpx.Response(200, headers=headers, stream=stream))
    assert stream.closed
    return caught.value


def test_the_request_goes_out_as_it_was_made() -> None:
    """URL and body byte for byte, the source's headers, and none that httpx's client would add."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, stream=Stream(b"{}"))

    fetch(answer)
    fetch(answer, Request("POST", "https://a.example/", (), b'{"a": 1}'))
    get, post = seen
    assert (get.method, str(get.url)) == ("GET", GET.url)
    assert get.url.raw_path == b"/x%2Fy?q=%7C"
    assert {name.lower() for name in get.headers} == {"host", "accept", "accept-encoding", "user-agent", "x-key"}
    assert (post.method, post.read(), post.headers["content-type"]) == ("POST", b'{"a": 1}', "application/json")
    assert post.headers["content-length"] == "8"


def test_the_response_comes_back_whole_and_decoded() -> None:
    """Whatever its status, with its headers in lower case; its stream is closed."""
    stream = Stream(gzip.compress(b"[1]")[:9], gzip.compress(b"[1]")[9:])
    headers = {"Content-Encoding": "gzip", "X-Some": "Thing"}
    response = fetched(lambda _: httpx.Response(418, headers=headers, stream=stream))
    assert (response.status, response.body, response.headers["x-some"]) == (418, b"[1]", "Thing")
    assert stream.closed


def test_redirects_are_not_followed() -> None:
    """They come back as they are."""
    answer = httpx.Response(302, headers={"Location": "http://127.0.0.1/"}, stream=Stream())
    assert fetched(lambda _: answer).status == 302


def test_a_body_over_the_cap_is_given_up() -> None:
    """And the response closed."""
    assert isinstance(failure(Stream(b"x" * 600, b"x" * 600, AssertionError())), SourceTooLarge)


def test_a_body_that_breaks_off_is_unavailable() -> None:
    """And the response closed."""
    assert isinstance(failure(Stream(b"{", httpx.ReadError("reset"))), SourceUnavailable)


def test_a_coding_that_was_not_asked_for_is_undecodable() -> None:
    """And the response closed."""
    assert isinstance(failure(Stream(b"x"), {"Content-Encoding": "br"}), SourceUndecodable)


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("127.0.0.1 refused"),
        httpx.ConnectTimeout("late"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("no HTTP"),
        httpx.PoolTimeout("none free"),
        OSError("broken pipe"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_transport_error_is_translated(error: Exception) -> None:
    """Into one that says nothing of addresses."""

    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(SourceUnavailable) as caught:
        fetch(answer)
    assert "127" not in caught.value.detail


def test_a_url_that_no_client_takes_is_the_sources_failure() -> None:
    """A value of a source can make a URL too long for httpx; that must not end the whole request."""
    with pytest.raises(SourceError):
        fetch(lambda _: httpx.Response(200, stream=Stream(b"{}")), Request("GET", f"https://a.example/{'x' * 70_000}"))


def test_an_address_that_may_not_be_reached_is_told_apart() -> None:
    """It is refused by us, not failed by the source."""

    def answer(_: httpx.Request) -> httpx.Response:
        raise AddressForbidden

    with pytest.raises(AddressRefused):
        fetch(answer)


@pytest.mark.parametrize(
    "request_",
    [
        GET,
        Request("GET", "http://a.example:8080?q=1", (("accept", "text/csv"), ("Host", "other.example"))),
        Request("POST", "https://[2001:db8::1]/x", body=b"{}"),
        Request("PUT", "https://a.example/x", (("Content-Type", "text/plain"),), body=b""),
        Request("DELETE", "https://a.example/"),
    ],
    ids=lambda request: f"{request.method} {request.url}",
)
def test_fanins_own_transport_sends_what_another_would_be_given(request_: Request) -> None:
    """Its bytes are written beside httpx's types, which have the same."""
    given = list[httpx.Request]()

    def answer(request: httpx.Request) -> httpx.Response:
        given.append(request)
        return httpx.Response(200)

    fetch(answer, request_)
    (foreign,) = given
    url = foreign.url
    by_httpx = request_bytes(foreign.method.encode(), url.raw_path, foreign.headers.raw, foreign.read())
    message = message_of(request_)
    assert sorted(message.written.lower().split(b"\r\n")) == sorted(by_httpx.lower().split(b"\r\n"))
    assert message.origin == (url.scheme, url.raw_host.decode(), url.port or PORTS[url.scheme])
