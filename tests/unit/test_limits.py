"""fanin.entrypoints.servers.asgi and fanin.entrypoints.servers.wsgi: what holds under Lambda holds under a server."""

import asyncio
import io
import json
from collections.abc import Iterable
from typing import Any

import pytest

from fanin.contract import request_limits
from fanin.engine.invocation import Invocation
from fanin.entrypoints.servers import wsgi
from fanin.entrypoints.servers.asgi import INVOCATION, Limits, invocation_of
from fanin.observability.served import Served


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the length of the body, and say nothing of the request's id."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": scope.get("answer", [])})
    await send({"type": "http.response.body", "body": str(len(body)).encode()})


def ask(
    *chunks: bytes, path: str = "/a", query: bytes = b"", app: Any = echo, **scope: Any
) -> tuple[int, dict[bytes, bytes], bytes]:
    """Ask over ASGI, the body in chunks; give status, headers and body."""
    messages = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        for number, chunk in enumerate(chunks, 1)
    ] or [{"type": "http.request"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    asked = {"type": "http", "path": path, "raw_path": None, "query_string": query, "headers": [], **scope}
    asyncio.run(Limits(app)(asked, receive, send))
    start, body = sent
    return start["status"], dict(start["headers"]), body["body"]


def test_a_request_within_the_limits_is_served_with_its_body() -> None:
    """Which comes whole, however it was sent."""
    assert ask(b"ab", b"c")[::2] == (200, b"3")


def test_every_answer_has_the_requests_id() -> None:
    """An answer that has one keeps it."""
    assert ask()[1][b"x-request-id"]
    assert ask(answer=[(b"X-Request-Id", b"own")])[1] == {b"X-Request-Id": b"own"}


def test_a_header_that_comes_several_times_is_one_for_whatever_framework() -> None:
    """Starlette reads the first of several, and Django all: two credentials are no credentials to either."""
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.extend(scope["headers"])
        await echo(scope, receive, send)

    sent = [(b"Authorization", b"Bearer a"), (b"cookie", b"a=1"), (b"authorization", b"Bearer b"), (b"cookie", b"b=2")]
    ask(headers=sent, app=app)
    assert seen == [(b"authorization", b"Bearer a,Bearer b"), (b"cookie", b"a=1; b=2")]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"path": "/" + "x" * request_limits.MAX_TARGET}, 414),
        ({"query": b"&".join([b"a=1"] * (request_limits.MAX_VALUES + 1))}, 414),
        ({"headers": [(b"x", b"y" * request_limits.MAX_HEADERS)]}, 431),
        ({"headers": [(b"x", b"y" * (request_limits.MAX_HEADERS // 2))] * 2}, 431),
    ],
)
def test_a_request_over_a_limit_is_refused(asked: dict[str, Any], status: int) -> None:
    """With the contract's problem."""
    answered, headers, body = ask(**asked)
    assert answered == status == json.loads(body)["status"]
    assert headers[b"content-type"] == b"application/problem+json"
    assert json.loads(body)["request_id"].encode() == headers[b"x-request-id"]


def test_a_body_is_refused_as_soon_as_it_is_over_the_limit() -> None:
    """What comes behind is not read: here there is nothing, and to ask for it would fail."""
    half = b"x" * (request_limits.MAX_BODY // 2)
    assert ask(half, half)[0] == 200
    assert ask(half, half, b"x", b"never sent")[0] == 413


def test_under_lambda_it_hands_on_alone() -> None:
    """The handler has checked the request already."""
    invoked: dict[str, Any] = {INVOCATION: Invocation("id", 1.0)}
    status, headers, _ = ask(path="/" + "x" * request_limits.MAX_TARGET, **invoked)
    assert (status, headers) == (200, {})


def ask_wsgi(**environ: str) -> tuple[str, bytes]:
    """Ask over WSGI; give status line and body."""
    started: list[str] = []

    def app(_: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return [b"served"]

    asked = {"PATH_INFO": "/a", "QUERY_STRING": "", "wsgi.input": io.BytesIO(), **environ}
    body = wsgi.Limits(app)(asked, lambda status, _: started.append(status))
    return started[0], b"".join(body)


@pytest.mark.parametrize(
    ("environ", "status"),
    [
        ({}, "200 OK"),
        ({"CONTENT_LENGTH": ""}, "200 OK"),
        ({"PATH_INFO": "/" + "x" * request_limits.MAX_TARGET}, "414 URI too long"),
        ({"QUERY_STRING": "&".join(["a=1"] * (request_limits.MAX_VALUES + 1))}, "414 URI too long"),
        ({"HTTP_X": "y" * request_limits.MAX_HEADERS}, "431 Headers too large"),
        ({"CONTENT_LENGTH": str(request_limits.MAX_BODY)}, "200 OK"),
        ({"CONTENT_LENGTH": str(request_limits.MAX_BODY + 1)}, "413 Body too large"),
    ],
)
def test_the_same_over_wsgi(environ: dict[str, str], status: str) -> None:
    """A body is judged by the length that it must have there."""
    answered, body = ask_wsgi(**environ)
    assert answered == status
    if answered != "200 OK":
        assert json.loads(body)["status"] == int(status[:3])


@pytest.fixture(params=["asgi", "wsgi"])
def told_of(request: pytest.FixtureRequest) -> Any:
    """Give what serves one request and what is told of it, over each interface of servers."""

    def over_asgi(told: list[Served], *, fails: bool = False, **asked: Any) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            if fails:
                raise ZeroDivisionError
            invocation_of(scope).about["caller"] = "staff"
            await echo(scope, receive, send)

        scope = {"method": "GET", "raw_path": b"/a%2Fb", "path": "/a/b", "query_string": b"q=1", "headers": [], **asked}
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request"}

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(Limits(app, watch=told.append)({"type": "http", **scope}, receive, send))

    def over_wsgi(told: list[Served], *, fails: bool = False, **asked: Any) -> None:
        def app(environ: Any, start_response: Any) -> Iterable[bytes]:
            if fails:
                raise ZeroDivisionError
            environ[INVOCATION].about["caller"] = "staff"
            start_response("200 OK", [])
            return [b"served"]

        headers = {f"HTTP_{name.decode().upper()}": value.decode() for name, value in asked.get("headers", ())}
        environ = {"REQUEST_METHOD": asked.get("method", "GET"), "PATH_INFO": "/a b", "QUERY_STRING": "q=1", **headers}
        wsgi.Limits(app, watch=told.append)(environ, lambda *_: None)

    return {"asgi": over_asgi, "wsgi": over_wsgi}[request.param]


@pytest.mark.parametrize(
    ("asked", "status"), [({}, 200), ({"headers": [(b"x", b"y" * request_limits.MAX_HEADERS)]}, 431)], ids=str
)
def test_who_watches_is_told_of_an_answer_and_of_a_refusal(told_of: Any, asked: dict[str, Any], status: int) -> None:
    told: list[Served] = []
    told_of(told, method="HEAD", **asked)
    (served,) = told
    assert (served.method, served.status) == ("HEAD", status)
    assert served.path in {"/a%2Fb", "/a%20b"}, "as it was sent, without the query"
    assert served.about == ({"caller": "staff"} if status == 200 else {})
    assert served.trace


def test_what_raises_is_told_as_the_500_that_the_server_answers_with(told_of: Any) -> None:
    told: list[Served] = []
    with pytest.raises(ZeroDivisionError):
        told_of(told, fails=True)
    assert [served.status for served in told] == [500]


def test_a_trace_of_the_clients_goes_on(told_of: Any) -> None:
    told: list[Served] = []
    told_of(told, headers=[(b"traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")])
    assert told[0].trace
    assert told[0].trace.trace_id == "0af7651916cd43dd8448eb211c80319c"


def test_a_watch_that_fails_takes_no_answer_away(told_of: Any, caplog: pytest.LogCaptureFixture) -> None:
    class Fails(list[Served]):
        """Is told, and fails."""

        def append(self, _: Served) -> None:
            raise BrokenPipeError

    told_of(Fails())
    assert [record.exc_info and record.exc_info[0] for record in caplog.records] == [BrokenPipeError]


def test_a_client_that_leaves_before_its_body_is_whole_is_not_served() -> None:
    """What there is of the body may be a good one, which says something else."""
    served: list[Served] = []
    messages = [{"type": "http.request", "body": b"1", "more_body": True}, {"type": "http.disconnect"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    async def app(*_: Any) -> None:
        raise AssertionError("served")

    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/a", "query_string": b"", "headers": []}
    asyncio.run(Limits(app, watch=served.append)(scope, receive, send))
    assert sent[0]["status"] == 400
    assert json.loads(sent[1]["body"])["type"].endswith("malformed-body")
    assert [one.status for one in served] == [400]
