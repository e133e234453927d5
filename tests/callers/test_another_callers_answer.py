"""Nobody gets another caller's answer: every way to try it, in every execution model and by both formats of events.

`tests/unit/test_callers_apart.py` tries the table that environments share, and failures, on a fake clock.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from fanin.callers.keys.document import write_document
from fanin.callers.keys.form import ApiKey, new_key
from fanin.callers.keys.record import Record
from fanin.entrypoints.aws_lambda.handler import Handler
from tests.contract.ask import Context, Question, over_http
from tests.contract.models import MODELS
from tests.functions import functions
from tests.servers.servers import uvicorn

WAYS = {
    "path": 'url = "{$api}/who/{caller.sub}"',
    "query": 'url = "{$api}/who?sub={caller.sub}"',
    "header": 'url = "{$api}/who"\nheaders = { X-Who = "{caller.mail}" }',
    "body": 'method = "POST"\nwrites = false\nurl = "{$api}/who"\nbody = { sub = "{caller.sub}" }',
    "inside": 'url = "{$api}/who/{caller.org.unit}"',
    "optional": 'url = "{$api}/who?sub={caller.sub?}"',
    "item": 'url = "{$api}/who/{each}"\nfor_each = "[caller.sub, caller.sub]"',
    "computed": 'url = "{$api}/who/{named.id}"',
    "either": 'url = "{$api}/who/{caller.sub}"',
}
"""How a source's request can name who asks."""
FILE = """fanin = 1
caller = "staff"
[variables]
api = "http://127.0.0.1:1"
[callers.staff]
authorizer = {}
[sources.named]
compute = "{id: caller.sub}"
[sources.silent]
url = "{$api}/silent/{caller.sub}"
cache = { fresh = "1h" }
[sources.chosen]
first_of = ["silent", "either"]
"""
FRESH, STALE = '{ fresh = "1h", negative = "1h" }', '{ fresh = "1ms", stale = "1h", negative = "1h" }'
CALLERS = ("ada", "bob", "eve")
ALIKE = (
    *("ada", "Ada", "ada ", " ada", "ada/", "ada%20", "ada\0", "ada,bob", "ada;bob", "a/../ada", "ada?sub=bob", "ada#"),
    *(
        "\u0430da",
        "\u0430\u0301da",
        "\u00e1da",
        "a\u0301da",
        "ada\u200b",
        "ada\u00ad",
        "\uff41\uff44\uff41",
        "__proto__",
        "constructor",
        "null",
    ),
    *('{"sub":"bob"}', "<b>ada</b>", "{caller.sub}", "{!key}", "${sub}", "ada\r\nX-Who: bob", "1", "true", "[]"),
)
"""Who may be taken for somebody else: by case, blanks, encodings, look-alikes, normal forms, and markup."""


