"""fanin.engine.plan: the order in which an endpoint's sources can run."""

import pytest

from fanin.engine.plan import NamedSources, Plan
from tests.unit.scenario import config_of


def plan_of(references: dict[str, str], listed: str) -> Plan:
    """Make a plan from each source's references, as a text of names, and of the endpoint's sources."""
    tables = "".join(
        f'[sources.{name}]\nurl = "https://x.example/s?{"".join(f"{{{other}.v}}" for other in others.split())}"\n'
        for name, others in references.items()
    )
    config = config_of(f'{tables}[endpoints.e]\npath = "/e"\nsources = {listed.split()}\n')
    return Plan.of(config.endpoints["e"], config.sources)


def test_each_source_stands_behind_those_that_it_needs() -> None:
    """In whatever order the endpoint lists them."""
    plan = plan_of({"a": "", "b": "a", "c": "b a", "d": ""}, "c d b a")
    order = list(plan.sources)
    assert sorted(order) == ["a", "b", "c", "d"]
    assert order.index("a") < order.index("b") < order.index("c")


def test_the_order_is_the_same_in_every_process() -> None:
    """A set of names has another order in each; the first that a source refers to stands first."""
    names = ["golf", "alpha", "echo", "bravo", "hotel", "delta", "foxtrot", "charlie"]
    plan = plan_of(dict.fromkeys(sorted(names), "") | {"last": " ".join(names)}, "last")
    assert list(plan.sources) == [*names, "last"]


def test_only_what_the_endpoint_needs_is_in_its_plan() -> None:
    """Listed sources and, through any number of references, those that they refer to."""
    plan = plan_of({"a": "", "b": "a", "c": "b", "d": "a"}, "c")
    assert set(plan.sources) == {"a", "b", "c"}


def test_needs_and_dependants_are_each_others_reverse() -> None:
    """And hold each name once."""
    plan = plan_of({"a": "", "b": "a a", "c": "a b"}, "a b c")
    assert plan.needs == {"a": frozenset(), "b": {"a"}, "c": {"a", "b"}}
    assert {name: sorted(others) for name, others in plan.dependants.items()} == {"a": ["b", "c"], "b": ["c"], "c": []}


@pytest.mark.parametrize(
    "lines", ["headers = { X = '{b.v}' }", "method = 'POST'\nbody = { deep = [{ x = 'a {b.v}' }] }"]
)
def test_references_in_headers_and_bodies_count(lines: str) -> None:
    """Not the URL's alone."""
    config = config_of(
        f'[sources.a]\nurl = "https://a.example"\n{lines}\n[sources.b]\nurl = "https://b.example"\n'
        '[endpoints.e]\npath = "/e"\nsources = ["a"]\n'
    )
    assert Plan.of(config.endpoints["e"], config.sources).needs["a"] == {"b"}


@pytest.mark.parametrize(
    ("lines", "checked"),
    [
        ('url = "https://a.example/{id}"', ["a"]),
        ('url = "https://a.example"\nheaders = { X = "{id}" }', ["a"]),
        ('url = "{region}/{id}"', ["a"]),
        ('url = "{region}/a?id={id}"', []),
        ('url = "https://a.example?id={id}"', []),
        ('url = "https://a.example"\nmethod = "POST"\nwrites = false\nbody = { id = "{id}" }', []),
        ('url = "https://a.example/{b.v}"', []),
    ],
    ids=str,
)
def test_parameters_are_checked_for_the_sources_that_cannot_have_every_value(lines: str, checked: list[str]) -> None:
    """A path or a header cannot; a query or a body can."""
    config = config_of(
        f'[sources.a]\n{lines}\n[sources.b]\nurl = "https://b.example"\n[endpoints.e]\npath = "/e/{{id}}"\n'
        'sources = ["a"]\n[endpoints.e.parameters.region]\nenum = { eu = "https://eu.a.example" }\ndefault = "eu"\n'
    )
    plan = Plan.of(config.endpoints["e"], config.sources)
    assert [source.name for source in plan.checked] == checked


@pytest.mark.parametrize(
    ("lines", "unread"),
    [
        ("", {"a", "b", "picked"}),
        ('pick = "a"', set()),
        ('merge = "flat"', set()),
        ('headers = { X = "{a.v}" }', set()),
    ],
)
def test_a_value_is_unread_that_is_a_part_of_the_answer_and_of_nothing_else(lines: str, unread: set[str]) -> None:
    """`c` is a part of it too, but `b` refers to it; `d` is no part. Of the items of `list` a list is made."""
    listed = "" if "flat" in lines else ', "list"'
    config = config_of(
        '[sources.a]\nurl = "https://a.example"\n[sources.b]\nurl = "https://b.example/{c.v}"\n'
        '[sources.c]\nurl = "https://c.example/{d.v}"\n[sources.d]\nurl = "https://d.example"\n'
        '[sources.picked]\nurl = "https://picked.example"\npick = "v"\n'
        '[sources.list]\nurl = "https://list.example/{each}"\nfor_each = "c.items"\n'
        f'[endpoints.e]\npath = "/e"\nsources = ["a", "b", "c", "picked"{listed}]\n{lines}\n'
    )
    assert Plan.of(config.endpoints["e"], config.sources).unread == unread


def test_a_handler_written_by_hand_reads_all_that_it_asks_for() -> None:
    config = config_of('[sources.a]\nurl = "https://a.example"\n[endpoints.e]\npath = "/e"\nsources = ["a"]\n')
    assert not Plan.of(NamedSources(("a",)), config.sources).unread
