"""[cors]: its mistakes with their repairs, and what does not show in the answers of every execution model."""

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter
from starlette.responses import Response

from fanin.config import Config, parse
from fanin.config.finding import ConfigError, Finding
from fanin.contract.answers import Answer
from fanin.contract.cors import CorsPolicy
from fanin.entrypoints.servers import wsgi
from fanin.entrypoints.servers.asgi import Limits
from fanin.testing import App, gives

APP = "https://app.example.com"
FILE = """fanin = 1

[cors]
CORS

[sources.thing]
url = "https://thing.example/"
cache = { fresh = "5m" }

[endpoints.thing]
path = "/thing"
sources = ["thing"]
"""
SOUND = f'origins = ["{APP}"]'


def file_of(cors: str) -> str:
    return FILE.replace("CORS", cors)


def config_of(cors: str = SOUND) -> Config:
    return parse(file_of(cors), {})


def policy_of(cors: str = SOUND) -> CorsPolicy:
    policy = CorsPolicy.of(config_of(cors))
    assert policy
    return policy


def findings_of(text: str) -> tuple[Finding, ...]:
    try:
        parse(text, {})
    except ConfigError as error:
        return tuple(error.findings)
    return ()


@pytest.mark.parametrize(
    ("cors", "rule", "fix", "repaired"),
    [
        ('origins = [‸"https://app.example.com/"]', "bad-origin", f'Write "{APP}"', SOUND),
        ('origins = [‸"https://app.example.com/a/b?c"]', "bad-origin", f'Write "{APP}"', SOUND),
        ('origins = [‸"HTTPS://App.Example.com:443"]', "bad-origin", f'Write "{APP}"', SOUND),
        ('origins = [‸"app.example.com"]', "bad-origin", f'Write "{APP}"', SOUND),
        (
            'origins = [‸"localhost:3000"]',
            "bad-origin",
            '"http://localhost:3000"',
            'origins = ["http://localhost:3000"]',
        ),
        ('origins = [‸"Capacitor://localhost/"]', "bad-origin", '"capacitor://localhost"', SOUND),
        ('origins = [‸"https://user@app.example.com"]', "bad-origin", '"https://app.example.com"', SOUND),
        ('origins = [‸""]', "bad-origin", '"https://app.example.com"', SOUND),
        ('origins = [‸"https://*.example.com"]', "bad-origin", "Write each origin", SOUND),
        ('origins = [‸"null"]', "bad-origin", "Remove it", SOUND),
        (f'origins = ["{APP}", ‸"*"]', "bad-origin", 'Remove "*"', SOUND),
        (f'origins = ["{APP}", "http://a.example", "{APP}"]', "listed-twice", "List it once", SOUND),
        (f'{SOUND}\nmethods = ["GET", "GET"]', "listed-twice", "List it once", f'{SOUND}\nmethods = ["GET"]'),
        (f'{SOUND}\n‸methods = ["get"]', "bad-value", 'Write "GET"', f'{SOUND}\nmethods = ["GET"]'),
        (f'{SOUND}\nheaders = [‸"*"]', "bad-header", "Name each header", f'{SOUND}\nheaders = ["X-Tenant"]'),
        (f'{SOUND}\nheaders = [‸"Host"]', "bad-header", "Remove it", f"{SOUND}\nheaders = []"),
        (f'{SOUND}\nexpose = [‸"Set-Cookie"]', "bad-header", "Remove it", f'{SOUND}\nexpose = ["Content-Length"]'),
        (f'{SOUND}\nexpose = [‸"*"]', "bad-header", "Name each header", f'{SOUND}\nexpose = ["X-Tenant"]'),
        (f'{SOUND}\n‸headers = ["X Y"]', "bad-header", "letters", f'{SOUND}\nheaders = ["X-Y"]'),
        (
            'origins = ["*"]\ncredentials = true',
            "any-origin-with-credentials",
            "List the origins, or remove credentials",
            'origins = ["*"]',
        ),
        (f'{SOUND}\n‸max_age = "2d"', "bad-duration", 'Write "1d"', f'{SOUND}\nmax_age = "1d"'),
        ('‸origins = "https://app.example.com"', "bad-value", f'Write origins = ["{APP}"]', SOUND),
        (f'{SOUND}\n‸origin = "x"', "unknown-key", "Write 'origins'", SOUND),
        ("‸origins = []", "bad-value", "", SOUND),
        ("credentials = true", "missing-key", f'Add origins = ["{APP}"]', SOUND),
    ],
)
def test_a_mistake_has_a_finding_whose_fix_repairs_the_file(cors: str, rule: str, fix: str, repaired: str) -> None:
    broken = file_of(cors.replace("‸", ""))
    (finding,) = findings_of(broken)
    assert (finding.rule, fix in finding.fix, bool(finding.fix)) == (rule, True, True), finding
    if "‸" in cors:
        before = file_of(cors).partition("‸")[0]
        assert (finding.line, finding.column) == (before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1), finding
    assert findings_of(file_of(repaired)) == ()


def test_a_header_of_cors_is_written_by_one_of_two() -> None:
    own = 'headers = { Access-Control-Allow-Origin = "*" }'
    (finding,) = findings_of(file_of(SOUND) + own)
    assert (finding.rule, finding.fix) == ("bad-header", "Remove it, or [cors]")
    assert findings_of((file_of(SOUND) + own).replace(f"[cors]\n{SOUND}", "")) == ()


