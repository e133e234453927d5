"""`make serve` of a project, by its events: a change costs a generation that has imported what takes long before."""

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from fanin.local.layout import CONFIGURATION
from fanin.local.process import ports
from fanin.local.process.console import Console, Problem
from fanin.local.process.interrupts import Interrupts
from fanin.local.process.processes import Processes
from fanin.local.reload import run
from fanin.local.stack import watch

FANIN_TOML = """fanin = 1
[variables]
shop = "https://shop.example"
[sources.a]
url = "{$shop}/a"
[endpoints.a]
path = "/a"
sources = ["a"]
"""


class Generation:
    """A server that only says what becomes of it; the mistaken ones do not serve."""

    events: ClassVar[list[str]] = []
    count: ClassVar[int] = 0
    mistaken: ClassVar[set[int]] = set()

    def __init__(self, *_: Any) -> None:
        Generation.count += 1
        self._number = Generation.count
        self.events.append(f"{self._number} imports")

    def go(self, reading: dict[str, str]) -> bool:
        assert reading == {"FANIN_ALLOW": ""}
        serves = self._number not in self.mistaken
        self.events.append(f"{self._number} {'serves' if serves else 'is mistaken'}")
        return serves

    def end(self) -> None:
        self.events.append(f"{self._number} ends")


def _events(monkeypatch: pytest.MonkeyPatch, changes: Iterable[Path], mistaken: set[int]) -> list[str]:
    """Serve some changes, and give what happened."""
    Generation.events, Generation.count, Generation.mistaken = [], 0, mistaken

    def changed(*_: Any) -> Iterator[set[Path]]:
        for path in changes:
            Generation.events.append(f"{path.name} changes")
            yield {path}
        raise KeyboardInterrupt

    @contextlib.contextmanager
    def sources(**_: Any) -> Iterator[dict[str, str]]:
        Generation.events.append("fakes begin")
        yield {"FANIN_ALLOW": ""}
        Generation.events.append("fakes end")

    monkeypatch.setattr(run, "Generation", Generation)
    monkeypatch.setattr(run, "_sources", sources)
    monkeypatch.setattr(run, "_introduce", lambda *_: None)
    monkeypatch.setattr(watch, "changes", changed)
    with Processes(Interrupts()) as processes, ports.take(0) as at, contextlib.suppress(KeyboardInterrupt):
        run._serve(at, Console(), processes)
    return Generation.events


def test_what_takes_long_is_done_before_there_is_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next generation has begun to import while this one serves; it answers before this one ends."""
    first = ["1 imports", "fakes begin", "1 serves", "2 imports"]
    second = ["fanin.toml changes", "2 serves", "1 ends", "3 imports"]
    third = ["handlers.py changes", "3 serves", "2 ends", "4 imports"]
    changes = [CONFIGURATION, run.FUNCTION / "handlers.py"]
    assert _events(monkeypatch, changes, set()) == first + second + third


def test_a_mistake_leaves_the_old_version_serving_until_it_is_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    mistake = ["1 imports", "fakes begin", "1 serves", "2 imports", "fanin.toml changes", "2 is mistaken", "3 imports"]
    mended = ["fanin.toml changes", "3 serves", "1 ends", "4 imports"]
    assert _events(monkeypatch, [CONFIGURATION] * 2, {2}) == mistake + mended


def test_other_fakes_are_read_from_by_the_generation_that_has_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ["1 imports", "fakes begin", "1 serves", "2 imports"]
    again = ["upstream.toml changes", "1 ends", "fakes end", "fakes begin", "2 serves", "3 imports"]
    assert _events(monkeypatch, [CONFIGURATION.with_name("upstream.toml")], set()) == first + again


def test_a_mistake_at_the_start_ends_it_so_that_no_client_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Problem, match=r"^Mend that, and try again\.$"):
        _events(monkeypatch, [CONFIGURATION], {1})
    assert Generation.events == ["1 imports", "fakes begin", "1 is mistaken"]


def test_what_serves_in_spite_of_a_mistake_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With other fakes the old version has ended before the new one is found to be mistaken."""
    _events(
        monkeypatch, [CONFIGURATION, CONFIGURATION.with_name("upstream.toml"), CONFIGURATION, CONFIGURATION], {2, 3, 4}
    )
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    nothing = "  Nothing is served until this is mended."
    served = "  changed: fanin.toml; served after 0.00 s"
    assert told == ["  The old version goes on serving.", nothing, nothing, served]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's two files, of which the fakes' has a new name for the variable."""
    (tmp_path / "fanin.toml").write_text(FANIN_TOML)
    (tmp_path / "upstream.toml").write_text("""[bank."GET /a"]\nbody = 1\n""")
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "CONFIGURATION", tmp_path / "fanin.toml")
    monkeypatch.setattr(run, "_UPSTREAM", tmp_path / "upstream.toml")
    return tmp_path


def test_a_variable_may_be_renamed_in_one_file_after_the_other(
    files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The old version serves until both have the new name."""

    def both() -> Iterator[Path]:
        yield files / "upstream.toml"
        (files / "fanin.toml").write_text(FANIN_TOML.replace("shop", "bank"))
        yield files / "fanin.toml"

    first = ["1 imports", "fakes begin", "1 serves", "2 imports", "upstream.toml changes", "fanin.toml changes"]
    assert _events(monkeypatch, both(), set()) == [
        *first,
        "1 ends",
        "fakes end",
        "fakes begin",
        "2 serves",
        "3 imports",
    ]
    assert "upstream.toml has fakes for bank, but fanin.toml has no such variable" in capsys.readouterr().out


def test_a_mistake_in_the_fakes_keeps_no_change_of_the_endpoints_from_being_served(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ["1 imports", "fakes begin", "1 serves", "2 imports", "upstream.toml changes", "fanin.toml changes"]
    changes = [files / "upstream.toml", files / "fanin.toml"]
    assert _events(monkeypatch, changes, set()) == [*first, "2 serves", "1 ends", "3 imports"]


def test_a_name_that_only_the_fakes_have_is_told_with_the_mistake_that_it_makes(
    files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _events(monkeypatch, [files / "fanin.toml"], {2})
    assert "upstream.toml has fakes for bank, but fanin.toml has no such variable" in capsys.readouterr().out


def test_files_that_are_saved_together_are_one_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that finds something waits for one that finds nothing more."""
    files = [tmp_path / "one", tmp_path / "two"]
    for file in files:
        file.write_text("before")
    seen = watch.changes(lambda: files, 0.2)
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) <= len(files):
            files[len(waits) - 1].write_text("after all")
            os.utime(files[len(waits) - 1], ns=(len(waits), len(waits)))

    monkeypatch.setattr(time, "sleep", sleep)
    assert next(seen) == set(files)
    assert waits == [0.2, 0.1, 0.1]
