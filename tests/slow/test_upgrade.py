"""`fanin upgrade` over a wheel as it is installed: what it had written is known byte for byte."""

from pathlib import Path

from fanin.local.project import new, upgrade
from fanin.local.project.wheel import Wheel

PARTS = ("jobs", "database", "ci")


def test_an_older_fanin_writes_again_what_it_wrote(dists: Path, tmp_path: Path) -> None:
    (built,) = dists.glob("*.whl")
    made = new.files("shop", PARTS, Wheel(built.name, built.read_bytes()))
    new.write(tmp_path, made)
    assert upgrade._written_by(tmp_path / "wheels" / built.name, "shop", PARTS) == made