@pytest.mark.parametrize("origin", [APP, "capacitor://localhost", "http://[::1]:8000", "chrome-extension://abcdef"])
def test_an_origin_may_be_of_any_scheme(origin: str) -> None:
    policy = policy_of(f'origins = ["{origin}"]')
    assert policy.admits(origin)
    assert not policy.admits("null")
    assert policy.admits(None), "a client without an origin is no page"


@pytest.mark.parametrize(
    ("vary", "varied"),
    [
        ([], ["Origin"]),
        (["Accept"], ["Accept, Origin"]),
        (["Accept", "X-A,X-B"], ["Accept, X-A, X-B, Origin"]),
        (["origin"], ["origin"]),
        (["Accept, *"], ["Accept, *"]),
    ],
)
def test_an_answer_varies_with_the_origin_besides_what_it_varies_with(vary: list[str], varied: list[str]) -> None:
    answer = Answer(200, tuple(("vary", text) for text in vary), b"")
    headers = policy_of().answered("GET", {}, answer).headers
    assert [text for name, text in headers if name.lower() == "vary"] == varied


class TestApp:
    """A whole application."""

    @pytest.fixture
    def app(self, tmp_path: Path) -> App:
        router = APIRouter()

        @router.get("/own")
        async def own() -> Response:
            return Response(b"own", headers={"Access-Control-Allow-Origin": "https://other.example"})

        @router.options("/options")
        async def options() -> Response:
            return Response(b"mine", 200)

        @router.get("/broken")
        async def broken() -> Response:
            raise RuntimeError

        file = tmp_path / "fanin.toml"
        file.write_text(file_of(SOUND))
        return App(file, {"thing": gives({"a": 1})}, routers=[router])

    def test_an_answer_that_the_client_has_may_be_read_too(self, app: App) -> None:
        first = app.request("GET", "/thing", headers={"Origin": APP})
        again = app.request("GET", "/thing", headers={"Origin": APP, "If-None-Match": first.headers["etag"]})
        assert again.status == 304
        assert again.headers["access-control-allow-origin"] == APP
        assert again.headers["vary"] == "Accept, Origin"

    def test_what_a_handler_says_itself_stays(self, app: App) -> None:
        own = app.request("GET", "/own", headers={"Origin": APP})
        assert own.headers["access-control-allow-origin"] == "https://other.example"
        assert app.request("OPTIONS", "/options", headers={"Origin": APP}).content == b"mine"

    def test_a_fault_may_be_read(self, app: App) -> None:
        reply = app.request("GET", "/broken", headers={"Origin": APP})
        assert (reply.status, reply.headers["access-control-allow-origin"]) == (500, APP)


PREFLIGHT = {"origin": APP, "access-control-request-method": "PUT"}


def test_a_preflight_is_answered_under_an_asgi_server_without_the_body_of_the_refusal() -> None:
    """Which may come in several pieces."""
    sent: list[Any] = []

    async def refuses(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 405, "headers": [(b"Allow", b"PUT")]})
        await send({"type": "http.response.body", "body": b"ref", "more_body": True})
        await send({"type": "http.response.body", "body": b"used"})

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(name.encode(), value.encode()) for name, value in PREFLIGHT.items()]
    scope = {"type": "http", "method": "OPTIONS", "path": "/a", "query_string": b"", "headers": headers}
    asyncio.run(Limits(refuses, cors=policy_of())(scope, receive, send))
    start, *bodies = sent
    assert (start["status"], dict(start["headers"])[b"access-control-allow-methods"]) == (204, b"PUT")
    assert b"".join(body["body"] for body in bodies) == b""


def test_options_says_the_requests_id_and_nothing_else_of_the_refusal() -> None:
    refusal = (("Allow", "PUT"), ("X-Request-Id", "id"), ("Content-Type", "application/problem+json"))
    for asked in (PREFLIGHT, {}):
        answer = policy_of().answered("OPTIONS", asked, Answer(405, refusal, b"{}"))
        names = [name.lower() for name, _ in answer.headers]
        assert ("X-Request-Id", "id") in answer.headers
        assert "content-type" not in names
        assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("environ", "status", "allowed", "content"),
    [
        ({"REQUEST_METHOD": "OPTIONS", "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "PUT"}, "204 No Content", APP, b""),
        ({"REQUEST_METHOD": "OPTIONS"}, "204 No Content", APP, b""),
        ({"REQUEST_METHOD": "GET"}, "405 Wrong method", APP, b"refused"),
        ({"REQUEST_METHOD": "HEAD"}, "405 Wrong method", APP, b""),
        ({"REQUEST_METHOD": "GET", "HTTP_ORIGIN": "https://evil.example"}, "405 Wrong method", None, b"refused"),
        ({"REQUEST_METHOD": "GET", "HTTP_X": "y" * 20_000}, "431 Headers too large", APP, None),
    ],
)
def test_a_wsgi_server_is_told_the_same(
    environ: dict[str, str], status: str, allowed: str | None, content: bytes | None
) -> None:
    started: list[Any] = []

    def refuses(_: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("405 Wrong method", [("Allow", "PUT")])
        return [b"refused"]

    asked = {"PATH_INFO": "/a", "QUERY_STRING": "", "HTTP_ORIGIN": APP, **environ}
    body = b"".join(wsgi.Limits(refuses, policy_of())(asked, lambda *start: started.append(start)))
    ((line, headers),) = started
    assert (line, dict(headers).get("Access-Control-Allow-Origin")) == (status, allowed)
    assert content is None or body == content
    assert content is not None or json.loads(body)["status"] == 431
