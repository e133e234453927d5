"""[api]: what the description says of the API as a whole, and the mistakes with their repairs."""

import asyncio
import json
import re
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient

from fanin import __version__
from fanin.compose.gateway import gateway
from fanin.compose.jobs_parts import IN_MEMORY
from fanin.config import parse
from fanin.config.api import PROBLEM_TYPES
from fanin.config.finding import ConfigError, Finding
from fanin.entrypoints.aws_lambda.handler import Observability
from fanin.entrypoints.websocket.handler import live_handler
from fanin.testing import App

FILE = """fanin = 1
API
[sources.a]
value = 1

[endpoints.a]
path = "/a"
sources = ["a"]
"""


def _info(tmp_path: Path, api: str) -> Any:
    file = tmp_path / "fanin.toml"
    file.write_text(FILE.replace("API", api))
    return App(file).get("/openapi.json").body["info"]


def _findings(api: str) -> list[Finding]:
    with pytest.raises(ConfigError) as error:
        parse(FILE.replace("API", api), {})
    return list(error.value.findings)


def test_without_it_the_description_is_fanins(tmp_path: Path) -> None:
    info = _info(tmp_path, "")
    assert (info["title"], info["version"], "contact" in info) == ("fanin", __version__, False)


def test_title_version_and_contact_are_the_owners(tmp_path: Path) -> None:
    contact = 'contact = { name = "Team Shop", url = "https://shop.example/us", email = "shop@example.com" }'
    info = _info(tmp_path, f'[api]\ntitle = "Shop"\nversion = "2.1.0"\n{contact}')
    assert (info["title"], info["version"]) == ("Shop", "2.1.0")
    assert info["contact"] == {"name": "Team Shop", "url": "https://shop.example/us", "email": "shop@example.com"}


@pytest.mark.parametrize("problems", ["https://shop.example/problems/", "https://docs.shop.example/errors#"])
def test_types_of_problems_are_the_owners_in_answers_and_in_their_description(tmp_path: Path, problems: str) -> None:
    file = tmp_path / "fanin.toml"
    file.write_text(FILE.replace("API", f'[api]\nproblems = "{problems}"'))
    app = App(file)
    assert app.get("/no/such").body["type"] == f"{problems}unknown-path"
    described = app.get("/openapi.json").content.decode()
    assert f"{problems}source-timeout" in described
    assert "fanin.example" not in described


def test_two_apps_in_one_process_have_types_of_their_own(tmp_path: Path) -> None:
    """What one way in says holds for its own requests."""
    for name, api in (("ours", '[api]\nproblems = "https://shop.example/"'), ("plain", "")):
        (tmp_path / name).write_text(FILE.replace("API", api))
    ours, plain = App(tmp_path / "ours"), App(tmp_path / "plain")
    for _ in range(2):
        assert ours.get("/no/such").body["type"] == "https://shop.example/unknown-path"
        assert plain.get("/no/such").body["type"] == f"{PROBLEM_TYPES}unknown-path"


def test_jobs_and_websockets_have_them_too(tmp_path: Path) -> None:
    (tmp_path / "fanin.toml").write_text(
        FILE.replace("API", '[api]\nproblems = "https://shop.example/"').replace(
            "value = 1", 'url = "http://127.0.0.1:1/"'
        )
    )
    app = gateway(tmp_path, {"FANIN_JOBS": IN_MEMORY})
    with TestClient(app) as client:
        at = client.get("/a", headers={"Prefer": "respond-async"}).headers["location"]
        while client.get(at).json()["state"] in {"queued", "running"}:
            time.sleep(0.01)
        assert '"type":"https://shop.example/sources-failed"' in client.get(at).text
        assert '"type":"https://shop.example/address-refused"' in client.get(at).text
        assert "fanin.example" not in client.get(at).text
        with client.websocket_connect("/live") as live:
            live.send_text("no JSON")
            assert live.receive_json()["problem"]["type"].startswith("https://shop.example/")
    nothing: Any = None
    with closing(asyncio.new_event_loop()) as loop:
        handler = live_handler(nothing, Observability(), problem_types="https://shop.example/", loop=loop)
        refused = handler({}, SimpleNamespace(aws_request_id="1", get_remaining_time_in_millis=lambda: 1000))
        asyncio.set_event_loop(None)
    assert json.loads(refused["body"])["type"] == "https://shop.example/not-websocket"


@pytest.mark.parametrize(
    ("api", "rule", "key", "fix"),
    [
        ('titel = "Shop"', "unknown-key", ("api", "titel"), "Write 'title'"),
        ('contact.mail = "a@b"', "unknown-key", ("api", "contact", "mail"), "Write 'email'"),
        ('contact.email = "shop"', "bad-email", ("api", "contact", "email"), 'Write "team@example.com"'),
        ('contact.email = "a b@c"', "bad-email", ("api", "contact", "email"), 'Write "team@example.com"'),
        ('contact.url = "shop.example"', "bad-url", ("api", "contact", "url"), 'Write "https://example.com/contact"'),
        ('problems = "shop"', "bad-url", ("api", "problems"), 'Write "https://example.com/problems/"'),
        ('problems = "ftp://a.example/#"', "bad-url", ("api", "problems"), 'Write "https://example.com/problems/"'),
        ('problems = "https://a.example/p"', "bad-url", ("api", "problems"), 'Write "https://a.example/p/"'),
        ('contact.url = "ftp://a/b"', "bad-url", ("api", "contact", "url"), 'Write "https://example.com/contact"'),
    ],
)
def test_a_mistake_is_named_with_its_repair(api: str, rule: str, key: tuple[str, ...], fix: str) -> None:
    (finding,) = _findings(f"[api]\n{api}")
    assert (finding.rule, finding.key, finding.fix) == (rule, key, fix)


@pytest.mark.parametrize("api", ['title = ""', f'title = "{"x" * 201}"', 'title = "a\\nb"', "version = 2"])
def test_a_text_is_a_line_of_bounded_length(api: str) -> None:
    assert [finding.key[0] for finding in _findings(f"[api]\n{api}")] == ["api"]


def test_no_description_speaks_of_the_demo(tmp_path: Path) -> None:
    (tmp_path / "fanin.toml").write_text(FILE.replace("API", ""))
    app = gateway(tmp_path, {"FANIN_JOBS": IN_MEMORY, "FANIN_CONSOLE": "on"})
    with TestClient(app) as client:
        for path in ("/openapi.json", "/docs", "/console"):
            text = client.get(path).text
            assert not re.search(r"\b(trip|Lisbon|open.?meteo|wikipedia)\b", text, re.IGNORECASE), path
        described = client.get("/openapi.json").json()["paths"]["/jobs"]["post"]["requestBody"]
    assert described["content"]["application/json"]["example"] == {"endpoint": "a"}
