"""TLS to PostgreSQL: the certificate and the name are verified, in both drivers, whatever address is connected to."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import trustme

from fanin.config import Config, load
from fanin.errors import SourceTooLarge, SourceUnavailable
from fanin.local.postgresql import Server
from tests.slow import postgresql
from tests.slow.test_databases_in_trouble import InThreads, OnLoop

FILE = """
fanin = 1
[databases.db]
url = "{url}"
{keys}
[sources.one]
database = "db"
sql = "select ssl as one from pg_stat_ssl where pid = pg_backend_pid()"
rows = "one"
[sources.field]
database = "db"
sql = "select repeat('x', 50000000) as x"
[endpoints.one]
path = "/one"
sources = ["one", "field"]
"""


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve `localhost`, and no address by its number."""
    with postgresql.server() as started:
        started.stop()
        certificate = authority.issue_cert("localhost")
        key = tmp_path_factory.mktemp("tls") / "key.pem"
        certificate.private_key_pem.write_to_path(key)
        chain = key.with_name("cert.pem")
        certificate.cert_chain_pems[0].write_to_path(chain)
        started.trust(chain, key)
        started.start(ssl="on", ssl_cert_file="server.crt", ssl_key_file="server.key")
        yield started


@pytest.fixture(params=[OnLoop, InThreads])
def ways(request: pytest.FixtureRequest) -> type[OnLoop | InThreads]:
    way: type[OnLoop | InThreads] = request.param
    return way


def configured(folder: Path, url: str, authority: trustme.CA, keys: str = 'tls = { ca = "ca.pem" }') -> Config:
    authority.cert_pem.write_to_path(folder / "ca.pem")
    (folder / "fanin.toml").write_text(FILE.format(url=url, keys=keys))
    return load(folder / "fanin.toml", {})


def test_a_server_whose_certificate_is_trusted_is_asked_over_tls(
    ways: type[OnLoop | InThreads], server: Server, authority: trustme.CA, tmp_path: Path
) -> None:
    """By its name, though the connection goes to the address that was checked; what it sends is bounded there, too."""
    url = server.url.replace("127.0.0.1", "localhost")
    allow = "127.0.0.0/8:* [::1/128]:*"
    with closing(ways(configured(tmp_path, url, authority), allow)) as ask:
        assert ask("one") == {"one": True}
        with pytest.raises(SourceTooLarge):
            ask("field", within=30.0)
        assert ask("one") == {"one": True}


@pytest.mark.parametrize("case", ["another name", "another authority", "public roots"])
def test_another_certificate_is_refused(
    case: str, ways: type[OnLoop | InThreads], server: Server, authority: trustme.CA, tmp_path: Path
) -> None:
    url = server.url if case == "another name" else server.url.replace("127.0.0.1", "localhost")
    trusted = trustme.CA() if case == "another authority" else authority
    keys = "" if case == "public roots" else 'tls = { ca = "ca.pem" }'
    allow = "127.0.0.0/8:* [::1/128]:*"
    with closing(ways(configured(tmp_path, url, trusted, keys), allow)) as ask, pytest.raises(SourceUnavailable):
        ask("one")


def test_a_server_without_tls_is_refused(ways: type[OnLoop | InThreads], authority: trustme.CA, tmp_path: Path) -> None:
    with postgresql.server() as plain:
        url = plain.url.replace("127.0.0.1", "localhost")
        allow = "127.0.0.0/8:* [::1/128]:*"
        with closing(ways(configured(tmp_path, url, authority), allow)) as ask, pytest.raises(SourceUnavailable):
            ask("one")
