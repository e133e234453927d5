"""The roots of a bundle, one by one: OpenSSL finds each, and trusts no others."""

import ssl
from pathlib import Path

import certifi
import pytest
import trustme

from fanin.local.sam.roots import hashed
from fanin.sources import tls

HOST = "a.example"


def handshake(client: ssl.SSLContext, authority: trustme.CA) -> None:
    """Shake hands in memory with a server whose certificate an authority issued."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(server)
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=HOST),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[trustme.CA]]:
    """Give a bundle with two roots of one name, and their authorities."""
    folder = tmp_path_factory.mktemp("python")
    authorities = [trustme.CA(organization_name="One", organization_unit_name="Name") for _ in range(2)]
    (folder / "certifi").mkdir()
    pems = b"# a comment\n\n".join(authority.cert_pem.bytes() for authority in authorities)
    assert hashed(pems, folder / tls.HASHED_ROOTS) == 2
    assert {file.suffix for file in (folder / tls.HASHED_ROOTS).iterdir()} == {".0", ".1"}
    return folder, authorities


def test_a_server_of_any_root_is_trusted_and_no_other_is(
    bundle: tuple[Path, list[trustme.CA]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, authorities = bundle
    monkeypatch.setattr(certifi, "where", lambda: str(folder / "certifi/cacert.pem"))
    context = tls.tls_context()
    assert context.cert_store_stats()["x509_ca"] == 0
    for authority in authorities:
        handshake(context, authority)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(tls.tls_context(), trustme.CA())


def test_every_root_of_certifi_has_its_file(tmp_path: Path) -> None:
    pem = Path(certifi.where()).read_bytes()
    assert hashed(pem, tmp_path) == len(list(tmp_path.iterdir())) == pem.count(b"BEGIN CERTIFICATE")


def test_outside_a_bundle_all_roots_are_read() -> None:
    assert tls.tls_context().cert_store_stats()["x509_ca"] > 100
