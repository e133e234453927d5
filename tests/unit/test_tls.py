"""`tls` of a source: what the file may say, and what a context is made of."""

from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from pydantic import SecretStr

from fanin.config import load
from fanin.config.callers.jwt import Jwt
from fanin.config.files import files_of, needs_schemas
from fanin.config.finding import ConfigError
from fanin.config.reading import parse
from fanin.config.tls import Certificates, Tls
from fanin.credentials.auth.own_tls import OwnTls
from fanin.credentials.secrets.missing import missing
from fanin.sources.tls import TlsRefused, own_tls_context
from fanin.testing import App, gives

SOURCE = 'fanin = 1\n[sources.a]\nurl = "{url}"\n{lines}\n[endpoints.e]\npath = "/e"\nsources = ["a"]\n'
OAUTH2 = '{ token_url = "http://t.example/token", client_id = "i", client_secret = "{!s}" }'
AUTHORITY = trustme.CA()
PEM = AUTHORITY.cert_pem.bytes().decode()


def _toml(lines: str, url: str = "https://a.example") -> str:
    return SOURCE.replace("{url}", url).replace("{lines}", lines)


def _identity() -> tuple[str, str]:
    issued = AUTHORITY.issue_cert("one.example")
    return issued.cert_chain_pems[0].bytes().decode(), issued.private_key_pem.bytes().decode()


