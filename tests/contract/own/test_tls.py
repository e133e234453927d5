"""A source's own authorities and client certificate, in each execution model, with servers that look at them."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
import trustme

from tests.contract.ask import Ask, Question
from tests.contract.models import MODELS, here
from tests.contract.own.secured import Identity, SecuredServer
from tests.functions import functions

FILE = """
fanin = 1

[sources.pinned]
url = "HERE/open"
tls = { ca = "{!ca}" }

[sources.filed]
url = "HERE/open"
tls = { ca = "certificates/ca.pem" }

[sources.one]
url = "HERE/x"
tls = { ca = "{!ca}", cert = "{!one_cert}", key = "{!one_key}" }

[upstreams.internal]
url = "HERE"
tls = { ca = "certificates/ca.pem", cert = "{!two_cert}", key = "{!two_key}" }

[sources.two]
upstream = "internal"
url = "/x"

[sources.away]
url = "HERE/away"
redirects = 1
tls = { ca = "{!ca}", cert = "{!one_cert}", key = "{!one_key}" }

[sources.public]
url = "HERE/open"

[sources.other]
url = "HERE/open"
tls = { ca = "{!other_ca}" }

[sources.mixed]
url = "HERE/x"
tls = { ca = "{!ca}", cert = "{!one_cert}", key = "{!two_key}" }

[sources.garbled]
url = "HERE/x"
tls = { ca = "{!garbled}" }

[sources.missing]
url = "HERE/x"
tls = { ca = "{!nowhere}" }

[sources.of_one]
url = "HERE/open"
tls = { ca = "{!ca}", cert = "{!one_cert}", key = "{!one_key}" }
auth = { oauth2 = { token_url = "ELSEWHERE/token", client_id = "i", client_secret = "s" } }

[upstreams.bank]
url = "HERE"
tls = { ca = "certificates/ca.pem", cert = "{!two_cert}", key = "{!two_key}" }
auth = { oauth2 = { token_url = "ELSEWHERE/token", client_id = "i", client_secret = "s" } }

[sources.of_two]
upstream = "bank"
url = "/open"

[sources.of_nobody]
url = "HERE/open"
tls = { ca = "{!ca}", cert = "{!one_cert}", key = "{!one_key}" }
auth = { oauth2 = { token_url = "ELSEWHERE/token", client_id = "i", client_secret = "s", tls = "public" } }

[sources.of_mixed]
url = "HERE/open"
tls = { ca = "{!ca}", cert = "{!one_cert}", key = "{!two_key}" }
auth = { oauth2 = { token_url = "ELSEWHERE/token", client_id = "i", client_secret = "s" } }

[sources.chosen]
url = "{at}/x"
tls = { ca = "{!ca}" }

[endpoints.chosen]
path = "/chosen/{at}"
sources = ["chosen"]
parameters.at = { enum = { plain = "http://192.0.2.1", here = "HERE" } }

[endpoints.tokens]
path = "/tokens"
sources = ["of_one", "of_two", "of_nobody", "of_mixed"]

[endpoints.good]
path = "/good"
sources = ["pinned", "filed", "one", "two"]

[endpoints.bad]
path = "/bad"
sources = ["public", "other", "mixed", "garbled", "missing", "away", "pinned"]
"""
ROTATED = """
[sources.{name}]
url = "HERE/rotated"
tls = {{ ca = "{{!ca}}", cert = "{{!{name}_cert}}", key = "{{!{name}_key}}" }}

[endpoints.{name}]
path = "/{name}"
sources = ["{name}"]
"""
"""For one model each, as models of one function look secrets up together."""
NAMES = {name: f"for_{name.replace('-', '_')}" for name, model in MODELS.items() if model.function != "django"}
"""Django's function has a copy of its environment, in which no test replaces a secret; its clients are these."""


@dataclass(frozen=True)
class Scene:
    """The functions over a server of HTTPS.

    Args:
        asks: the way to ask each execution model.
        server: the server.
        elsewhere: another, which the first redirects to.
        one: whose certificate the source of the name shows.
        two: likewise.
        old: the server refuses it.
        new: the server takes it.
    """

    asks: dict[str, Ask]
    server: SecuredServer
    elsewhere: SecuredServer
    one: Identity
    two: Identity
    old: Identity
    new: Identity


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("tls")
    authority, another = trustme.CA(), trustme.CA()
    (folder / "certificates").mkdir()
    authority.cert_pem.write_to_path(str(folder / "certificates/ca.pem"))
    one, two, old, new = (Identity(authority, name) for name in ("one", "two", "old", "new"))
    secrets = {
        "ca": authority.cert_pem.bytes().decode(),
        "other_ca": another.cert_pem.bytes().decode(),
        "one_cert": one.cert,
        "one_key": one.key,
        "two_cert": two.cert,
        "two_key": two.key,
        "garbled": "hunter2",
    }
    with ExitStack() as ends:
        elsewhere = ends.enter_context(SecuredServer(authority).serving())
        server = ends.enter_context(SecuredServer(authority, elsewhere.url).serving())
        (folder / "fanin.toml").write_text(
            (FILE + "".join(ROTATED.format(name=name) for name in NAMES.values()))
            .replace("ELSEWHERE", elsewhere.url)
            .replace("HERE", server.url)
        )
        patch = ends.enter_context(pytest.MonkeyPatch.context())
        for name, value in secrets.items():
            patch.setenv(f"FANIN_SECRET_{name.upper()}", value)
        patch.setenv("FANIN_CONFIG", str(folder / "fanin.toml"))
        patch.setenv("FANIN_ALLOW", "127.0.0.0/8:*")
        patch.setenv("FANIN_CACHE", "off")
        asks = here(ends.enter_context(functions(os.environ)))
        assert asks.keys() == MODELS.keys()
        yield Scene(asks, server, elsewhere, one, two, old, new)


