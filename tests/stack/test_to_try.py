"""The requests that `make run` and `make serve` give to try."""

from pathlib import Path

import pytest

from fanin.config import load
from fanin.local.stack import to_try

TOML = """fanin = 1
[sources.a]
value = 1
"""


@pytest.mark.parametrize(
    ("endpoint", "requests"),
    [
        ('path = "/a"', ["U/a"]),
        ('path = "/a/{b}"\nparameters.b.example = "c"', ["U/a/c"]),
        ('path = "/a/{b}"', []),
        ('path = "/a"\nparameters.n = { type = "integer", default = 2, example = 3 }', ["U/a?n=3"]),
        ('path = "/a"\nmethod = "DELETE"', ["curl -X DELETE U/a"]),
        ('path = "/a"\nmethod = "POST"\ninput.examples = [{ b = "c d" }]', ["""curl --json '{"b": "c d"}' U/a"""]),
        ('path = "/a"\nmethod = "PUT"\ninput.type = "object"', ["curl -X PUT --json '{}' U/a"]),
    ],
)
def test_each_endpoint_is_asked_with_its_examples(tmp_path: Path, endpoint: str, requests: list[str]) -> None:
    """One that needs a parameter without an example is left out."""
    file = tmp_path / "fanin.toml"
    file.write_text(f'{TOML}[endpoints.a]\nsources = ["a"]\n{endpoint}\n')
    assert list(to_try.requests(load(file, {}), "U")) == requests


@pytest.mark.parametrize(
    ("console", "pages"), [("on", ["U/console", "U/docs"]), ("staff", ["U/console", "U/docs"]), ("off", ["U/docs"])]
)
def test_the_console_is_named_where_there_is_one(console: str, pages: list[str]) -> None:
    assert to_try.pages({"Console": console}, "U") == pages
    assert to_try.pages({}, "U") == ["U/docs"]
