from collections.abc import Callable

import pytest

from tests.cli.conftest import Run

type Complete = Callable[[str], list[str]]


@pytest.fixture
def complete(run: Run) -> Complete:
    """Ask for completions as bash does, of a line whose last word is being typed."""

    def complete(line: str) -> list[str]:
        position = str(len(line.split(" ")) - 1)
        ran = run(_FANIN_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=position)
        return ran.output.split()

    return complete


@pytest.mark.parametrize("command", ["explain", "call"])
def test_endpoints_are_completed(complete: Complete, command: str) -> None:
    assert complete(f"fanin {command} ") == ["trip", "air_quality", "forecast", "credits"]
    assert complete(f"fanin {command} f") == ["forecast"]


def test_parameters_are_completed_with_their_examples(complete: Complete) -> None:
    assert complete("fanin call forecast ") == ["city=Lisbon", "days=2"]
    assert complete("fanin call forecast d") == ["days=2"]


def test_a_file_that_cannot_be_served_completes_to_nothing(complete: Complete, written: Callable[[str], str]) -> None:
    assert complete(f"fanin explain --file {written('nonsense')} ") == []
    assert complete("fanin explain --file nowhere.toml ") == []


def test_commands_and_options_are_completed(complete: Complete) -> None:
    assert complete("fanin ex") == ["explain"]
    assert "--allow" in complete("fanin call --")
