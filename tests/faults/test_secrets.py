"""Two hundred secrets, planted in every place that can hold one, over every way in which a call can fail.

None is in a body, a header, a line of the log, a problem, a repr, a trace, a traceback, or what the tool prints.
"""

import base64
import json
import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fanin.cli import app
from fanin.cli.asking import Means, Model, ask
from fanin.config import load
from fanin.engine.catalogue import ClientRequest
from fanin.sources.address import AddressGuard
from tests.contract.ask import Ask, Question
from tests.faults.faults import BY_PATH, BY_PORT
from tests.faults.process import LOOPBACK, FaultServer, serving
from tests.faults.recorder import Recorder

COUNT = 200
AT_ONCE = 40
"""Sources of one endpoint."""
TIMEOUT = "300ms"
OWN_KEY = "Zx999q/own+key=of the function"
PLANTED = re.compile(r"Zx\d{3}q")
"""What every secret begins with, and every encoding but base64 leaves as it is."""

HEADERS = [
    'auth = {{ bearer = "{{!{0}}}" }}',
    'auth = {{ header = {{ name = "X-Api-Key", value = "Key {{!{0}}}" }} }}',
    'auth = {{ basic = {{ user = "user", password = "{{!{0}}}" }} }}',
    'headers = {{ X-Key = "{{!{0}}}" }}',
    'method = "POST"\nbody = {{ key = "{{!{0}}}", text = "with {{!{0}}}" }}',
    'method = "POST"\nheaders = {{ X-Key = "<{{!{0}}}>" }}\nbody = ["{{!{0}}}"]\nauth = {{ bearer = "{{!{0}}}" }}',
    'auth = {{ sigv4 = {{}} }}\nheaders = {{ X-Key = "{{!{0}}}" }}',
]
"""Places that leave a URL as it is."""
TOKENS = (
    'auth = {{ oauth2 = {{ token_url = "{1}", client_id = "id", client_secret = "{{!{0}}}", client_auth = "{2}" }} }}'
)

ECHOES = [
    "200 OK",
    "200 OK\r\nContent-Encoding: br",
    "200 OK\r\nContent-Encoding: gzip",
    "200 {request}",
    "302 Found\r\nLocation: http://localhost/?{request}",
    "302 Found\r\nLocation: {request}",
    "304 Not Modified",
    "400 Bad Request",
    "401 Unauthorized\r\nWWW-Authenticate: Bearer realm={request}",
    "403 {request}",
    "404 Not Found",
    "407 Proxy Authentication Required",
    "408 Request Timeout",
    "410 Gone",
    "418 {request}",
    "429 Too Many Requests\r\nRetry-After: {request}",
    "500 Internal Server Error",
    "503 {request}\r\nRetry-After: {request}",
    "599 {request}",
    "{request}",
]
"""Status lines, and headers, of an upstream that repeats what it was sent: in them, and in its body."""


def value(number: int) -> str:
    """Give a secret with all that encodings change."""
    return f'Zx{number:03}q/"\\+&=~%41 {{é}}'.replace("é", "!") + str(number)


@dataclass(frozen=True)
class Planted:
    """Where the secrets are, and what they must not be found in."""

    toml: str
    environment: Mapping[str, str]

    def assert_nothing_in(self, text: str) -> None:
        assert text
        assert not (found := PLANTED.search(text)), f"…{text[max(0, found.start() - 200) : found.end() + 50]}…"
        for form in self.in_base64:
            assert form not in text

    @property
    def in_base64(self) -> list[str]:
        values = [value(number) for number in range(COUNT)]
        texts = [*values, *(f"user:{each}" for each in values)]
        return [base64.b64encode(text.encode()).decode().rstrip("=") for text in texts]


def echo(request: bytes) -> bytes:
    """Answer with the request."""
    found = re.search(rb"/echo/(\d+)", request)
    assert found
    status = ECHOES[int(found[1])]
    line = " ".join(request.decode().split())
    head = f"HTTP/1.1 {status.replace('{request}', line[:2000])}\r\n"
    return f"{head}X-Request: {line[:2000]}\r\nContent-Length: {len(request)}\r\n\r\n".encode() + request


@pytest.fixture(scope="module")
def planted(faults: FaultServer) -> Iterator[Planted]:
    """Plant the secrets."""
    with Recorder(echo) as echoing:
        by_path = [("path", faults.url("answers", name)) for name in BY_PATH]
        by_port = [("url", faults.url(name)) for name in BY_PORT]
        repeated = [("url", f"http://127.0.0.1:{echoing.port}/echo/{number}") for number in range(len(ECHOES))]
        urls = [*repeated, *by_port, *by_path, *repeated, *repeated][:COUNT]
        lines = [_source(number, kind, url) for number, (kind, url) in enumerate(urls)]
        for first in range(0, COUNT, AT_ONCE):
            names = [f"s{number}" for number in range(first, first + AT_ONCE)]
            lines.append(f'[endpoints.e{first}]\npath = "/e{first}"\nsources = {json.dumps(names)}')
        environment = {f"FANIN_SECRET_K{number}": value(number) for number in range(COUNT)}
        environment |= {"FANIN_ALLOW": LOOPBACK, "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": OWN_KEY}
        environment |= {"AWS_REGION": "eu-west-1", "FANIN_LOG_LEVEL": "DEBUG", "FANIN_METRICS": "true"}
        yield Planted("\n".join(lines), environment)


