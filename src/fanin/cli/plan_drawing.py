"""A plan in the terminal: what waits for what, when each call runs in the worst case, and what bounds each source."""

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from fanin.cli.bars import CALL, NEEDS, Axis, Bar, Stretch
from fanin.config import Source
from fanin.config.budget import Slot
from fanin.config.check_lists import most_attempts
from fanin.config.mistake import shortened
from fanin.config.units import spelled
from fanin.engine.plan import Plan
from fanin.engine.worst_case import WorstCase
from fanin.policies.order import STEPS, steps_of

CRITICAL = "●"
"""Marks the sources of the critical path."""
_MOST_EXPRESSION = 60
"""Characters of an expression that are drawn."""


def draw(worst: WorstCase, console: Console) -> None:
    """Print a plan."""
    endpoint = worst.endpoint
    heading = f"  {endpoint.method} {endpoint.path} within {spelled(endpoint.timeout)}"
    takes = ", takes JSON" if endpoint.input else ""
    takes += f", passes {endpoint.passthrough.source} through" if endpoint.passthrough else ""
    takes += ", its sources selectable" if endpoint.selectable else ""
    takes += f", at most {endpoint.client_limit.words}" if endpoint.client_limit else ""
    console.print(Text.assemble((endpoint.name, "bold"), heading, takes), soft_wrap=True)
    if callers := endpoint.asked_by:
        allow = f", if {endpoint.allow.text}" if endpoint.allow else ""
        console.print(Text(f"for {callers.name}: {callers.table.asks_for}{allow}"), soft_wrap=True)
    elif endpoint.allow:
        console.print(Text(f"for anyone, if {endpoint.allow.text}"), soft_wrap=True)
    if endpoint.pick:
        console.print(Text(f"pick: {endpoint.pick.text}"), soft_wrap=True)
    console.print()
    console.print(_order(worst))
    console.print()
    console.print(_longest(worst))
    console.print()
    console.print(_bounds(worst))
    console.print()
    console.print(_pipelines(worst.plan))
    console.print()
    console.print(_steps(worst.plan))
    blocking = [step.key for step in STEPS if step.blocking]
    console.print(f"Execution models without an event loop have only {', '.join(blocking[:-1])} and {blocking[-1]}.")


def _order(worst: WorstCase) -> Table:
    """Draw what waits for what as a tree, and beside it when each call runs in the worst case."""
    plan, timeout = worst.plan, worst.endpoint.timeout
    table = Table("", "Source", "Refers to", Column(Axis(timeout)), "Worst case", box=None, pad_edge=False)
    for branch, name in _tree(worst):
        critical = name in worst.critical
        colour = "magenta" if critical else "cyan"
        table.add_row(
            Text(CRITICAL if critical else " ", colour),
            Text.assemble((branch, "dim"), (name, "bold" if critical else "")),
            Text(_reads(plan.sources[name])),
            _bar(worst.slots[name], timeout, colour),
            _span(worst.slots[name], timeout),
        )
    return table


def _reads(source: Source) -> str:
    """Write what a source refers to, its expressions over what the request has so far, and what it only waits for."""
    references = dict.fromkeys(map(str, source.references))
    expressions = [
        f"{'.'.join(key)}: {shortened(each.text, _MOST_EXPRESSION)}" for key, each in source.expressions_by_key
    ]
    return " ".join([*references, *expressions, *([f"after: {', '.join(source.after)}"] if source.after else [])])


def _tree(worst: WorstCase) -> list[tuple[str, str]]:
    """Give each source's branch and name, below the source that it waits for longest."""
    children: dict[str | None, list[str]] = {}
    for name in worst.plan.sources:
        needs = sorted(worst.plan.needs[name])
        longest = max(needs, key=lambda need: worst.slots[need].ends, default=None)
        children.setdefault(longest, []).append(name)

    def below(parent: str, indent: str) -> list[tuple[str, str]]:
        lines = []
        names = children.get(parent, [])
        for name in names:
            branch, deeper = ("└─ ", "   ") if name == names[-1] else ("├─ ", "│  ")
            lines += [(indent + branch, name), *below(name, indent + deeper)]
        return lines

    return [line for root in children[None] for line in [("", root), *below(root, "")]]


