"""One server for each composition."""

from collections.abc import Iterator

import pytest

from fanin.local.layout import ROOT
from fanin.local.upstream.process import Upstream
from server.composition import COMPOSITIONS
from tests.contract.ask import Ask
from tests.contract.models import served, warmed
from tests.server.serving import Admin, serving
from tests.servers.servers import environment


@pytest.fixture(scope="session", params=COMPOSITIONS)
def url(request: pytest.FixtureRequest, upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve each composition in turn."""
    upstream.reset()
    with serving(tmp_path_factory.mktemp(request.param), environment(upstream), request.param) as running:
        yield running


APP = "https://app.example.com"
"""The origin that `open_url` lets in."""


@pytest.fixture(scope="session", params=COMPOSITIONS)
def open_url(
    request: pytest.FixtureRequest, upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Serve each composition in turn, open to an origin and to more hosts than loopback's."""
    folder = tmp_path_factory.mktemp(f"open-{request.param}")
    cors = f'\n[cors]\norigins = ["{APP}"]\ncredentials = true\n'
    (folder / "fanin.toml").write_text((ROOT / "fanin.toml").read_text() + cors)
    given = {"FANIN_CONFIG": str(folder / "fanin.toml"), "FANIN_HOSTS": "fanin.example .corp.example"}
    upstream.reset()
    with serving(folder, environment(upstream) | given, request.param) as running:
        yield running


@pytest.fixture(scope="session")
def functions(url: str) -> dict[str, Ask]:
    """Give the way to ask each execution model that the process has."""
    return warmed(served(url, "gateway", "django"))


@pytest.fixture(scope="session")
def mark(url: str) -> str:
    """Give what tells this server's requests from any other's in a database."""
    return f"by={url.rpartition(':')[2]}"


@pytest.fixture(scope="session")
def admin(url: str) -> Admin:
    """Sign in."""
    return Admin(url)
