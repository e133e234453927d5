"""Commands say whole lines anywhere, and in a terminal a step's time as it runs, which mixes with no other line."""

import io
import threading

import pytest

from fanin.local.process import console
from fanin.local.process.console import Console


class Terminal(io.StringIO):
    """A standard output that is a terminal."""

    def isatty(self) -> bool:
        return True

    def seen(self) -> list[str]:
        """Give what stands in it: of each line what was written behind its last beginning."""
        return [line.rpartition("\r\033[K")[2] for line in self.getvalue().split("\n")]


def terminal_of(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Put a terminal in place: within the test, since pytest puts its own in place between a fixture and a test."""
    made = Terminal()
    monkeypatch.setattr("sys.stdout", made)
    monkeypatch.setattr(console, "TICK", 0.001)
    return made


def until(terminal: Terminal, text: str) -> None:
    """Wait until a text was written: a step's time is shown from a thread."""
    waiting = threading.Event()
    for _ in range(10_000):
        if text in terminal.getvalue():
            return
        waiting.wait(0.001)
    raise AssertionError(terminal.getvalue())


def test_a_step_shows_its_time_while_it_runs_and_leaves_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_of(monkeypatch)
    with Console().step("building"):
        until(terminal, "  building … 0 s")
        assert terminal.seen()[-1].startswith("  building …")
    assert terminal.seen() == ["  building: 0.0 s", ""]


def test_lines_that_are_said_meanwhile_stand_above_it(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_of(monkeypatch)
    said = Console()
    with said.step("building"):
        said.say("a request")
        until(terminal, "a request\n  building …")
    assert terminal.seen() == ["a request", "  building: 0.0 s", ""]


def test_a_step_that_fails_can_still_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_of(monkeypatch)
    said = Console()
    with pytest.raises(RuntimeError), said.step("building"):
        raise RuntimeError
    said.say("why")
    assert terminal.seen() == ["  building …", "why", ""]


def test_elsewhere_each_line_is_written_once(capsys: pytest.CaptureFixture[str]) -> None:
    with Console().step("building"):
        pass
    assert capsys.readouterr().out == "  building …\n  building: 0.0 s\n"


def test_colours_are_for_terminals_that_do_not_say_no(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_of(monkeypatch)
    monkeypatch.delenv("NO_COLOR", raising=False)
    Console().warn("a")
    monkeypatch.setenv("NO_COLOR", "1")
    Console().warn("b")
    assert terminal.seen() == ["\033[33ma\033[0m", "b", ""]
