"""An issuer whose certificate is of an authority of one's own, in each execution model."""

import os
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import trustme

from fanin.testing.issuer import DISCOVERY, KEYS, Issuer
from tests.contract.ask import Ask, Question
from tests.contract.models import here
from tests.functions import functions

AUDIENCE = "https://api.example.com"
CALLERS = """
[callers.{name}]
jwt = {{ issuer = "{issuer}", audience = "{audience}", {keys} }}
[endpoints.{name}]
path = "/{name}"
sources = ["who"]
caller = "{name}"
"""
TABLES = {
    "own": 'private = true, tls = { ca = "certificates/ca.pem" }',
    "other": 'private = true, tls = { ca = "certificates/other.pem" }',
    "trusted": "private = true",
}
"""What a table of callers says besides: of the three, the first reaches the issuer."""


@dataclass(frozen=True)
class Scene:
    """The functions over an issuer of HTTPS.

    Args:
        asks: the way to ask each execution model.
        issuer: the issuer.
    """

    asks: dict[str, Ask]
    issuer: Issuer


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("issuer")
    authority, other = trustme.CA(), trustme.CA()
    (folder / "certificates").mkdir()
    authority.cert_pem.write_to_path(str(folder / "certificates/ca.pem"))
    other.cert_pem.write_to_path(str(folder / "certificates/other.pem"))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    issuer = Issuer()
    with issuer.serving(tls) as url:
        text = 'fanin = 1\n[sources.who]\ncompute = "caller.sub"\n'
        for name, keys in TABLES.items():
            text += CALLERS.format(name=name, issuer=url, audience=AUDIENCE, keys=keys)
        (folder / "fanin.toml").write_text(text)
        given = {"FANIN_CONFIG": str(folder / "fanin.toml"), "FANIN_ALLOW": "127.0.0.0/8:*"}
        with functions({**os.environ, **given}) as served:
            yield Scene(here(served), issuer)


def ask(scene: Scene, model: str, name: str) -> tuple[int, object]:
    token = scene.issuer.token({"sub": "ada"}, audience=AUDIENCE)
    reply = scene.asks[model](Question(f"/{name}", headers={"authorization": f"Bearer {token}"}))
    return reply.status, reply.body.get("who")


def test_keys_come_from_an_issuer_whose_authority_the_file_names(scene: Scene, model: str) -> None:
    assert scene.issuer.url.startswith("https://")
    assert ask(scene, model, "own") == (200, "ada")
    assert {*scene.issuer.asked} == {DISCOVERY, KEYS}


@pytest.mark.parametrize("name", ["other", "trusted"])
def test_no_keys_come_from_one_that_the_authorities_of_the_file_do_not_vouch_for(
    scene: Scene, model: str, name: str
) -> None:
    """Neither over the connection that callers with the right authority have kept, nor over one of its own."""
    assert ask(scene, model, "own") == (200, "ada")
    before = list(scene.issuer.asked)
    assert ask(scene, model, name) == (503, None)
    assert scene.issuer.asked == before
