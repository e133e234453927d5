"""The figures as tables, for the terminal, the documentation and the report."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from measure.contrast.deployment_figures import Outside
from measure.contrast.figures import Figures
from measure.contrast.lambda_figures import RATES, LambdaFigures
from measure.contrast.models import in_order
from measure.contrast.server_figures import ServerFigures
from measure.contrast.spelling import factor, number, share, spread

CALLS: Final = "8"
"""The question that is looked at closely, where it was asked."""


@dataclass(frozen=True)
class Table:
    """A table.

    Args:
        name: what it is called in links.
        title: what it shows.
        head: the columns; those behind the first `texts` are numbers.
        rows: the cells.
        texts: how many columns are texts.
    """

    name: str
    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: int = 1

    @property
    def markdown(self) -> str:
        """The table in Markdown, under its title."""
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        return f"### {self.title}\n\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines)


def tables(raw: Mapping[str, Any], figures: Figures) -> Iterator[Table]:
    """Give a table for each thing that was measured."""
    if figures.lambda_:
        yield _durations(raw["lambda"], figures.lambda_)
        yield _money(raw["lambda"], figures.lambda_)
        yield _environments(raw["lambda"], figures.lambda_)
        yield _cold(figures.lambda_)
    if figures.server:
        yield _throughput(raw["server"], figures.server)
        yield _costs(raw["server"], figures.server)
        yield _latency(raw["server"], figures.server)
    if figures.deployment:
        yield _outside(raw["deployment"], figures.deployment)


def markdown(raw: Mapping[str, Any], figures: Figures) -> str:
    """Give all of them, under a line that says where the figures are from."""
    return "\n\n".join([origin(raw), *(table.markdown for table in tables(raw, figures))])


def origin(raw: Mapping[str, Any]) -> str:
    """Say when and on what the figures were measured."""
    machine = raw["machine"]
    return (
        f"{raw['date']}, {machine['cores']} cores ({machine['processor']}), {machine['system']}, "
        f"Python {machine['python']}. Medians, quartiles in brackets; ratios with their 95 % intervals."
    )


def close_look(figures: LambdaFigures) -> str:
    """Choose the question that is looked at closely: 8 calls, or what else was asked last."""
    return CALLS if CALLS in figures.warm else list(figures.warm)[-1]


def _asked(raw: Mapping[str, Any], label: str) -> str:
    calls = next(one["calls"] for one in raw["questions"] if one["label"] == label)
    if calls is None:
        return f"GET {next(one['path'] for one in raw['questions'] if one['label'] == label)}"
    return "1 call" if calls == 1 else f"{calls} calls"


def _durations(raw: Mapping[str, Any], figures: LambdaFigures) -> Table:
    rows = [
        [model.title, model.calls, *(spread(asked[model.name].ms) for asked in figures.warm.values())]
        for model in in_order(raw["models"])
    ]
    head = ["model", "calls run", *(_asked(raw, label) for label in figures.warm)]
    return Table("durations", "Lambda: ms of a warm request", head, rows, 2)


def _money(raw: Mapping[str, Any], figures: LambdaFigures) -> Table:
    look = close_look(figures)
    rows = [
        [
            model.title,
            f"{(of := figures.warm[look][model.name]).billed_ms:,.0f}",
            factor(of.against),
            factor(of.against_async),
            f"{of.cpu_ms.median:.1f}",
            str(raw["models"][model.name]["memory_mb"]),
            f"{of.gb_seconds:.3f}",
            f"{of.dollars:.2f}",
            f"{of.dollars_alike:.2f}",
        ]
        for model in in_order(figures.warm[look])
    ]
    head = ["model", "billed ms", "of sequential", "of async", "CPU ms", "MB", "GB-s", "$ a million"]
    return Table(
        "money", f"Lambda: what a request is billed, {_asked(raw, look)}", [*head, f"$ at {figures.memory_mb} MB"], rows
    )


def _environments(raw: Mapping[str, Any], figures: LambdaFigures) -> Table:
    look = close_look(figures)
    rows = [
        [
            model.title,
            *(
                f"{found.mean:,.1f} / {found.enough:,}"
                for found in figures.warm[look][model.name].environments.values()
            ),
        ]
        for model in in_order(figures.warm[look])
    ]
    title = f"Lambda: environments busy on average / enough for 999 of 1,000 requests, {_asked(raw, look)}"
    return Table("environments", title, ["model", *(f"{rate:,} requests/s" for rate in RATES)], rows)


def _cold(figures: LambdaFigures) -> Table:
    rows = [
        [
            model.title,
            spread(figures.cold[model.name].init_ms),
            spread(figures.cold[model.name].first_ms),
            f"{figures.cold[model.name].peak_mb:.0f}",
            f"{figures.peak_mb[model.name]:.0f}",
        ]
        for model in in_order(figures.cold)
    ]
    head = ["model", "initialisation ms", "first request ms", "peak MB then", "peak MB after all requests"]
    return Table("cold", "Lambda: cold start and memory", head, rows)


def _throughput(raw: Mapping[str, Any], figures: ServerFigures) -> Table:
    rows = [
        [
            server["title"],
            server["worker"],
            *(spread(row[name].throughput) if name in row else "–" for row in figures.closed.values()),  # noqa: RUF001
        ]
        for name, server in raw["servers"].items()
    ]
    head = ["handler", "one worker of", *(f"{int(clients):,} clients" for clients in figures.closed)]
    return Table("throughput", f"One worker, {raw['delay_ms']} ms upstream: answers a second", head, rows, 2)


def _costs(raw: Mapping[str, Any], figures: ServerFigures) -> Table:
    most = str(max(map(int, figures.closed)))
    rows = [
        [
            raw["servers"][name]["title"],
            raw["servers"][name]["worker"],
            factor(of.behind, 1),
            number(of.median_ms),
            number(of.cpu_ms, 2),
            f"{of.resident_mb:.0f}",
            share(of.failed),
        ]
        for name, of in figures.closed[most].items()
    ]
    head = ["handler", "one worker of", "fanin gives times as many", "median ms", "CPU ms an answer", "MB", "failed"]
    return Table("costs", f"One worker, {int(most):,} clients: what it costs", head, rows, 2)


def _latency(raw: Mapping[str, Any], figures: ServerFigures) -> Table:
    limit = f"over {raw['limit_s'] * 1000:,.0f}"
    rows = [
        [
            server["title"],
            server["worker"],
            *(
                f"{number(row[name].median_ms, 0, limit)} / {number(row[name].p99_ms, 0, limit)}"
                if name in row
                else "failed before"
                for row in figures.open.values()
            ),
        ]
        for name, server in raw["servers"].items()
        if any(name in row for row in figures.open.values())
    ]
    title = "One worker, requests arriving at a rate: ms from the intended start, median / 99th percentile"
    return Table("latency", title, ["handler", "one worker of", *(f"{rate}/s" for rate in figures.open)], rows, 2)


def _outside(raw: Mapping[str, Any], figures: Mapping[str, Outside]) -> Table:
    rows = [
        [
            model.title,
            model.prefix + raw["path"],
            model.calls,
            spread(figures[model.name].ms),
            factor(figures[model.name].against),
            share(figures[model.name].failed),
        ]
        for model in in_order(figures)
    ]
    head = ["model", "path", "calls run", "ms", "of sequential", "failed"]
    return Table("outside", f"{raw['url']}, as a client sees it", head, rows, 3)