class Who(ThreadingHTTPServer):
    """An API that answers with whom it was asked for, and counts; `missing` and `down` say for whom it has nothing."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Telling)
        self.lock = Lock()
        self.asked: list[str] = []
        self.missing: set[str] = set()
        self.down = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a refresh that ended with its request."""

    @contextmanager
    def serving(self) -> Iterator[None]:
        thread = Thread(target=self.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            self.server_close()
            thread.join()


class _Telling(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or a body waits 40 ms for the acknowledgement of its head
    server: Who

    def do_GET(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        _, first, *rest = parts.path.split("/")
        who = unquote("/".join(rest)) or self.headers.get("X-Who") or parse_qs(parts.query).get("sub", [""])[0]
        who = who or (json.loads(sent)["sub"] if sent else "")
        with self.server.lock:
            self.server.asked.append(who)
            number = len(self.server.asked)
        status = 404 if first == "silent" or who in self.server.missing else 503 if self.server.down else 200
        body = json.dumps({"who": who, "number": number}).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - http.server's

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def file_of(kept: str) -> str:
    """Write a file with a source, and an endpoint, for each way."""
    tables = [FILE]
    for name, source in WAYS.items():
        answer = "chosen" if name == "either" else name
        tables.append(f"[sources.{name}]\n{source}\ncache = {kept}\n")
        tables.append(f'[endpoints.{name}]\npath = "/{name}"\nsources = ["{answer}"]\n')
    return "".join(tables)


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the headers by names in lower case, and whom the body is for; None without one."""

    status: int
    headers: Mapping[str, str]
    who: str | None


type Get = Callable[..., Answer]
"""Asks a path as somebody: whose claim `sub` that is, and headers."""


def payload_2(path: str, query: str, claims: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    context = {"http": {"method": "GET", "path": path}, "authorizer": {"jwt": {"claims": claims, "scopes": None}}}
    event = {"version": "2.0", "rawPath": path, "rawQueryString": query, "headers": headers}
    return {**event, "requestContext": {"stage": "$default", "requestId": "r", **context}}


def payload_1(path: str, query: str, claims: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    values = {name: [value] for name, value in headers.items()}
    event = {"httpMethod": "GET", "path": path, "headers": headers, "multiValueHeaders": values}
    event["multiValueQueryStringParameters"] = parse_qs(query)
    return {**event, "requestContext": {"requestId": "r", "identity": {}, "authorizer": {"claims": claims}}}


FORMATS = {"2.0": payload_2, "1.0": payload_1}


def getting(handler: Handler, prefix: str, write: Callable[..., dict[str, Any]]) -> Get:
    """Ask a handler with events of a format."""

    def get(path: str, sub: str, query: str = "", /, **headers: str) -> Answer:
        claims = {"iss": "https://id.example", "sub": sub, "mail": sub, "org": {"unit": sub}, "__proto__": "bob"}
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        given = handler(write(f"{prefix}{path}", query, claims, sent), Context())
        told = {**given.get("headers", {}), **{k: ",".join(v) for k, v in given.get("multiValueHeaders", {}).items()}}
        return Answer(given["statusCode"], {k.lower(): v for k, v in told.items()}, whose(given["body"]))

    return get


def whose(body: str) -> str | None:
    """Give whom a body is for."""
    if not body or "status" in (told := json.loads(body)):
        return None
    (value,) = [value for name, value in told.items() if name != "errors"]
    found = {each["who"] for each in (value if isinstance(value, list) else [value])}
    assert len(found) == 1
    who: str = found.pop()
    return who


@pytest.fixture(scope="module")
def api() -> Iterator[Who]:
    with (made := Who()).serving():
        yield made


@pytest.fixture(scope="module", params=[FRESH, STALE], ids=["fresh", "stale"])
def handlers(request: pytest.FixtureRequest, api: Who, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Compose the functions over a file whose sources keep their answers."""
    file = tmp_path_factory.mktemp("apart") / "fanin.toml"
    file.write_text(file_of(request.param).replace("http://127.0.0.1:1", api.url))
    with functions({**os.environ, "FANIN_CONFIG": str(file), "FANIN_ALLOW": "127.0.0.0/8:*"}) as made:
        yield made


@pytest.fixture(params=[f"{model} {form}" for model in MODELS for form in FORMATS])
def get(request: pytest.FixtureRequest, api: Who, handlers: Mapping[str, Handler]) -> Get:
    """Ask one execution model, by one format."""
    name, form = request.param.split()
    api.missing, api.down = set(), False
    return getting(handlers[MODELS[name].function], MODELS[name].prefix, FORMATS[form])


@pytest.mark.parametrize("way", WAYS)
def test_everyone_gets_their_own_answer_again_and_again(get: Get, way: str) -> None:
    for who in CALLERS * 2:
        answer = get(f"/{way}", who)
        assert (answer.status, answer.who) == (200, who)


def test_who_looks_like_another_is_somebody_else(get: Get, api: Who) -> None:
    for who in ALIKE:
        assert get("/query", who).who == who
        answer = get("/path", who)
        assert answer.who in {who, None}
        assert (answer.who is None) <= (answer.status in {404, 502})
    assert set(ALIKE) <= set(api.asked)


def test_what_a_client_says_of_itself_changes_nothing(get: Get) -> None:
    assert get("/path", "bob").who == "bob"
    said = {"sub": "bob", "x_who": "bob", "x_amzn_oidc_identity": "bob", "x_amzn_oidc_data": "bob", "caller": "bob"}
    for query in ("sub=bob", "caller=bob", "caller.sub=bob", "caller%5Bsub%5D=bob", "only=own", "__proto__=bob"):
        assert get("/path", "ada", query, **said, authorization="Bearer bob", cookie="sub=bob").who == "ada"
        assert get("/header", "ada", query, **said).who == "ada"


def test_anothers_etag_tells_nothing(get: Get) -> None:
    answers = {who: get("/path", who) for who in CALLERS}
    if any(answer.headers["cache-control"] == "no-store" for answer in answers.values()):
        assert not any("etag" in answer.headers for answer in answers.values())  # nothing is kept: ask with any tag
    tags = {who: answer.headers.get("etag", '"x"') for who, answer in answers.items()}
    for who in CALLERS:
        for other in CALLERS:
            answer = get("/path", who, if_none_match=f'"y", {tags[other]}')
            assert answer.who == who or (answer.status == 304 and who == other)


def test_what_one_has_not_another_may_have(get: Get, api: Who) -> None:
    """That there is no such thing is kept for its caller only."""
    one, other = f"none-{len(api.asked)}", f"some-{len(api.asked)}"
    api.missing = {one}
    for _ in range(2):
        assert get("/path", one).who is None
        assert get("/path", other).who == other


def test_no_answer_of_another_stands_in_for_a_failure(get: Get, api: Who) -> None:
    late = f"late-{len(api.asked)}"
    for way in WAYS:
        assert get(f"/{way}", "ada").who == "ada"
    api.down = True
    for way in WAYS:
        answer = get(f"/{way}", late)
        assert (answer.status // 100, answer.who) == (5, None)


def test_answers_are_for_no_cache_that_others_ask(get: Get) -> None:
    for way in WAYS:
        headers = get(f"/{way}", "ada").headers
        assert headers["cache-control"] == "no-store" or headers["cache-control"].startswith("private")
        assert headers["cache-control"] == "no-store" or "authorization" in headers["vary"].lower()


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, ApiKey]:
    """Make a key for each caller, in a file."""
    made = {who: new_key() for who in CALLERS}
    records = {key.id: Record(key.id, key.sha256, who, "test", 1) for who, key in made.items()}
    (tmp_path / "keys.json").write_text(write_document(records))
    return made


def test_at_once_under_a_server_everyone_gets_their_own(api: Who, keys: dict[str, ApiKey], tmp_path: Path) -> None:
    """Callers that ask at the same time, and those who send the keys of two."""
    text = file_of(STALE).replace("http://127.0.0.1:1", api.url).replace("authorizer = {}", "keys = {}")
    for way in ("header", "inside"):  # keys have no such claims
        text = text.replace(WAYS[way], WAYS["path"])
    (tmp_path / "fanin.toml").write_text(text)
    api.missing, api.down = set(), False
    environment = {"FANIN_CONFIG": str(tmp_path / "fanin.toml"), "FANIN_KEYS": f"file:{tmp_path / 'keys.json'}"}
    environment |= {"FANIN_ALLOW": "127.0.0.0/8:*", "FANIN_THREADS": "on"}
    with uvicorn("gateway", "app:app", {**os.environ, **environment}) as url, ThreadPoolExecutor(12) as threads:
        for prefix in ("", "/threads"):
            ask = over_http(url, prefix)

            def one(asked: tuple[str, str], ask: Any = ask) -> tuple[int, str | None]:
                way, who = asked
                reply = ask(Question(f"/{way}", headers={"X-Api-Key": keys[who].text}))
                return reply.status, whose(reply.content.decode())

            asked = [(way, who) for _ in range(3) for way in WAYS for who in CALLERS]
            assert list(threads.map(one, asked)) == [(200, who) for _, who in asked]
        two = [("X-Api-Key", keys["ada"].text), ("X-Api-Key", keys["bob"].text)]
        for prefix in ("", "/threads"):
            for pair in (two, two[::-1]):
                assert raw_status(url, f"{prefix}/path", pair) == 401


def raw_status(url: str, path: str, headers: list[tuple[str, str]]) -> int:
    """Ask with a header that comes several times."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        connection.putrequest("GET", path)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


def test_these_tests_find_a_cache_that_does_not_know_who_asks(
    handlers: Mapping[str, Handler], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fanin.policies.cache.policy.key_of", lambda call: f"{call.source.name}#same")
    get = getting(handlers["gateway"], "", payload_2)
    assert {get("/path", who).who for who in ("zoe", "yan")} == {"zoe"}
