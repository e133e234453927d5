"""The figures as Markdown tables, for the terminal and the documentation."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from measure.contrast.figures import Figures
from measure.contrast.lambda_figures import LambdaFigures
from measure.contrast.models import in_order, named
from measure.contrast.server_figures import ServerFigures
from measure.statistics import Ratio, Spread


def markdown(raw: Mapping[str, Any], figures: Figures) -> str:
    """Give a section for each part that was measured."""
    machine = raw["machine"]
    head = (
        f"{raw['date']}, {machine['cores']} cores ({machine['processor']}), {machine['system']}, "
        f"Python {machine['python']}. Medians, quartiles in brackets."
    )
    sections = [head]
    if figures.lambda_:
        sections += [_durations(raw["lambda"], figures.lambda_), _money(raw["lambda"], figures.lambda_)]
    if figures.server:
        sections += [_throughput(raw["server"], figures.server), _latency(raw["server"], figures.server)]
    return "\n\n".join(sections)


def spread(of: Spread, digits: int = 0) -> str:
    """Spell a spread."""
    return f"{of.median:,.{digits}f} ({of.low:,.{digits}f}–{of.high:,.{digits}f})"  # noqa: RUF001 - a range


def factor(of: Ratio | None, digits: int = 2) -> str:
    """Spell a ratio with its interval."""
    return "" if of is None else f"{of.times:.{digits}f} ({of.low:.{digits}f}–{of.high:.{digits}f})"  # noqa: RUF001


def _durations(raw: Mapping[str, Any], figures: LambdaFigures) -> str:
    questions = [one["label"] for one in raw["questions"]]
    rows = [
        [model.title, model.calls, *(spread(figures.warm[question][model.name].ms) for question in questions)]
        for model in in_order(raw["models"])
    ]
    return "### In Lambda's runtime: ms of a warm request\n\n" + table(
        ["", "calls run", *(f"{question} calls" for question in questions)], rows
    )


def _money(raw: Mapping[str, Any], figures: LambdaFigures) -> str:
    calls = max((one["label"] for one in raw["questions"] if one["calls"] in (8, None)), default="")
    warm = figures.warm[calls]
    rows = []
    for model in in_order(warm):
        of, cold = warm[model.name], figures.cold[model.name]
        rows.append(
            [
                named(model.name).title,
                f"{of.billed_ms:.0f}",
                factor(of.against),
                f"{of.cpu_ms.median:.1f}",
                f"{of.gb_seconds:.3f}",
                f"{of.dollars:.2f}",
                f"{of.dollars_alike:.2f}",
                *(f"{one.mean:.0f}" for one in list(of.environments.values())[1:2]),
                spread(cold.init_ms),
                f"{figures.peak_mb[model.name]:.0f}",
            ]
        )
    return f"### A request of {calls} calls, in money and machines\n\n" + table(
        [
            "",
            "billed ms",
            "of requests' (95 %)",
            "CPU ms",
            "GB-s",
            "$ a million",
            f"$ at {figures.memory_mb} MB",
            "environments at 100/s",
            "cold start ms",
            "peak MB",
        ],
        rows,
    )


def _throughput(raw: Mapping[str, Any], figures: ServerFigures) -> str:
    most = str(max(map(int, figures.closed)))
    rows = []
    for name, server in raw["servers"].items():
        of = figures.closed[most].get(name)
        rows.append(
            [
                server["title"],
                server["worker"],
                *(spread(row[name].throughput) if name in row else "" for row in figures.closed.values()),
                *(
                    [factor(of.behind, 1), _optional(of.cpu_ms, 2), f"{of.resident_mb:.0f}", f"{of.failed:.1%}"]
                    if of
                    else [""] * 4
                ),
            ]
        )
    return f"### One worker, {raw['delay_ms']} ms upstream: answers a second\n\n" + table(
        [
            "",
            "one worker of",
            *(f"{clients} clients" for clients in figures.closed),
            f"async is so many times as fast at {most} (95 %)",
            "CPU ms",
            "MB",
            "failed",
        ],
        rows,
    )


def _latency(raw: Mapping[str, Any], figures: ServerFigures) -> str:
    limit = f"over {raw['limit_s'] * 1000:.0f}"
    rows = []
    for name, server in raw["servers"].items():
        if any(name in row for row in figures.open.values()):
            cells = [
                f"{_optional(row[name].median_ms, 0, limit)} / {_optional(row[name].p99_ms, 0, limit)}"
                if name in row
                else "not asked"
                for row in figures.open.values()
            ]
            rows.append([server["title"], server["worker"], *cells])
    return (
        "### The same, requests arriving at a rate: ms from the intended start, median / 99th percentile\n\n"
        + table(["", "one worker of", *(f"{rate}/s" for rate in figures.open)], rows)
    )


def _optional(value: float | None, digits: int, none: str = "") -> str:
    return none if value is None else f"{value:,.{digits}f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
