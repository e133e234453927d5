"""A cold start makes what its first answer needs: of a file with one source, little; of a file with more, that too."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fanin.config import frozen
from fanin.local.layout import ROOT
from fanin.local.sam import freezing

FILE = """fanin = 1
[sources.a]
url = "http://127.0.0.1:{port}/{id}"
{lines}
[endpoints.e]
path = "/e/{id}"
sources = ["a"]
"""
PROGRAM = """
import json, sys
from pathlib import Path
from types import SimpleNamespace
from fanin.compose.init_phase import ended
import fanin.config.frozen
fanin.config.frozen.__file__ = sys.argv[1]
from fanin.compose.gateway import gateway
from fanin.entrypoints.aws_lambda.asgi import asgi_handler
handler = ended(asgi_handler(gateway(Path(sys.argv[2]), {"FANIN_ALLOW": "127.0.0.0/8:*"})))
context = SimpleNamespace(aws_request_id="1", get_remaining_time_in_millis=lambda: 20_000)
answer = handler(json.loads(sys.argv[3]), context)
assert answer["statusCode"] == 200, answer
import fastapi.openapi.models, pydantic
from fanin.config.late_pattern import LatePattern
assert not fastapi.openapi.models.OpenAPI.__pydantic_complete__
assert type("Own", (pydantic.BaseModel,), {}).__pydantic_complete__
held = [(f"{module.__name__}.{name}", value) for module in [*sys.modules.values()]
        for name, value in getattr(module, "__dict__", {}).items() if module.__name__.startswith("fanin.")]
classes = [value for _, value in held if isinstance(value, type) and "__dataclass_params__" in vars(value)]
print(json.dumps({
    "modules": [*sys.modules],
    "frozen": [f"{made.__module__}.{made.__name__}" for made in classes
               if made.__dataclass_params__.frozen and made.__module__.startswith("fanin.")],
    "compiled": [name for name, value in held if isinstance(value, LatePattern) and "compiled" in vars(value)],
}))
"""
FROZEN = {
    "fanin.errors.FailedItems": "errors know nothing of the package",
    "fanin.contract.cors.CorsPolicy": "keeps what it works out, which slots do not",
    "fanin.entrypoints.aws_lambda.handler.Observability": "stands as a default",
}
"""Dataclasses that are frozen at run time, which nearly doubles what a class takes to make; and why."""
READING = ("tomllib", "difflib", *(f"fanin.config.{name}" for name in ("reading", "check", "files", "locate", "parts")))
OTHERS = (
    *("fanin.aws", "fanin.jobs", "fanin.worker", "fanin.callers", "fanin.credentials.authentication"),
    *("fanin.credentials.auth", "fanin.credentials.secrets.places", "fanin.compose.jobs_parts", "fanin.compose.stores"),
    *("fanin.config.auth", "fanin.config.tls", "fanin.config.policies", "fanin.config.client_limit"),
    *(f"fanin.config.kinds.{kind}" for kind in ("compute", "first_of", "sql", "upstream", "value", "register")),
    *("fanin.config.callers", "fanin.config.databases", "fanin.config.expressions.expression", "jmespath"),
    *(
        f"fanin.policies.{name}"
        for name in ("breaker", "budget", "cache", "fallback", "hedge", "pages", "retry", "turns")
    ),
    *("fanin.stores.lru", "fanin.stores.table", "fanin.engine.execution.threaded", "fanin.sources.http.blocking"),
    *("fanin.local", "fanin.cli", "fanin.testing", "requests", "urllib3", "httpcore", "h11", "boto3"),
    *("jsonschema_rs", "cryptography", "asyncpg", "psycopg", "django"),
)
"""What an endpoint with one GET does without."""


@pytest.fixture
def port() -> Iterator[int]:
    """Give the port of an API that answers one request."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]")
            connection.close()

        answering = threading.Thread(target=serve, daemon=True)
        answering.start()
        yield server.getsockname()[1]
        answering.join(30)


@pytest.mark.parametrize(
    ("lines", "imported"),
    [
        ("", set[str]()),
        ('pick = "@"', {"fanin.config.expressions.expression", "jmespath"}),
        ('retry = {}\ncache = { fresh = "1s" }', {"fanin.policies.retry", "fanin.policies.cache"}),
        ('auth = { header = { name = "A", value = "a" } }', {"fanin.credentials.auth", "fanin.config.auth"}),
        ("# read", {"fanin.config.reading", "fanin.config.kinds.register", "tomllib"}),
    ],
    ids=["one GET", "pick", "policies", "auth", "not frozen"],
)
def test_the_first_answer_imports_what_the_file_has(tmp_path: Path, port: int, lines: str, imported: set[str]) -> None:
    (tmp_path / "fanin.toml").write_text(FILE.replace("{port}", str(port)).replace("{lines}", lines))
    (tmp_path / frozen.STAMP).write_text(freezing.stamp())
    if lines != "# read":
        freezing.freeze(tmp_path)
    event = json.loads((ROOT / "tests/events/events/gateway/http-api-get.json").read_text())
    event["rawPath"] = event["requestContext"]["http"]["path"] = "/e/1"
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "frozen.py"), str(tmp_path), json.dumps(event)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout.splitlines()[-1])
    found = {*READING, *OTHERS} & set(told["modules"])
    assert found >= imported
    assert found == imported or lines
    assert set(told["frozen"]) <= FROZEN.keys() or lines
    assert not told["compiled"] or lines