class TestFile:
    """What fanin.toml may say."""

    def test_a_source_needs_the_secrets_that_it_refers_to(self) -> None:
        source = parse(_toml('tls = { ca = "{!ca}", cert = "{!c}", key = "{!k}" }'), {}).sources["a"]
        assert source.secrets == {"ca", "c", "k"}
        assert not source.sealed
        assert source.asks_by == "own authority and client certificate"

    def test_answers_that_came_under_another_tls_are_kept_apart(self) -> None:
        told = {
            parse(_toml(lines), {}).sources["a"].asks_as
            for lines in ("", 'tls = { ca = "{!a}" }', 'tls = { ca = "{!b}" }')
        }
        assert len(told) == 3

    def test_a_token_server_with_the_public_authorities_may_be_anywhere(self) -> None:
        oauth2 = OAUTH2.replace(" }", ', tls = "public" }')
        assert parse(_toml(f'tls = {{ ca = "{{!ca}}" }}\nauth = {{ oauth2 = {oauth2} }}'), {}).sources["a"].auth

    def test_an_upstreams_is_its_sources(self) -> None:
        config = parse(
            'fanin = 1\n[upstreams.u]\nurl = "https://a.example"\ntls = { ca = "{!ca}" }\n[sources.a]\nupstream = "u"\n'
            'url = "/x"\n[sources.b]\nupstream = "u"\nurl = "/x"\ntls = { ca = "{!other}" }\n[endpoints]\n',
            {},
        )
        assert [config.sources[name].secrets for name in ("a", "b")] == [{"ca"}, {"other"}]

    @pytest.mark.parametrize(
        ("lines", "url", "key", "fix"),
        [
            ("tls = {}", "https://a.example", ("tls",), "Write ca, or cert and key; or remove tls"),
            ('tls = { cert = "{!c}" }', "https://a.example", ("tls",), "Add key, or remove cert"),
            ('tls = { key = "{!c}" }', "https://a.example", ("tls",), "Add cert, or remove key"),
            (
                'tls = { cert = "{!c}", key = "-----BEGIN hunter2" }',
                "https://a.example",
                ("tls", "key"),
                'Write "{!name}", and put the PEM into the secret',
            ),
            (
                'tls = { ca = "-----BEGIN hunter2" }',
                "https://a.example",
                ("tls", "ca"),
                'Write "{!name}", and put the PEM into the secret',
            ),
            ('tls = { ca = "{!c}" }', "http://a.example", (), "Write https, or remove tls"),
            (
                'tls = { ca = "{!c}" }\norigins = ["http://b.example"]',
                "https://a.example",
                (),
                "Write https, or remove tls",
            ),
            (
                f'tls = {{ ca = "{{!c}}" }}\nauth = {{ oauth2 = {OAUTH2} }}',
                "https://a.example",
                (),
                'Write https, or tls = "public" in oauth2',
            ),
        ],
    )
    def test_what_it_may_not_say_is_refused_with_a_fix(
        self, lines: str, url: str, key: tuple[str, ...], fix: str
    ) -> None:
        with pytest.raises(ConfigError) as caught:
            parse(_toml(lines, url), {})
        (finding,) = caught.value.findings
        assert (finding.rule, finding.key, finding.fix) == ("bad-tls", ("sources", "a", *key), fix)
        assert "hunter2" not in finding.message

    def test_a_fake_on_this_machine_may_be_plain_http(self) -> None:
        assert parse(_toml('tls = { ca = "{!c}" }', "http://127.0.0.1:8100"), {}).sources["a"].tls

    @pytest.mark.parametrize(
        ("path", "content", "rule"),
        [
            ("ca.pem", None, "bad-tls"),
            ("ca.pem", "hunter2", "bad-tls"),
            ("ca.pem", "", "bad-tls"),
            ("ca.pem", "é", "bad-tls"),
            ("ca.pem", PEM + " " * 1_000_000, "bad-tls"),
            ("../ca.pem", None, "bad-path"),
            ("/ca.pem", None, "bad-path"),
        ],
    )
    def test_a_file_of_no_certificates_is_refused(
        self, path: str, content: str | None, rule: str, tmp_path: Path
    ) -> None:
        (tmp_path / "fanin.toml").write_text(_toml(f'tls = {{ ca = "{path}" }}'))
        if content is not None:
            (tmp_path / path).write_text(content)
        with pytest.raises(ConfigError) as caught:
            load(tmp_path / "fanin.toml", {})
        assert [finding.rule for finding in caught.value.findings] == [rule]
        assert "hunter2" not in str(caught.value)

    def test_a_file_of_certificates_goes_into_the_bundles(self, tmp_path: Path) -> None:
        file = tmp_path / "fanin.toml"
        file.write_text(
            _toml('tls = { ca = "own.pem" }') + '[upstreams.u]\nurl = "https://a.example"\ntls = { ca = "its.pem" }\n'
        )
        for name in ("own.pem", "its.pem"):
            (tmp_path / name).write_text(PEM)
        assert files_of(file) == [file, tmp_path / "own.pem", tmp_path / "its.pem"]
        assert not needs_schemas(file)

    def test_a_missing_secret_is_found_at_its_table(self) -> None:
        config = parse(_toml('tls = { ca = "{!ca}" }\nauth = { bearer = "{!token}" }'), {})
        found = {finding.key: finding.fix for finding in missing(config, {})}
        assert found == {
            ("sources", "a", "tls"): "Set FANIN_SECRET_CA",
            ("sources", "a", "auth"): "Set FANIN_SECRET_TOKEN",
        }

    def test_a_users_test_needs_neither_secret_nor_server(self, tmp_path: Path) -> None:
        (tmp_path / "fanin.toml").write_text(_toml('tls = { cert = "{!c}", key = "{!k}" }'))
        assert App(tmp_path / "fanin.toml", {"a": gives(1)}).get("/e").body == {"a": 1}