def _source(number: int, kind: str, url: str) -> str:
    secret = f"k{number}"
    places = [*HEADERS, TOKENS]
    place = places[number % len(places)].format(secret, url, ("basic", "body")[number % 2])
    if kind == "url":
        url += ("", f"/{{!{secret}}}", f"/?appid={{!{secret}}}&q=1")[number % 3]
    redirects = 0 if "POST" in place or "sigv4" in place else 1
    return f'[sources.s{number}]\nurl = "{url}"\ntimeout = "{TIMEOUT}"\nredirects = {redirects}\n{place}'


@pytest.mark.parametrize("model", ["gateway", "sync-threads"])
def test_no_secret_is_in_an_answer_or_a_line_of_the_log(
    planted: Planted, model: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with ExitStack() as ends:
        functions = ends.enter_context(serving(planted.toml, tmp_path, planted.environment))
        came_to = ask_all(functions[model], planted)
    written = capfd.readouterr()
    assert '"reason"' in written.out, "why sources failed is in the log"
    planted.assert_nothing_in(written.out + written.err)
    assert came_to >= {"source-timeout", "source-unavailable", "secret-unavailable"}, "and more on a machine at leisure"


def ask_all(ask: Ask, planted: Planted) -> set[str]:
    """Ask every endpoint; give what sources have come to."""
    came_to: set[str] = set()
    for first in range(0, COUNT, AT_ONCE):
        reply = ask(Question(f"/e{first}"))
        problems = reply.body.get("errors") or reply.body.get("sources")
        planted.assert_nothing_in(json.dumps({"problems": problems, "headers": dict(reply.headers)}))
        came_to |= {problem["type"].rpartition("/")[2] for problem in problems.values()}
    return came_to


@pytest.mark.parametrize("model", ["gateway", "sync-threads"])
def test_no_secret_is_in_the_log_where_fanin_itself_fails(
    planted: Planted,
    model: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A fault of fanin's own, whose text has all that a call was made with."""

    def fail(*arguments: object, **_: object) -> None:
        raise RuntimeError(repr(arguments))

    monkeypatch.setattr("fanin.sources.http.loop.client.exchange", fail)
    monkeypatch.setattr("fanin.sources.http.blocking_fetch.exchange", fail)
    with serving(planted.toml, tmp_path, planted.environment) as functions:
        for first in range(0, COUNT, AT_ONCE):
            reply = functions[model](Question(f"/e{first}"))
            assert reply.status == 500
            planted.assert_nothing_in(reply.content.decode() + json.dumps(dict(reply.headers)))
    written = capfd.readouterr().out
    assert "RuntimeError" in written
    planted.assert_nothing_in(written)


@pytest.mark.parametrize("model", Model)
def test_no_secret_is_in_a_repr_a_trace_or_a_traceback(planted: Planted, model: Model, tmp_path: Path) -> None:
    file = tmp_path / "fanin.toml"
    file.write_text(f"fanin = 1\n{planted.toml}", encoding="utf-8")
    config = load(file, planted.environment)
    means = Means.of(config, AddressGuard(LOOPBACK), planted.environment)
    endpoints = ["e160"] if model is Model.SYNC else ["e0", "e80"]
    for endpoint in endpoints:
        result = ask(config, endpoint, ClientRequest({}), model, means).result
        failures = result.failures
        planted.assert_nothing_in(repr(result.trace) + repr(failures) + repr(means) + repr(config))
        for error in failures.values():
            written = "".join(traceback.format_exception(error)) + error.reason + repr(vars(error) | {"headers": None})
            planted.assert_nothing_in(written)


def test_no_secret_is_in_what_the_tool_prints(
    planted: Planted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "fanin.toml"
    file.write_text(f"fanin = 1\n{planted.toml}", encoding="utf-8")
    for name in [name for name in planted.environment if name == "FANIN_LOG_LEVEL"]:
        monkeypatch.delenv(name, raising=False)
    for arguments in (
        ["check", "--json"],
        ["explain", "e0"],
        ["call", "e0"],
        ["call", "e160", "--model", "threads", "--json"],
    ):
        ran = CliRunner().invoke(app, [*arguments, "--file", str(file)], env=dict(planted.environment))
        assert ran.exception is None or isinstance(ran.exception, SystemExit)
        planted.assert_nothing_in(ran.output)
    logging.getLogger().handlers[:] = []