def test_each_source_trusts_and_shows_what_it_names(scene: Scene, model: str) -> None:
    """Asked several times, over connections that are kept: none carries a request of a source with another `tls`."""
    for _ in range(3):
        reply = scene.asks[model](Question("/good"))
        assert (reply.status, reply.headers["fanin-complete"]) == (200, "?1")
        assert {name: value["shown"] for name, value in reply.body.items()} == {
            "pinned": "",
            "filed": "",
            "one": "one",
            "two": "two",
        }


def test_what_cannot_be_trusted_or_shown_is_a_failure_that_says_so(
    scene: Scene, model: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody is told a line of a key, and a redirect elsewhere gets neither certificate nor trust."""
    before = list(scene.elsewhere.asked)
    reply = scene.asks[model](Question("/bad"))
    assert reply.sources == {
        "public": "source-unavailable",
        "other": "source-unavailable",
        "mixed": "secret-unavailable",
        "garbled": "secret-unavailable",
        "missing": "secret-unavailable",
        "away": "source-unavailable",
        "pinned": "fresh",
    }
    details = {name: problem["detail"] for name, problem in reply.body["errors"].items()}
    assert details["mixed"] == "the tls of mixed has no certificate or key that can be used"
    assert details["missing"] == "a secret of missing is missing"
    assert scene.elsewhere.asked == before
    told = reply.content.decode() + "".join(repr(vars(record)) for record in caplog.records)
    assert "key is not that of cert" in told
    for secret in (*scene.one.key.splitlines()[1:-1], *scene.two.key.splitlines()[1:-1], "hunter2"):
        assert secret not in told


def test_a_server_of_tokens_is_called_with_the_tls_of_the_source(scene: Scene, model: str) -> None:
    """Sources whose certificates differ share no token, and `tls = "public"` trusts no authority of the source's."""
    reply = scene.asks[model](Question("/tokens"))
    assert reply.sources == {
        "of_one": "fresh",
        "of_two": "fresh",
        "of_nobody": "source-unavailable",
        "of_mixed": "secret-unavailable",
    }
    assert reply.body["of_one"] == {"shown": "one", "token": "of-one"}
    assert reply.body["of_two"] == {"shown": "two", "token": "of-two"}
    details = {name: problem["detail"] for name, problem in reply.body["errors"].items()}
    assert details["of_nobody"] == "the server of of_nobody's tokens cannot be reached: its certificate is not trusted"
    assert details["of_mixed"] == "the tls of of_mixed has no certificate or key that can be used"


def test_a_url_from_a_value_is_not_asked_in_the_clear(scene: Scene, model: str) -> None:
    """The file names its origins; a plain one among them is refused before any connection is made."""
    refused, taken = (scene.asks[model](Question(f"/chosen/{at}")) for at in ("plain", "here"))
    assert (refused.sources, refused.body["sources"]["chosen"]["attempts"]) == ({"chosen": "value-refused"}, 0)
    assert taken.sources == {"chosen": "source-rejected"}  # by the server, which was shown no certificate


@pytest.mark.parametrize("model", NAMES)
def test_a_certificate_that_was_replaced_is_shown_after_a_401(
    scene: Scene, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked up anew, its key with it, and a connection that it was not shown on is no more used."""
    name = NAMES[model]
    for identity, shown in ((scene.old, ["old"]), (scene.new, ["old", "new"])):
        monkeypatch.setenv(f"FANIN_SECRET_{name.upper()}_CERT", identity.cert)
        monkeypatch.setenv(f"FANIN_SECRET_{name.upper()}_KEY", identity.key)
        scene.server.asked.clear()
        reply = scene.asks[model](Question(f"/{name}"))
        assert reply.body == {name: {"shown": shown[-1]}}
        assert scene.server.asked == [("/rotated", each) for each in shown]
        scene.server.refused = "old"
    scene.server.refused = ""
