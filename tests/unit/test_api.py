"""[api]: what the description says of the API as a whole, and the mistakes with their repairs."""

from pathlib import Path
from typing import Any

import pytest

from fanin import __version__
from fanin.config import parse
from fanin.config.finding import ConfigError, Finding
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


@pytest.mark.parametrize(
    ("api", "rule", "key", "fix"),
    [
        ('titel = "Shop"', "unknown-key", ("api", "titel"), "Write 'title'"),
        ('contact.mail = "a@b"', "unknown-key", ("api", "contact", "mail"), "Write 'email'"),
        ('contact.email = "shop"', "bad-email", ("api", "contact", "email"), 'Write "team@example.com"'),
        ('contact.email = "a b@c"', "bad-email", ("api", "contact", "email"), 'Write "team@example.com"'),
        ('contact.url = "shop.example"', "bad-url", ("api", "contact", "url"), 'Write "https://example.com/contact"'),
        ('contact.url = "ftp://a/b"', "bad-url", ("api", "contact", "url"), 'Write "https://example.com/contact"'),
    ],
)
def test_a_mistake_is_named_with_its_repair(api: str, rule: str, key: tuple[str, ...], fix: str) -> None:
    (finding,) = _findings(f"[api]\n{api}")
    assert (finding.rule, finding.key, finding.fix) == (rule, key, fix)


@pytest.mark.parametrize("api", ['title = ""', f'title = "{"x" * 201}"', 'title = "a\\nb"', "version = 2"])
def test_a_text_is_a_line_of_bounded_length(api: str) -> None:
    assert [finding.key[0] for finding in _findings(f"[api]\n{api}")] == ["api"]
