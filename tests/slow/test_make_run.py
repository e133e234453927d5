"""`make run` as a person has it: a program in a terminal, that serves, follows the files, and ends."""

import contextlib
import http.client
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from fanin.local.process import ports
from tests.contract.ask import Question, over_http
from tests.faults.recorder import Recorder
from tests.stack.conftest import local_build, processes
from tests.stack.running import DEMO_KEY, WITHIN, Run, copied
from tests.stack.waiting import waited_for

__all__ = ["local_build", "processes"]

_NEW_ENDPOINT = '\n[endpoints.place]\npath = "/place/{city}"\nsources = ["geo"]\n'
_APP, _ELSEWHERE = "https://app.example.com", "https://elsewhere.example"
_CORS = f'\n[cors]\norigins = ["{_APP}"]\n'
_MODELS = ["", "/threads", "/sync", "/django", "/django/async", "/stream"]


def _behind_a_key(port: int) -> str:
    """Write an endpoint whose source wants to know who asks."""
    source = f'[sources.members]\nurl = "http://127.0.0.1:{port}/"\nauth = {{ bearer = "{{!demo_key}}" }}'
    return f'\n{source}\n[endpoints.members]\npath = "/members"\nsources = ["members"]\n'


def _in_two_parts(port: int) -> str:
    """Write an endpoint of a source that is there at once, and of one that answers when a test lets it."""
    source = f'[sources.last]\nurl = "http://127.0.0.1:{port}/last"\ntimeout = "25s"'
    return f'\n{source}\n[endpoints.parts]\npath = "/parts"\nsources = ["credits", "last"]\ntimeout = "25s"\n'


def _answering(last: threading.Event) -> Callable[[bytes], bytes]:
    """Answer members only, and `last` once that is set."""

    def answer(request: bytes) -> bytes:
        right = f"\r\nAuthorization: Bearer {DEMO_KEY}\r\n".encode() in request
        status = "200 OK" if right or (request.startswith(b"GET /last") and last.wait(WITHIN)) else "401 Unauthorized"
        return f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\n{{}}".encode()

    return answer


def _allowed(port: int, path: str, origin: str) -> str | None:
    """Ask whether a page may ask; gives the origin that is admitted."""
    headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    reply = over_http(f"http://{ports.LOOPBACK}:{port}", "")(Question(path, method="OPTIONS", headers=headers))
    assert reply.status == 204, reply.content
    return reply.headers.get("access-control-allow-origin")


