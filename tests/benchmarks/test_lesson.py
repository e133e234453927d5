"""docs/lesson.md: its commands are those of `make lesson`, and its listings are the files' own."""

import re

import pytest

from benchmarks import machine
from benchmarks.lesson import TAKES, recorded, told
from benchmarks.load import Load
from fanin.local.layout import ROOT

LESSON = (ROOT / "docs/lesson.md").read_text(encoding="utf-8")


def test_every_listing_is_asked_for_and_every_output_has_its_command() -> None:
    commands = re.findall(r"^make lesson TAKE=(\S+) CLIENTS=(\d+)$", LESSON, re.MULTILINE)
    outputs = re.findall(r"^(\S+), ([\d,]+) clients: [\d,]+ answers a second", LESSON, re.MULTILINE)
    assert commands == [(take, clients.replace(",", "")) for take, clients in outputs]
    assert list(dict.fromkeys(take for take, _ in commands)) == list(TAKES)


@pytest.mark.parametrize(("language", "file"), [(0, "stock_django.py"), (1, "stock.py")])
def test_the_listings_are_what_is_measured(language: int, file: str) -> None:
    listing = re.findall(r"```python\n(.*?)```", LESSON, re.DOTALL)[language]
    source = (ROOT / "benchmarks/contrast/apps" / file).read_text(encoding="utf-8")
    assert {line for line in listing.splitlines() if line.strip()} <= {*source.splitlines()}


def test_what_the_clients_got_is_said_in_a_line() -> None:
    load = Load(5.0, {200: 10, 502: 2, 0: 1}, [200.0] * 10)
    assert told("django", 1000, load) == "django, 1,000 clients: 2 answers a second, median 200 ms, 3 failed"
    assert "median no answer" in told("fastapi-new", 1, Load(5.0))


def test_all_outputs_are_recorded_and_the_machine_is_said() -> None:
    about = machine.head(quick=False)

    def line(take: str, clients: int) -> str:
        return f"{take}, {clients:,} clients: 7 answers a second"

    page = recorded(LESSON, line, about | {"load_before": 1.5})
    again = recorded(page, line, about | {"load_before": 0.1})
    assert len(re.findall(r"^\S+, [\d,]+ clients: 7 answers a second$", page, re.MULTILINE)) == 12
    assert "Other work wanted 1.5 of them on average." in page
    assert "Other work" not in again