class TestContext:
    """What a context is made of."""

    def test_the_own_authority_takes_the_place_of_all_others(self) -> None:
        assert [len(own_tls_context(PEM).get_ca_certs()), len(own_tls_context().get_ca_certs()) > 50] == [1, True]

    def test_what_cannot_be_used_is_refused_without_a_word_of_it(self) -> None:
        cert, key = _identity()
        private = serialization.load_pem_private_key(key.encode(), None)
        encrypted = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"hunter2"),
        ).decode()
        wrong = {
            ("hunter2", "", ""): "ca has no certificate in PEM",
            ("é", "", ""): "ca has no certificate in PEM",
            (PEM, "hunter2", key): "cert or key has no certificate or key in PEM",
            (PEM, cert, "hunter2"): "cert or key has no certificate or key in PEM",
            (PEM, cert, _identity()[1]): "key is not that of cert",
            (PEM, cert, encrypted): "key is encrypted",
        }
        for parts, reason in wrong.items():
            with pytest.raises(TlsRefused) as caught:
                own_tls_context(*parts)
            assert str(caught.value) == reason

    def test_no_file_stays_open(self) -> None:
        before = len(list(Path("/proc/self/fd").iterdir()))
        own_tls_context(PEM, *_identity())
        assert len(list(Path("/proc/self/fd").iterdir())) == before

    def test_a_context_is_made_anew_only_for_other_values_of_its_own_secrets(self) -> None:
        own, tls = OwnTls(), Tls.model_validate({"ca": "{!ca}"})
        ca = SecretStr(PEM)
        first = own.context(tls, {"ca": ca, "token": SecretStr("a")})
        assert own.context(tls, {"ca": ca, "token": SecretStr("b")}) is first
        assert own.context(Tls.model_validate({"ca": "{!ca}"}), {"ca": ca}) is first
        other = SecretStr(trustme.CA().cert_pem.bytes().decode())
        assert own.context(tls, {"ca": other}) is not first

    def test_no_text_of_certificates_is_in_a_repr(self) -> None:
        assert "BEGIN" not in repr(Certificates("ca.pem", PEM))


class TestAnIssuers:
    """`tls` of callers that send a JSON Web Token: the issuer's authority, in a file."""

    FILE = """fanin = 1
[callers.staff]
jwt = { JWT, audience = "https://api.example.com", private = true }
[sources.who]
compute = "caller.sub"
[endpoints.who]
path = "/who"
sources = ["who"]
caller = "staff"
"""

    def file(self, folder: Path, jwt: str) -> Path:
        (folder / "ca.pem").write_text(PEM)
        (folder / "fanin.toml").write_text(self.FILE.replace("JWT", jwt))
        return folder / "fanin.toml"

    def test_a_file_of_certificates_is_read_and_goes_into_the_bundles(self, tmp_path: Path) -> None:
        file = self.file(tmp_path, 'issuer = "https://login.example", tls = { ca = "ca.pem" }')
        table = load(file, {}).callers["staff"].table
        assert isinstance(table, Jwt)
        assert table.tls
        assert table.tls.ca == Certificates("ca.pem", PEM)
        assert files_of(file) == [file, tmp_path / "ca.pem"]

    @pytest.mark.parametrize(
        ("jwt", "key", "fix"),
        [
            ('issuer = "http://login.example", tls = { ca = "ca.pem" }', (), "Write https, or remove tls"),
            (
                'issuer = "shop", keys = "http://login.example/keys", tls = { ca = "ca.pem" }',
                (),
                "Write https, or remove tls",
            ),
            (
                'issuer = "https://login.example", tls = { ca = "{!hunter2}" }',
                ("tls", "ca"),
                "Name a file of certificates in PEM below the folder of fanin.toml",
            ),
            (
                'issuer = "https://login.example", tls = { ca = "-----BEGIN hunter2" }',
                ("tls", "ca"),
                "Name a file of certificates in PEM below the folder of fanin.toml",
            ),
        ],
    )
    def test_what_it_may_not_say_is_refused_with_a_fix(
        self, jwt: str, key: tuple[str, ...], fix: str, tmp_path: Path
    ) -> None:
        with pytest.raises(ConfigError) as caught:
            load(self.file(tmp_path, jwt), {})
        (finding,) = caught.value.findings
        assert (finding.rule, finding.key, finding.fix) == ("bad-tls", ("callers", "staff", "jwt", *key), fix)
        assert "hunter2" not in finding.message

    def test_a_fake_on_this_machine_may_be_plain_http(self, tmp_path: Path) -> None:
        jwt = 'issuer = "http://127.0.0.1:8100", tls = { ca = "ca.pem" }'
        assert "staff" in load(self.file(tmp_path, jwt), {}).callers