def _handshake(port: int, origin: str) -> int:
    """Ask for a WebSocket from a page; gives the status."""
    address = f"ws://{ports.LOOPBACK}:{port}/live"
    try:
        with connect(address, additional_headers={"Origin": origin}, open_timeout=WITHIN):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def _first_record_comes_before_the_last(port: int, last: threading.Event) -> bool:
    """Ask for a stream of two parts, the last of which is there once the first has been read."""
    connection = http.client.HTTPConnection(ports.LOOPBACK, port, timeout=WITHIN)
    with contextlib.closing(connection):
        connection.request("GET", "/stream/parts", headers={"Accept": "application/x-ndjson"})
        answer = connection.getresponse()
        first = answer.read1()
        last.set()
        return b'"source":"credits"' in first and b'"type":"complete"' in answer.read()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of what a stack is made from."""
    return copied(tmp_path)


@pytest.fixture
def built(repository: Path, local_build: Path) -> Path:
    """The copy, already built."""
    shutil.copytree(local_build, repository / "build" / local_build.name)
    shutil.copy(local_build.with_suffix(".built"), repository / "build")
    return repository


@pytest.fixture
def run(built: Path) -> Iterator[Run]:
    running = Run(built, ports.free())
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()


def test_it_serves_follows_the_files_and_ends(run: Run) -> None:
    run.wait_until(lambda: "Ctrl-C ends everything" in run.said)
    assert " ms  rates\n" in run.said
    deployed = run.said.count("deploying")
    assert run.status("/trip/Lisbon") == run.status("/sync/trip/Lisbon") == 200
    assert "curl -N -H 'Accept: application/x-ndjson'" in run.said

    configuration = run.repository / "fanin.toml"
    before = configuration.read_text()
    configuration.write_text(before + _NEW_ENDPOINT.replace("geo", "goe"))
    run.wait_until(lambda: "there is no source 'goe'" in run.said and "The old version goes on serving." in run.said)
    assert run.status("/place/Lisbon") == 404
    assert run.status("/trip/Lisbon") == 200

    # As editors save: another file takes the old one's place.
    new = run.repository / "fanin.toml.new"
    last = threading.Event()
    with Recorder(_answering(last)) as sources:
        more = _NEW_ENDPOINT + _behind_a_key(sources.port) + _in_two_parts(sources.port) + _CORS
        new.write_text(before + more)
        new.replace(configuration)
        # The functions are exchanged one after another.
        run.wait_until(lambda: all(run.status(f"{model}/place/Lisbon") == 200 for model in _MODELS))
        assert {model: run.status(f"{model}/members") for model in _MODELS} == dict.fromkeys(_MODELS, 200)
        assert _first_record_comes_before_the_last(run.port, last)
    assert DEMO_KEY not in run.said
    assert {model: _allowed(run.port, f"{model}/place/Lisbon", _APP) for model in _MODELS} == dict.fromkeys(
        _MODELS, _APP
    )
    assert _allowed(run.port, "/place/Lisbon", _ELSEWHERE) is None
    run.wait_until(lambda: _handshake(run.port, _ELSEWHERE) == 403)
    assert _handshake(run.port, _APP) == 101

    package = run.repository / "src/fanin/__init__.py"
    package.write_text(package.read_text() + 'raise RuntimeError("not like this")\n')
    run.wait_until(lambda: "not like this" in run.said)
    assert run.status("/health") == 200

    # What makes it quick: nothing was deployed, or built whole, for any change.
    assert run.said.count("deploying") == deployed
    assert "building" not in run.said

    # A closed terminal.
    assert run.end(signal.SIGHUP) == 0
    run.assert_nothing_is_left()


@pytest.mark.parametrize(
    ("copy", "doing", "number"),
    [
        ("repository", "building", signal.SIGINT),
        ("built", "deploying", signal.SIGTERM),
    ],
    ids=str,
)
def test_it_leaves_nothing_whatever_it_is_doing_when_it_is_told_to_end(
    copy: str, doing: str, number: signal.Signals, request: pytest.FixtureRequest
) -> None:
    run = Run(request.getfixturevalue(copy), ports.free())
    run.wait_until(lambda: doing in run.said)
    assert run.end(number) == 0
    run.assert_nothing_is_left()


def test_it_leaves_nothing_when_it_is_killed(repository: Path) -> None:
    run = Run(repository, ports.free())
    run.wait_until(lambda: "building" in run.said)
    run.end(signal.SIGKILL)
    waited_for(lambda: not run.left(), WITHIN)


def test_a_taken_port_is_told_with_a_way_out(repository: Path) -> None:
    with ports.take(0) as other:
        other.listen()
        port = other.getsockname()[1]
        run = Run(repository, port)
        assert run.process.wait(WITHIN) == 1
    assert run.said.strip() == f"Port {port} is taken. Choose another: PORT={port + 1}"


def test_a_mistake_in_fanin_toml_is_told_before_anything_is_built(repository: Path) -> None:
    configuration = repository / "fanin.toml"
    configuration.write_text(configuration.read_text() + _NEW_ENDPOINT.replace("geo", "goe"))
    run = Run(repository, ports.free())
    assert run.process.wait(WITHIN) == 1
    assert "there is no source 'goe'" in run.said
    assert "building" not in run.said
    assert "deploying" not in run.said
    run.assert_nothing_is_left()
