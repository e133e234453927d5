"""The commands of the runbook and of operating.md: whoever copies them finds each value that they take."""

import re
from collections.abc import Iterator

import pytest

from fanin.local.layout import ROOT, TEMPLATE
from fanin.local.sam.template_reading import parsed

_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ASSIGNED = re.compile(r"\b([A-Z][A-Z_]*)=")
_TAKEN = re.compile(r"\$([A-Z][A-Z_]*)")
_NAMED = re.compile(r"\$\(resource ([A-Za-z]+)\)")
_RESERVED = re.compile(r"^### `(\w+)-throttles`\n(?:(?!###).*\n)*?\*\*Do\*\*: reserve at least (\d+) ", re.MULTILINE)
_MAPPING, _RULE = "AWS::Lambda::EventSourceMapping", "AWS::Events::Rule"
FIRST = "runbook.md"
"""The page whose values are there for the other."""


def commands(page: str) -> Iterator[str]:
    """Give the blocks of a shell's commands, and those in the text."""
    text = (ROOT / "docs" / page).read_text()
    yield from _BLOCK.findall(text)
    yield from re.findall(r"`((?:aws|fanin) [^`]*)`", text)


@pytest.mark.parametrize("page", [FIRST, "operating.md"])
def test_a_command_takes_values_that_the_page_or_the_runbook_gives(page: str) -> None:
    given = {name for each in (FIRST, page) for block in commands(each) for name in _ASSIGNED.findall(block)}
    taken = {name for block in commands(page) for name in _TAKEN.findall(block)}
    assert taken
    assert taken - given == set()


@pytest.mark.parametrize("page", [FIRST, "operating.md"])
def test_a_command_names_resources_that_the_template_has(page: str) -> None:
    named = {name for block in commands(page) for name in _NAMED.findall(block)}
    assert named
    assert named - parsed(TEMPLATE.read_text())["Resources"].keys() == set()


def test_each_queue_of_dead_letters_is_in_the_commands() -> None:
    """So that every alarm of dead letters has a queue to look at."""
    resources = parsed(TEMPLATE.read_text())["Resources"]
    dead = {name for name, each in resources.items() if each["Type"] == "AWS::SQS::Queue" and "Dead" in name}
    section = (ROOT / "docs" / FIRST).read_text().partition("### Dead letters\n")[2].partition("\n### ")[0]
    assert len(dead) == 3
    assert [name for name in dead if name not in section] == []


def test_a_function_has_room_for_its_queue_and_for_the_minute_rule() -> None:
    """Messages that take all environments would leave none for the rule, whose events end after a minute."""
    resources = parsed(TEMPLATE.read_text())["Resources"].values()
    of = {kind: [each["Properties"] for each in resources if each["Type"] == kind] for kind in (_MAPPING, _RULE)}
    queued = {each["FunctionName"]["Ref"]: each["ScalingConfig"]["MaximumConcurrency"] for each in of[_MAPPING]}
    by_rule = {target["Arn"]["Fn::GetAtt"][0] for each in of[_RULE] for target in each["Targets"]}
    wanted = {function.removesuffix("Function").lower(): queued[function] + 1 for function in by_rule}
    said = _RESERVED.findall((ROOT / "docs" / FIRST).read_text())
    assert {name: int(number) for name, number in said} == wanted
