"""fanin.entrypoints.aws_lambda.event: from an event to one request, and from an answer back to the event's format."""

import base64
import contextlib
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanin.contract.answers import Answer
from fanin.entrypoints.aws_lambda.event import HttpRequest, NotHttp, parse, render
from fanin.errors import RequestError
from tests.unit.lambda_events import alb, alb_multi, payload_1, payload_2

FORMATS = ["2.0", "1.0", "alb", "alb-multi"]
EVENTS = [payload_2("/x"), payload_1("/x"), alb("/x"), alb_multi("/x")]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def in_context(**more: Any) -> dict[str, Any]:
    """Make an event of payload 2.0 with more in its context."""
    event = payload_2("/x")
    event["requestContext"] |= more
    return event


@pytest.mark.parametrize(("event", "name"), list(zip(EVENTS, FORMATS, strict=True)), ids=FORMATS)
def test_each_format_is_known(event: dict[str, Any], name: str) -> None:
    """With method, path and headers in one form."""
    request = parse(event)
    assert (request.format, request.method, request.path, request.target) == (name, "GET", "/x", "/x")
    assert request.headers == {"host": "api.example"}
    assert (request.body, request.query) == (b"", [])


@given(texts, st.lists(st.tuples(texts.filter(bool), texts), max_size=4), st.binary(max_size=20))
def test_the_same_request_reads_the_same_in_every_format(
    segment: str, query: list[tuple[str, str]], body: bytes
) -> None:
    """Path, query and body do not depend on who hands the request over; only the order of keys may."""
    content: dict[str, Any] = {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    path, once = f"/trip/{quote(segment, safe='')}", list(dict(query).items())
    raw = [(quote_plus(key), quote_plus(value)) for key, value in query]
    raw_once = [(quote_plus(key), quote_plus(value)) for key, value in once]
    several = [
        payload_2(path, urlencode(query), **content),
        payload_1(path, query, **content),
        alb_multi(path, raw, **content),
    ]
    requests = [parse(event) for event in several]
    assert {request.path for request in requests} == {f"/trip/{segment}"}
    assert all(sorted(request.query) == sorted(query) for request in requests)
    assert {request.body for request in requests} == {body}
    assert parse(alb(path, raw_once, **content)).query == once
    for request in requests:
        assert request.target == request.raw_path + (f"?{request.raw_query}" if query else "")
        assert request.target.isascii()


class TestPayload2:
    """HTTP APIs and function URLs."""

    def test_cookies_are_one_header(self) -> None:
        """As a client would have sent them."""
        assert parse(payload_2(cookies=["a=1", "b=2"])).headers["cookie"] == "a=1; b=2"

    @pytest.mark.parametrize(
        ("stage", "path", "expected"),
        [
            ("$default", "/prod/x", "/prod/x"),
            ("prod", "/prod/x", "/x"),
            ("prod", "/prod/", "/"),
            ("prod", "/prod", "/"),
            ("prod", "/production/x", "/production/x"),
            ("v1", "/v10/x", "/v10/x"),
            ("prod", "/prod/prod/x", "/prod/x"),
            (None, "/prod/x", "/prod/x"),
        ],
    )
    def test_a_stage_is_no_part_of_the_path(self, stage: str | None, path: str, expected: str) -> None:
        """It is taken off once, and only as a whole segment."""
        assert parse(in_context(stage=stage) | {"rawPath": path}).path == expected

    def test_a_path_is_percent_encoded_once(self) -> None:
        """What is encoded stays so, and what is not is encoded."""
        request = parse(payload_2("/trip/São Paulo?x#y/a%2Fb"))
        assert request.raw_path == "/trip/S%C3%A3o%20Paulo%3Fx%23y/a%2Fb"
        assert request.path == "/trip/São Paulo?x#y/a/b"

    def test_the_context_has_the_path_where_the_event_lacks_it(self) -> None:
        """As for function URLs of some emulators."""
        event = payload_2("/x")
        del event["rawPath"]
        assert parse(event).path == "/x"

    @pytest.mark.parametrize(
        ("given_id", "request_id"),
        [
            ("JKJaXmPLvHcESHA=", "JKJaXmPLvHcESHA="),
            ("a\r\nSet-Cookie: b", ""),
            ("é", ""),
            ("a" * 129, ""),
            (None, ""),
            (5, ""),
        ],
    )
    def test_only_an_id_that_may_stand_in_a_header_is_taken(self, given_id: object, request_id: str) -> None:
        """It goes back in X-Request-Id."""
        assert parse(in_context(requestId=given_id)).request_id == request_id


MAPPED = [
    ("/shop/trip/Lisbon", "/{proxy+}", {"proxy": "trip/Lisbon"}, "/trip/Lisbon"),
    ("/shop/v1/trip/Lisbon", "/{proxy+}", {"proxy": "trip/Lisbon"}, "/trip/Lisbon"),
    ("/shop/trip/Lisbon", "/trip/{city}", {"city": "Lisbon"}, "/trip/Lisbon"),
    ("/trip/Lisbon", "/{proxy+}", {"proxy": "trip/Lisbon"}, "/trip/Lisbon"),
    ("/shop/trip/Lisbon/", "/{proxy+}", {"proxy": "trip/Lisbon"}, "/trip/Lisbon/"),
    ("/shop/trip/Z%C3%BCrich", "/{proxy+}", {"proxy": "trip/Zürich"}, "/trip/Z%C3%BCrich"),
    ("/shop/trip/Z%C3%BCrich", "/{proxy+}", {"proxy": "trip/Z%C3%BCrich"}, "/trip/Z%C3%BCrich"),
    ("/shop/trip/a%2Fb", "/trip/{city}", {"city": "a/b"}, "/trip/a%2Fb"),
    ("/trip/trip/x", "/{proxy+}", {"proxy": "trip/x"}, "/trip/x"),
    ("/shop", "/", None, "/"),
    ("/shop/", "/", None, "/"),
    ("/", "/", None, "/"),
    ("/shop/trip/Lisbon", "/{proxy+}", None, "/shop/trip/Lisbon"),
    ("/workshop/x", "/shop/{id}", {"id": "x"}, "/workshop/x"),
    ("/shop/trip/Lisbon", "/{proxy+}", {"proxy": "elsewhere"}, "/shop/trip/Lisbon"),
    ("/shop/trip/Lisbon", None, {"proxy": "trip/Lisbon"}, "/shop/trip/Lisbon"),
    ("/shop/trip/Lisbon", "$default", {"proxy": "trip/Lisbon"}, "/shop/trip/Lisbon"),
    ("/shop/trip/Lisbon", "/{proxy+}", {"proxy": ["trip/Lisbon"]}, "/shop/trip/Lisbon"),
]
"""A path, the resource and its parameters, and what is left of the path behind a base-path mapping."""


@pytest.mark.parametrize(("path", "resource", "parameters", "left"), MAPPED)
def test_a_base_path_mapping_is_no_part_of_the_path(path: str, resource: Any, parameters: Any, left: str) -> None:
    """Only the end of the path that the resource makes up is; a REST API names its resource, an HTTP API its route."""
    assert parse(payload_1(path, resource=resource, pathParameters=parameters)).raw_path == left
    route = f"GET {resource}" if isinstance(resource, str) and resource.startswith("/") else resource
    assert parse(payload_2(path, routeKey=route, pathParameters=parameters)).raw_path == left


def test_a_load_balancer_has_no_base_path() -> None:
    event = alb("/shop/x", resource="/{proxy+}", pathParameters={"proxy": "x"})
    assert parse(event).raw_path == "/shop/x"


class TestPayload1AndLoadBalancers:
    """REST APIs and load balancers."""

    def test_repeated_headers_are_joined(self) -> None:
        """By a comma, as HTTP allows; the multi-value map goes before the other."""
        event = payload_1(headers={"X-A": "2"}, multiValueHeaders={"X-A": ["1", "2"], "X-B": ["3"]})
        assert parse(event).headers == {"x-a": "1,2", "x-b": "3"}

    def test_repeated_cookies_are_joined_by_a_semicolon(self) -> None:
        """RFC 9110, 5.3, has no comma for them, and RFC 9113, 8.2.3, says with what to join them."""
        assert parse(payload_1(multiValueHeaders={"Cookie": ["a=1", "b=2"]})).headers["cookie"] == "a=1; b=2"

    def test_a_name_in_two_cases_is_one_header(self) -> None:
        """No value is lost."""
        assert parse(payload_2(headers={"X-A": "1", "x-a": "2"})).headers["x-a"] == "1,2"

    def test_every_value_of_a_key_is_kept(self) -> None:
        """In its order."""
        query = [("a", "1"), ("b", "x y&z"), ("a", "2")]
        assert sorted(parse(payload_1("/", query)).query) == sorted(query)
        assert [value for key, value in parse(payload_1("/", query)).query if key == "a"] == ["1", "2"]

    def test_a_load_balancers_query_is_still_encoded(self) -> None:
        """API Gateway's is not."""
        assert parse(alb("/", [("a%20b", "x+y%26z")])).query == [("a b", "x y&z")]
        assert parse(payload_1("/", [("a%20b", "x+y%26z")])).query == [("a%20b", "x+y%26z")]

    def test_no_maps_are_no_headers_and_no_query(self) -> None:
        """As the console's test events have it."""
        event = payload_1(headers=None, multiValueHeaders=None, multiValueQueryStringParameters=None)
        assert (parse(event).headers, parse(event).query) == ({}, [])


@pytest.mark.parametrize(
    ("body", "encoded", "content"),
    [("é", False, "é".encode()), ("aGk=", True, b"hi"), (None, True, b""), ("", False, b"")],
)
def test_a_body_is_decoded(body: str | None, *, encoded: bool, content: bytes) -> None:
    """From base64 where the event says so, and from UTF-8 else."""
    assert parse(payload_2(body=body, isBase64Encoded=encoded)).body == content


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        "x",
        5,
        {},
        {"Records": [{"messageId": "1", "eventSource": "aws:sqs"}]},
        {"requestContext": {"eventType": "CONNECT", "connectionId": "c"}, "httpMethod": "GET"},
        {"source": "aws.events", "detail-type": "Scheduled Event"},
        {"requestContext": None},
        {"requestContext": {}, "httpMethod": None},
        {"warmer": True},
    ],
    ids=repr,
)
def test_other_events_are_told_apart(event: object) -> None:
    """Queues, schedules, WebSockets, warmers."""
    with pytest.raises(NotHttp):
        parse(event)


