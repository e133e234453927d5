"""A function that starts while its table drops, hangs, delays, throttles or garbles: its first clients have answers."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fanin.compose.gateway import gateway
from tests.contract.own.upstream import Gives, Upstreams
from tests.functions import asgi
from tests.stores.faulty import served
from tests.unit.lambda_events import FakeContext, payload_2

FILE = """
fanin = 1
[variables]
api = "https://api.example"
[sources.place]
url = "{$api}/places/{name}"
private = true
timeout = "2s"
cache = { fresh = "1h", stale = "1h" }
rate_limit = { calls = 100, per = "1m", shared = true }
[endpoints.place]
path = "/place/{name}"
sources = ["place"]
required = ["place"]
client_limit = { calls = 100, per = "1m", by = "address" }
"""
HOWS: dict[str, tuple[int, bytes, float] | None] = {
    "drops": None,
    "hangs": (200, b"{}", 60.0),
    "delays": (200, b"{}", 0.6),
    "throttles": (400, b'{"__type": "ProvisionedThroughputExceededException"}', 0.0),
    "garbles": (200, b"<html>", 0.0),
}
"""What the table answers, and after how many seconds; None if nobody listens."""
AWS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
    "FANIN_TABLE": "t",
    "FANIN_QUEUE": "https://sqs.example/q",
    "FANIN_ALLOW": "127.0.0.0/8:*",
}


@contextmanager
def table(how: str) -> Iterator[tuple[str, list[int]]]:
    """Give where the table is, and how often it has been asked, once that is over."""
    asked: list[int] = []
    answer = HOWS[how]
    if answer is None:
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            yield f"http://127.0.0.1:{nobody.getsockname()[1]}", asked
        return
    with served(*answer) as server:
        yield server.url, asked
        asked.append(server.asked)


@pytest.mark.parametrize("how", HOWS)
def test_the_first_clients_have_their_answers_and_the_table_is_left_alone(how: str, tmp_path: Path) -> None:
    """Each kind of store of the function meets the fault once: the cache, the shared rate, and the clients' counts."""
    (tmp_path / "fanin.toml").write_text(FILE)
    with Upstreams().running() as upstreams, table(how) as (url, asked):
        upstreams.play({f"GET /places/{name}": Gives({"at": name}) for name in ("Lisbon", "Porto", "Faro")})
        environment = {**AWS, **upstreams.variables, "AWS_ENDPOINT_URL": url}
        with asgi(gateway(tmp_path, environment)) as handler:
            for name in ("Lisbon", "Porto", "Faro", "Lisbon"):
                answer: dict[str, Any] = handler(payload_2(f"/place/{name}"), FakeContext())
                assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"place": {"at": name}})
                assert answer["headers"]["fanin-complete"] == "?1"
        assert len(upstreams.asked) == 3
    assert sum(asked) <= 3