def _bar(slot: Slot, timeout: float, colour: str) -> Bar:
    starts, ends = min(slot.starts, timeout), min(slot.ends, timeout)
    waits = [Stretch(0.0, starts, NEEDS, "dim")] if starts else []
    calls = [Stretch(starts, ends, CALL, colour)] if ends > starts else []
    return Bar([*waits, *calls], timeout)


def _span(slot: Slot, timeout: float) -> str:
    if slot.starts >= timeout:
        return "no time is left"
    cut = f", cut at {spelled(timeout)}" if slot.ends > timeout else ""
    return f"{spelled(slot.starts) if slot.starts else '0'} to {spelled(slot.ends)}{cut}"


def _longest(worst: WorstCase) -> Text:
    """Say the longest that a request can take, for each execution model."""
    uncut = worst.sequential_uncut
    if uncut is None:
        why = "  the endpoint's timeout: not every source has one of its own"
    elif uncut > worst.sequential:
        why = f"  where the endpoint's timeout cuts the {spelled(uncut)} that the calls can take"
    else:
        why = ""
    return Text.assemble(
        "Worst case, all calls at once:       ",
        (spelled(worst.concurrent), "bold"),
        (f"  {CRITICAL} {' → '.join(worst.critical)}", "magenta"),
        "\nWorst case, one call after another:  ",
        (spelled(worst.sequential), "bold"),
        why,
    )


def _bounds(worst: WorstCase) -> Table:
    plan = worst.plan
    expects = any(source.expect for source in plan.sources.values())
    columns = ("Source", "In the body", "Asks", "Timeout", "At most", Column("Requests", justify="right"))
    table = Table(*columns, *(["Expects"] if expects else []), box=None, pad_edge=False)
    for source in plan.sources.values():
        listed, required = source.name in plan.goal.sources, source.name in plan.goal.required
        table.add_row(
            source.name,
            "required" if required else "yes" if listed else "no",
            source.drawn,
            _timeout(source),
            _spelled_size(source.max_bytes) if source.makes_calls else "",
            _requests(source, worst),
            *(["a schema" if source.expect else ""] if expects else []),
        )
    return table


def _requests(source: Source, worst: WorstCase) -> str:
    """Say how many requests a source can get at most, retries and hedges included, and how many calls of a list run."""
    most = most_attempts(source, worst.endpoint)
    if source.for_each is None:
        return str(most) if most else ""
    return f"{most}, {source.at_once} at once"


def _timeout(source: Source) -> str:
    if not source.makes_calls:
        return ""
    return "the endpoint's" if source.timeout is None else spelled(source.timeout)


def _pipelines(plan: Plan) -> Table:
    """Show the steps of each source, outermost first, with their settings."""
    table = Table("Source", Column("Steps, outermost first", overflow="fold"), box=None, pad_edge=False)
    for source in plan.sources.values():
        steps = [f"{step.key} ({settings})" if settings else step.key for step, settings in steps_of(source)]
        table.add_row(source.name, Text(" → ".join(steps)))
    return table


def _steps(plan: Plan) -> Table:
    """Say what each step does that one of the sources has."""
    had = {step.key for source in plan.sources.values() for step, _ in steps_of(source)}
    table = Table("Step", Column("What it does", overflow="fold"), box=None, pad_edge=False)
    for step in STEPS:
        if step.key in had:
            table.add_row(step.key, step.does)
    return table


def _spelled_size(size: int) -> str:
    return f"{size / 1_000_000:g} MB" if size >= 1_000_000 else f"{size / 1000:g} kB"
