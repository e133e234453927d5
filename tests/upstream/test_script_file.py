"""Reading upstream.toml."""

from pathlib import Path

import pytest

from fanin.local.process.console import Problem
from fanin.local.upstream import script_file
from fanin.local.upstream.script import Broken, Gives, Play
from fanin.local.upstream.script_file import ScriptFile

DOCUMENTED = (script_file.__doc__ or "").split("\n\n", 1)[1].rsplit("\n\n", 1)[0]


def _read(folder: Path, text: str) -> ScriptFile:
    file = folder / "upstream.toml"
    file.write_text(text)
    return script_file.read(file)


def test_the_documented_example_answers_as_it_says(tmp_path: Path) -> None:
    said = _read(tmp_path, DOCUMENTED)
    assert (said.names, said.secrets) == (("shop",), {"shop_key": "sk_test"})
    play = Play(said.script)
    assert play.take("GET /items/tea", None, "") == Gives({"id": "tea", "price": 499}, delay=0.08)
    sold_out, reserved = (play.take("POST /reservations", {"sku": sku}, "") for sku in ("tea", "cup"))
    assert sold_out == Gives({"message": "tea is sold out"}, 409, when={"sku": "tea"}, delay=0.08)
    assert reserved == Gives({"id": "r-1", "sku": "cup"}, 201, delay=0.08)


def test_text_and_files_are_sent_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_text("<feed>{id}</feed>")
    routes = """
        [a."GET /null"]
        text = "null"
        [a."GET /feed"]
        file = "feed.xml"
        [b."GET /gone"]
        broken = true
        delay = "2s"
    """
    said = _read(tmp_path, routes)
    play = Play(said.script)
    assert said.names == ("a", "b")
    assert play.take("GET /null", None, "") == Gives(b"null")
    assert play.take("GET /feed", None, "") == Gives(b"<feed>{id}</feed>", headers={"Content-Type": "application/xml"})
    assert play.take("b GET /gone", None, "") == Broken(delay=2.0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "or remove the file"),
        ("a = ", "is no TOML"),
        ('[a."GET /x"]\nstauts = 4', "GET /x.0.stauts"),
        ('[a."GET /x"]\nstatus = 4', "GET /x.0.status"),
        ('[a."GET /x"]\nbody = 1\ntext = "1"', "one of body, json, text, file and broken"),
        ('[a."/x"]\nbody = 1', "'/x' is no request"),
        ('[a."GET x"]\nbody = 1', "'GET x' is no request"),
        ('[a."GET /x"]\nfile = "missing.xml"', "missing.xml"),
        ('[a."GET /x"]\nbody = "{Id}"', "{Id} is no reference"),
        ('delay = "5"\n[a."GET /x"]\nbody = 1', "not a length of time"),
    ],
)
def test_a_mistake_is_told_with_its_file_and_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(Problem, match=r"upstream\.toml") as raised:
        _read(tmp_path, text)
    assert told in str(raised.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="No such file"):
        script_file.read(tmp_path / "upstream.toml")
