"""What the environment says of proxies and passwords counts for nothing, and no cookie is kept for the next call."""

from collections.abc import Iterator

import pytest

from tests.contract.ask import Ask, Question
from tests.faults.process import serving
from tests.faults.recorder import Recorder

FUNCTIONS = ("gateway", "threads", "sync", "sync-threads")
COOKIES = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/; Max-Age=9999\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\n{}"
TOML = """
[sources.plain]
url = "http://127.0.0.1:{port}/plain"
[sources.secure]
url = "https://127.0.0.1:{port}/secure"
timeout = "200ms"
[endpoints.plain]
path = "/plain"
sources = ["plain"]
[endpoints.secure]
path = "/secure"
sources = ["secure"]
"""
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


@pytest.fixture(scope="module")
def upstream() -> Iterator[Recorder]:
    """Set cookies with every answer."""
    with Recorder(lambda _: COOKIES) as running:
        yield running


@pytest.fixture(scope="module")
def proxy() -> Iterator[Recorder]:
    """Write down what comes to a proxy."""
    with Recorder() as running:
        yield running


@pytest.fixture(scope="module")
def functions(
    upstream: Recorder, proxy: Recorder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Ask]]:
    """Serve from an environment with a proxy for everything, and a password for every host."""
    folder = tmp_path_factory.mktemp("environment")
    netrc = folder / "netrc"
    netrc.write_text("default login user password hunter2\nmachine 127.0.0.1 login user password hunter2\n")
    netrc.chmod(0o600)
    with pytest.MonkeyPatch.context() as patch:
        for name in PROXIES:
            patch.setenv(name, f"http://user:hunter2@127.0.0.1:{proxy.port}")
        patch.setenv("NETRC", str(netrc))
        patch.setenv("HOME", str(folder))
        (folder / ".netrc").write_bytes(netrc.read_bytes())
        (folder / ".netrc").chmod(0o600)
        patch.delenv("NO_PROXY", raising=False)
        patch.delenv("no_proxy", raising=False)
        with serving(TOML.format(port=upstream.port), folder) as served:
            yield served


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_cookie_is_never_sent_back(functions: dict[str, Ask], upstream: Recorder, function: str) -> None:
    """Neither by the request that follows nor by another client's."""
    upstream.requests.clear()
    for _ in range(3):
        assert functions[function](Question("/plain", headers={"cookie": "c=3"})).status == 200
    assert len(upstream.requests) == 3
    assert not any(b"cookie" in request.lower() for request in upstream.requests)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_proxies_and_passwords_of_the_environment_are_not_used(
    functions: dict[str, Ask], upstream: Recorder, proxy: Recorder, function: str
) -> None:
    """A proxy would look names up by itself, and so reach what the guard refuses."""
    upstream.requests.clear()
    assert functions[function](Question("/plain")).status == 200
    functions[function](Question("/secure"))  # the upstream speaks no TLS; a proxy would be asked to CONNECT
    (request,) = upstream.requests
    assert request.startswith(b"GET /plain HTTP/1.1\r\n")
    assert b"authorization" not in request.lower()
    assert not proxy.requests
