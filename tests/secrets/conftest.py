"""Both functions over an upstream that writes down what it is sent."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.contract.ask import Ask, Question, Reply
from tests.faults.process import LOOPBACK, serving
from tests.faults.recorder import Recorder

MODELS = ["gateway", "threads", "sync"]

type Answer = Callable[[bytes], bytes]


class Served:
    """A source `api`, and what it is sent.

    Attributes:
        environment: the functions' environment; what is put in counts at once.
        upstream: where the source is.
    """

    def __init__(self, ask: Ask, upstream: Recorder, environment: dict[str, str]) -> None:
        self._ask = ask
        self.upstream = upstream
        self.environment = environment

    def ask(self, path: str = "/get/x") -> Reply:
        return self._ask(Question(path))

    @property
    def sent(self) -> list[str]:
        """Each request as it came over the wire."""
        return [request.decode() for request in self.upstream.requests]


type Serve = Callable[..., Served]


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def serve(tmp_path: Path, model: str) -> Iterator[Serve]:
    """Serve a source, written as the lines of its table, at `/get/{item}`."""
    with ExitStack() as ends:

        def served(lines: str, answer: Answer | None = None, **secrets: str) -> Served:
            upstream = ends.enter_context(Recorder(answer) if answer else Recorder())
            environment = {"FANIN_ALLOW": LOOPBACK, "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "own-key"}
            environment |= {"AWS_REGION": "eu-west-1"}
            environment |= {f"FANIN_SECRET_{name.upper()}": value for name, value in secrets.items()}
            source = f"[sources.api]\n{lines}\n".replace("HERE", f"http://127.0.0.1:{upstream.port}")
            endpoint = '[endpoints.get]\npath = "/get/{item}"\nsources = ["api"]\n'
            functions = ends.enter_context(serving(source + endpoint, tmp_path, environment))
            return Served(functions[model], upstream, environment)

        yield served


def answered(status: str, body: str = "{}", headers: str = "") -> bytes:
    """Write an answer."""
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode()
