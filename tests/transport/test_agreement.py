"""Both clients read every odd answer, over real sockets, as the reading does: no two models can disagree about one."""

import asyncio
import ssl
import time
from collections.abc import Iterator

import pytest
import requests

from fanin.engine.call import Request, Response
from fanin.errors import SourceError
from fanin.sources.address import AddressGuard
from fanin.sources.bounds import Bounds, bounded
from fanin.sources.http.blocking import client as blocking
from fanin.sources.http.failures import BadRequest, ClosedUnanswered, CutShort, Malformed
from fanin.sources.http.head import moment
from fanin.sources.http.loop import client as loop
from fanin.sources.resolve import Resolver
from tests.faults.network import Network, watched
from tests.faults.recorder import Recorder
from tests.transport.odd_answers import CUT, REFUSED, Good, odd_answers
from tests.transport.wires import Wires

ODD = {str(number): odd for number, odd in enumerate(odd_answers().values())}
CAP = 1_000_000
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

NEVER_SENT = "never sent"

type Came = tuple[int, bytes] | str


def resolver() -> Resolver:
    """Allow loopback."""
    return Resolver(AddressGuard("127.0.0.0/8:*"))


def came_to(error: Exception) -> str:
    """Name a failure by what is at its root."""
    root: BaseException = error
    while root.__cause__ is not None:
        root = root.__cause__
    match root:
        case Malformed():
            return REFUSED
        case CutShort() | ClosedUnanswered():
            return CUT
        case BadRequest():
            return NEVER_SENT
    raise error


async def _all_on_the_loop(requests: list[Request]) -> list[Came]:
    async with loop.Transport(resolve=resolver().resolve_async, ssl_context=PLAIN) as transport:
        return [await _on_the_loop(transport, request) for request in requests]


async def _whole_on_the_loop(request: Request) -> Response:
    async with loop.Transport(resolve=resolver().resolve_async, ssl_context=PLAIN) as transport:
        return await loop.exchange(transport, "a", request, max_bytes=CAP)


def _whole_blocking(request: Request) -> Response:
    within = bounded(Bounds(time.monotonic() + 30, 30, time.monotonic))
    with blocking.session_of(blocking.Adapter(resolver(), PLAIN)) as session, within:
        return blocking.exchange(session, "a", request, max_bytes=CAP)


async def _on_the_loop(transport: loop.Transport, request: Request) -> Came:
    try:
        response = await loop.exchange(transport, "a", request, max_bytes=CAP)
    except loop.BROKEN as error:
        return came_to(error)
    return response.status, response.body


def _all_blocking(requests: list[Request]) -> list[Came]:
    with blocking.session_of(blocking.Adapter(resolver(), PLAIN)) as session:
        return [_blocking(session, request) for request in requests]


def _blocking(session: requests.Session, request: Request) -> Came:
    try:
        with bounded(Bounds(time.monotonic() + 30, 30, time.monotonic)):
            response = blocking.exchange(session, "a", request, max_bytes=CAP)
    except blocking.BROKEN as error:
        return came_to(error)
    return response.status, response.body


@pytest.fixture(scope="module")
def server() -> Iterator[Wires]:
    """Answer with the odd answers."""
    with Wires({path: odd.wire for path, odd in ODD.items()}) as running:
        yield running


@pytest.mark.parametrize("client", ["loop", "blocking"])
def test_every_odd_answer_comes_to_what_the_reading_says(server: Wires, client: str) -> None:
    """Status and body, refused, or cut short."""
    asked = [Request(odd.method, server.url(path)) for path, odd in ODD.items()]
    came = asyncio.run(_all_on_the_loop(asked)) if client == "loop" else _all_blocking(asked)
    for odd, each in zip(ODD.values(), came, strict=True):
        expected = (odd.reading.status, odd.reading.body) if isinstance(odd.reading, Good) else odd.reading
        assert each == expected, odd.wire


URLS = [
    "/",
    "",
    "?",
    "?a",
    "/x%2Fy?q=%7C",
    "/x?page[size]=2",
    "/x?q=100%",
    "/a b",
    "/a'b\"c",
    "/;a=1,2!$&'()*+:@",
    "//double//slash",
    "/%zz",
    "/x?a?b=/c",
]
"""Paths and queries that clients write in more than one way."""


def test_both_clients_put_the_same_bytes_on_the_wire() -> None:
    """Whatever stands in the URL, the headers and the body."""
    with Recorder() as recorder:
        base = f"http://127.0.0.1:{recorder.port}"
        asked = [Request("GET", base + url, (("X-Key", "k"), ("ACCEPT", "text/json"))) for url in URLS]
        asked += [Request("POST", base + "/", (), b'{"a": 1}'), Request("POST", base + "/", (), b"")]
        asyncio.run(_all_on_the_loop(asked))
        on_the_loop = [_lines(request) for request in recorder.requests]
        recorder.requests.clear()
        _all_blocking(asked)
        assert [_lines(request) for request in recorder.requests] == on_the_loop
    targets = [lines[0].split(b" ")[1] for lines in on_the_loop]
    assert targets[:8] == [
        b"/",
        b"/",
        b"/?",
        b"/?a",
        b"/x%2Fy?q=%7C",
        b"/x?page%5Bsize%5D=2",
        b"/x?q=100%25",
        b"/a%20b",
    ]


def _lines(request: bytes) -> list[bytes]:
    """Give the request line, the header fields in an order, and the body."""
    head, _, body = request.partition(b"\r\n\r\n")
    line, *fields = head.split(b"\r\n")
    return [line, *sorted(field.lower() for field in fields), body]


HOSTS = ["010.8.8.8", "8.8.8.08", "00.1", "8.8.8.8.", "0177.0.0.1", "134744072.", "0x8.8.8.8.", "a b", "a%41", ""]
"""Hosts that are read in more than one way, or that are none."""


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_is_read_in_more_than_one_way_is_connected_to_by_neither(host: str) -> None:
    request = [Request("GET", f"http://{host}/")]
    with watched(Network({}, {})) as network:
        for ask in (_all_blocking, lambda asked: asyncio.run(_all_on_the_loop(asked))):
            assert ask(request) == [NEVER_SENT]
    assert network.connected == []


@pytest.mark.parametrize("coding", ["br", "utf-8", "none", "x-strange"])
def test_an_unknown_content_coding_is_refused_by_its_name_in_both(coding: str) -> None:
    """If it is one that is known: a server could write anything there."""
    wire = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: 2\r\n\r\n{{}}".encode()
    details = []
    with Wires({"": wire}) as server:
        request = [Request("GET", server.url(""))]
        for ask in (_all_blocking, lambda asked: asyncio.run(_all_on_the_loop(asked))):
            with pytest.raises(SourceError) as refused:
                ask(request)
            details.append(refused.value.detail)
    assert len(set(details)) == 1
    assert (coding in details[0]) == (coding != "x-strange")


@pytest.mark.parametrize(("line", "stays"), [("", False), ("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", True)])
def test_both_clients_write_down_when_an_answer_without_a_date_came(line: str, stays: bool) -> None:  # noqa: FBT001
    """`Retry-After` and `Expires` count from it."""
    wire = f"HTTP/1.1 200 OK\r\n{line}Content-Length: 2\r\n\r\n{{}}".encode()
    before = int(time.time())
    with Wires({"": wire}) as server:
        request = Request("GET", server.url(""))
        for response in (_whole_blocking(request), asyncio.run(_whole_on_the_loop(request))):
            date = moment(response.headers["date"])
            assert date is not None
            assert date == 784111777 if stays else before <= date <= time.time()