@pytest.mark.parametrize(
    "event",
    [
        payload_2(headers=[]),
        payload_2(headers={"a": None}),
        payload_2(headers={"a": {"b": "c"}}),
        payload_2(cookies="a=1"),
        payload_2(cookies=[1]),
        payload_2(rawPath=None),
        payload_2(rawPath="x"),
        payload_2(rawPath="/\ud800"),
        payload_2(rawQueryString=["a"]),
        payload_2(rawQueryString="\ud800"),
        payload_2(method="G T"),
        payload_2(method=""),
        payload_2(body={"a": 1}),
        payload_2(body="no base64", isBase64Encoded=True),
        payload_2(body="é", isBase64Encoded=True),
        payload_1() | {"path": None},
        payload_1(multiValueHeaders=["a"]),
        payload_1(multiValueQueryStringParameters={"a": [None]}),
        payload_1(multiValueQueryStringParameters="a"),
        alb(queryStringParameters={"a": 1}),
    ],
    ids=range(20),
)
def test_a_malformed_event_is_refused(event: dict[str, Any]) -> None:
    """By 400, naming what cannot be read."""
    with pytest.raises(RequestError) as caught:
        parse(event)
    assert (caught.value.status, caught.value.problem) == (400, "malformed-event")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["/\ud800", "GET", "%zz", "=", "+"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def key_paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the paths of all that a value holds."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in inner for found in [(*path, key), *key_paths(item, (*path, key))]]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Copy a value, with something else at a path."""
    if not path:
        return new
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = replaced(value[path[0]], path[1:], new)
    return copied


@settings(max_examples=500)
@given(st.data())
def test_whatever_the_event_nothing_else_is_raised(data: st.DataObject) -> None:
    """An event with anything at all in any of its places is a request, not HTTP, or malformed."""
    full = {
        "cookies": ["a=1"],
        "body": "eA==",
        "multiValueHeaders": {"a": ["b", "c"]},
        "queryStringParameters": {"a": "b"},
    }
    event: Any = data.draw(st.sampled_from(EVENTS)) | full
    for _ in range(data.draw(st.integers(1, 3))):
        if paths := key_paths(event):
            event = replaced(event, data.draw(st.sampled_from(paths)), data.draw(json_values))
    with contextlib.suppress(NotHttp, RequestError):
        request = parse(event)
        assert request.target.startswith("/")
        assert isinstance(request.query, list)
        assert all(isinstance(text, str) for pair in request.headers.items() for text in pair)
        request.target.encode()


class TestRender:
    """From an answer to what Lambda hands back."""

    @staticmethod
    def request(kind: str) -> HttpRequest:
        """Give a request of a format."""
        return parse(EVENTS[FORMATS.index(kind)])

    @staticmethod
    def headers_of(response: dict[str, Any]) -> list[tuple[str, str]]:
        """Read the headers of a response, as its format has them, names in lower case."""
        pairs = [(name.lower(), value) for name, value in response.get("headers", {}).items()]
        pairs += [(name.lower(), v) for name, values in response.get("multiValueHeaders", {}).items() for v in values]
        return pairs + [("set-cookie", cookie) for cookie in response.get("cookies", [])]

    @given(st.sampled_from(FORMATS), st.binary(max_size=50) | texts.map(str.encode), st.sampled_from([200, 404, 502]))
    def test_status_headers_and_body_come_through(self, kind: str, body: bytes, status: int) -> None:
        """In every format, text as text and anything else in base64."""
        response = render(Answer(status, (("Content-Type", "x"), ("X-A", "1")), body), self.request(kind))
        assert response["statusCode"] == status
        assert self.headers_of(response) == [("content-type", "x"), ("x-a", "1")]
        text = response["body"]
        assert (base64.b64decode(text) if response["isBase64Encoded"] else text.encode()) == body

    @pytest.mark.parametrize("kind", ["2.0", "1.0", "alb-multi"])
    def test_several_cookies_are_all_set(self, kind: str) -> None:
        """Where the format can say so: in `cookies` under payload 2.0."""
        response = render(Answer(200, (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")), b""), self.request(kind))
        assert self.headers_of(response) == [("set-cookie", "a=1"), ("set-cookie", "b=2")]

    @pytest.mark.parametrize("kind", FORMATS)
    def test_no_value_of_a_repeated_header_is_lost(self, kind: str) -> None:
        """Where the format has one value for each name, they are joined by a comma."""
        response = render(Answer(200, (("Vary", "a"), ("Vary", "b")), b""), self.request(kind))
        assert ",".join(value for _, value in self.headers_of(response)).replace(" ", "") == "a,b"

    def test_a_load_balancer_wants_a_status_text(self) -> None:
        """And gets one, for every status there is."""
        response = render(Answer(404, (), b""), self.request("alb"))
        assert response["statusDescription"] == "404 Not Found"
        assert render(Answer(599, (), b""), self.request("alb"))["statusDescription"].startswith("599")

    def test_without_a_request_payload_2_is_written(self) -> None:
        """As where the event was not HTTP."""
        assert render(Answer(400, (("X-A", "1"),), b"{}"), None) == {
            "statusCode": 400,
            "headers": {"X-A": "1"},
            "body": "{}",
            "isBase64Encoded": False,
        }
