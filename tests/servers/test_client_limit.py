"""Clients are told apart under servers, where headers may lie: FastAPI under Uvicorn, Django under Gunicorn (WSGI)."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.contract.ask import Question, over_http
from tests.servers.servers import gunicorn, uvicorn

FILE = """
fanin = 1
[sources.thing]
value = 7
[endpoints.thing]
path = "/thing"
sources = ["thing"]
client_limit = { calls = 2, per = "1h" }
"""
NOBODY = "192.0.2.99"
"""Where no proxy is: of itself, Uvicorn believes whoever is on its own machine, as the tests are."""

type Start = Callable[[Mapping[str, str]], AbstractContextManager[str]]
SERVERS: Mapping[str, tuple[Start, Sequence[str]]] = {
    "uvicorn": (lambda environment: uvicorn("gateway", "app:app", environment), ("", "/threads")),
    "gunicorn": (
        lambda environment: gunicorn("django", "wsgi", environment, "--threads", "4"),
        ("/django", "/django/async"),
    ),
}


def statuses(url: str, prefixes: Sequence[str], *forwarded: str) -> list[int]:
    """Ask, by one execution model after another, with these headers."""
    asks = [over_http(url, prefix) for prefix in prefixes]
    return [
        asks[number % len(asks)](Question("/thing", headers={"X-Forwarded-For": text})).status
        for number, text in enumerate(forwarded)
    ]


@pytest.mark.parametrize("server", SERVERS)
def test_header_of_a_client_is_not_believed(server: str, tmp_path: Path) -> None:
    start, prefixes = SERVERS[server]
    file = tmp_path / "fanin.toml"
    file.write_text(FILE)
    environment = {**os.environ, "FANIN_CONFIG": str(file), "FANIN_THREADS": "on", "FORWARDED_ALLOW_IPS": NOBODY}
    with start(environment) as url:
        assert statuses(url, prefixes, "203.0.113.1", "203.0.113.2", "203.0.113.3", "") == [200, 200, 429, 429]
    with start({**environment, "FANIN_PROXIES": "1"}) as url:
        lies = [f"203.0.113.{number}, 192.0.2.1" for number in range(4)]
        assert statuses(url, prefixes, *lies) == [200, 200, 429, 429]
        assert statuses(url, prefixes, "192.0.2.1", "203.0.113.1, 192.0.2.2") == [429, 200]
    with start({**environment, "FANIN_PROXIES": "127.0.0.0/8 10.0.0.0/8"}) as url:
        lies = [f"203.0.113.{number}, 192.0.2.1, 10.0.0.{number}" for number in range(4)]
        assert statuses(url, prefixes, *lies) == [200, 200, 429, 429]
        assert statuses(url, prefixes, "192.0.2.1", "192.0.2.1, 192.0.2.2") == [429, 200]
