"""The figures as tables in Markdown, for the terminal, the documentation and the report."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from benchmarks.contrast.claims import CLAIMS, PLACES, close_look, verdicts
from benchmarks.contrast.figures import Figures, Outside, ProbeFigures
from benchmarks.contrast.lambda_figures import ARCHITECTURE, RATES, Cold, LambdaFigures, Warm
from benchmarks.contrast.models import named
from benchmarks.contrast.server_figures import Arriving, ServerFigures
from benchmarks.statistics import Spread
from benchmarks.tables import NOTHING, Table, factor, number, spread
from fanin.cli.monthly_cost import PRICES
from fanin.observability import price


def tables(raw: Mapping[str, Any], figures: Figures) -> Iterator[Table]:
    """Give a table for each thing that was measured, and for each claim if all of them were."""
    if figures.lambda_ and figures.server and figures.probes:
        yield from _claims(figures)
    if found := figures.lambda_:
        yield _durations(raw["lambda"], found)
        yield _money(raw["lambda"], found)
        yield _environments(raw["lambda"], found)
        yield _cold(found)
    if figures.server:
        yield _throughput(raw["server"], figures.server)
        yield _costs(raw["server"], figures.server)
        yield _latency(raw["server"], figures.server)
    if figures.probes:
        yield _probes(figures.probes)
    if "databases" in raw:
        yield from _databases(raw["databases"], figures.databases)
    if figures.deployment:
        yield _outside(raw["deployment"], figures.deployment)
    yield _conditions(raw)


def share(value: float) -> str:
    """Spell a share of 1."""
    return f"{value:.0%}" if value == 0 or value >= 0.1 else f"{value:.1%}"


def _claims(figures: Figures) -> Iterator[Table]:
    """Give the overview, and for each claim the figures that decide it."""
    found = list(verdicts(figures))
    first = {(one.claim, one.where): str(one.held) for one in reversed(found)}
    rows = [
        [f"{number}. {claim}", *(first.get((number, where), "") for where in PLACES)]
        for number, claim in enumerate(CLAIMS, 1)
    ]
    yield Table("overview", "", ["claim", *PLACES], rows, 4)
    for claim in range(1, len(CLAIMS) + 1):
        own = [one for one in found if one.claim == claim]
        rows = [[one.where, one.what, factor(one.found, 0 if "status" in one.what else 2), one.held] for one in own]
        yield Table(f"claim-{claim}", "", ["where", "what is compared", "figure", "the claim"], rows, 4)


def asked(raw: Mapping[str, Any], label: str) -> str:
    """Say what the models were asked, such as "8 calls"."""
    question = next(one for one in raw["questions"] if one["label"] == label)
    if question["calls"] is None:
        return f"GET {question['path']}"
    return "1 call" if question["calls"] == 1 else f"{question['calls']} calls"


def _columns[Of](found: Mapping[str, Of], columns: Mapping[str, Callable[[str, Of], str]]) -> tuple[Any, Any]:
    """Give head and rows of a table with a row for each name."""
    return list(columns), [[cell(name, of) for cell in columns.values()] for name, of in found.items()]


def _model(name: str, _: object) -> str:
    return named(name).title


def _durations(raw: Mapping[str, Any], figures: LambdaFigures) -> Table:
    rows = [
        [named(name).title, model["calls"], *(spread(warm[name].ms) for warm in figures.warm.values())]
        for name, model in raw["models"].items()
    ]
    head = ["model", "calls run", *(asked(raw, label) for label in figures.warm)]
    return Table("durations", "Lambda: ms of a warm request", head, rows, 2)


def _money(raw: Mapping[str, Any], figures: LambdaFigures) -> Table:
    look = close_look(figures.warm)
    columns: Mapping[str, Callable[[str, Warm], str]] = {
        "model": _model,
        "billed ms": lambda _, of: number(of.billed_ms),
        "of sequential": lambda _, of: factor(of.against),
        "of async": lambda _, of: factor(of.against_async),
        "CPU ms": lambda _, of: number(of.cpu_ms.median, 1),
        "MB": lambda name, _: str(raw["models"][name]["memory_mb"]),
        "GB-s": lambda _, of: number(of.gb_seconds, 3),
        "$ a million": lambda _, of: number(of.dollars, 2),
        f"$ at {figures.memory_mb} MB": lambda _, of: number(of.dollars_alike, 2),
    }
    title = f"Lambda: what a request is billed, {asked(raw, look)}"
    return Table("money", title, *_columns(figures.warm[look], columns))


def _environments(raw: Mapping[str, Any], figures: LambdaFigures) -> Table:
    look = close_look(figures.warm)
    rows = [
        [named(name).title, *(f"{number(busy, 1)} / {enough:,}" for busy, enough in warm.environments.values())]
        for name, warm in figures.warm[look].items()
    ]
    title = f"Lambda: environments busy on average / enough for 999 of 1,000 requests, {asked(raw, look)}"
    return Table("environments", title, ["model", *(f"{rate:,} requests/s" for rate in RATES)], rows)


def _cold(figures: LambdaFigures) -> Table:
    """Give a row for each function: models that share one share its initialisation."""

    def each(cell: Callable[[str], str]) -> Callable[[str, Cold], str]:
        return lambda _, of: " / ".join(cell(name) for name in of.models)

    firsts = {name: one for of in figures.cold.values() for name, one in of.first_ms.items()}
    peaks = {name: one for of in figures.cold.values() for name, one in of.peak_mb.items()}
    columns: Mapping[str, Callable[[str, Cold], str]] = {
        "function": lambda name, _: name,
        "its models": each(lambda name: named(name).title),
        "initialisation, ms": lambda _, of: spread(of.init_ms),
        "first request, ms": each(lambda name: spread(firsts[name]) if name in firsts else NOTHING),
        "peak MB then": each(lambda name: number(peaks.get(name))),
        "after all requests": each(lambda name: number(figures.peak_mb[name])),
    }
    return Table("cold", "Lambda: cold start and memory", *_columns(figures.cold, columns), texts=2)


_HANDLER: Final = ("handler", "HTTP clients", "one worker of")


def _by_handler[Of](
    raw: Mapping[str, Any], loops: Mapping[str, Mapping[str, Of]], cell: Callable[[Of], str], missing: str
) -> list[list[str]]:
    """Give a row for each server that has a figure, and in it a cell for each load."""
    return [
        [*_handler(raw, name), *(cell(row[name]) if name in row else missing for row in loops.values())]
        for name in raw["servers"]
        if any(name in row for row in loops.values())
    ]


def _handler(raw: Mapping[str, Any], name: str) -> list[str]:
    return [raw["servers"][name][key] for key in ("title", "clients", "worker")]


def _throughput(raw: Mapping[str, Any], figures: ServerFigures) -> Table:
    rows = _by_handler(raw, figures.closed, lambda of: spread(of.throughput), NOTHING)
    head = [*_HANDLER, *(f"{int(many):,} client{'s' * (many != '1')}" for many in figures.closed)]
    return Table("answers", f"One worker, {raw['delay_ms']} ms upstream: answers a second", head, rows, 3)


def _databases(raw: Mapping[str, Any], figures: Figures | None) -> Iterator[Table]:
    """Say what queries took; or why there is nothing to say."""
    if not (figures and figures.server and figures.lambda_):
        yield Table("databases", "Long queries of a database", ["not measured"], [[raw["missing"]]])
        return
    rows = _by_handler(raw["server"], figures.server.closed, lambda of: spread(of.throughput), NOTHING)
    head = ["handler", "calls by", "one worker of"]
    head += [f"{int(many):,} client{'s' * (many != '1')}" for many in figures.server.closed]
    title = f"One worker, queries of {raw['server']['delay_ms']} ms, a pool of {raw['pool']}: answers a second"
    yield Table("databases", title, head, rows, 3)
    warm = figures.lambda_.warm
    rows = [
        [named(name).title, *(spread(asked[name].ms) for asked in warm.values())]
        + [number(asked[name].dollars, 2) for asked in warm.values()]
        for name in next(iter(warm.values()))
    ]
    counts = ["1 query" if many == "1" else f"{many} queries" for many in warm]
    head = ["model", *(f"{count}, ms" for count in counts), *(f"{count}, $ a million" for count in counts)]
    yield Table("databases-lambda", f"Lambda: a request that makes queries of {raw['call_ms']} ms", head, rows)


def _costs(raw: Mapping[str, Any], figures: ServerFigures) -> Table:
    most = str(max(map(int, figures.closed)))
    rows = [
        [
            *(*_handler(raw, name), factor(of.behind, 1), number(of.median_ms)),
            *(number(of.cpu_ms, 2), number(of.resident_mb), share(of.failed)),
        ]
        for name, of in figures.closed[most].items()
    ]
    head = [*_HANDLER, "fanin's async def gives times as many", "median ms", "CPU ms an answer", "MB", "failed"]
    return Table("costs", f"One worker, {int(most):,} clients: what it costs", head, rows, 3)


def _latency(raw: Mapping[str, Any], figures: ServerFigures) -> Table:
    limit = f"over {number(raw['limit_s'] * 1000)}"

    def cell(of: Arriving) -> str:
        return f"{number(of.median_ms, 0, limit)} / {number(of.p99_ms, 0, limit)}"

    rows = _by_handler(raw, figures.open, cell, "failed before")
    title = "One worker, requests arriving at a rate: ms from the intended start, median / 99th percentile"
    return Table("latencies", title, [*_HANDLER, *(f"{rate}/s" for rate in figures.open)], rows, 3)


def _probes(figures: ProbeFigures) -> Table:
    places = {"uvicorn": "under Uvicorn", "lambda": "in Lambda's runtime"}
    rows = [[what, *(spread(Spread.of(of[place]), 1) for place in places)] for what, of in figures.ms.items()]
    rows.append(["a message over a WebSocket, and back", number(figures.socket_ms.median, 2), NOTHING])
    rows.append(["memory of a WebSocket, kB", number(figures.socket_kb), NOTHING])
    return Table("probes", "Single claims: ms of an answer", ["what", *places.values()], rows)


def _outside(raw: Mapping[str, Any], figures: Mapping[str, Outside]) -> Table:
    columns: Mapping[str, Callable[[str, Outside], str]] = {
        "model": _model,
        "path": lambda name, _: named(name).prefix + raw["path"],
        "calls run": lambda name, _: named(name).calls,
        "ms": lambda _, of: spread(of.ms),
        "of sequential": lambda _, of: factor(of.against),
        "failed": lambda _, of: share(of.failed),
    }
    return Table("outside", f"{raw['url']}, as a client sees it", *_columns(figures, columns), texts=3)


def _conditions(raw: Mapping[str, Any]) -> Table:
    """Say what the figures were measured with."""
    machine = raw["machine"]
    rows = {
        "date": raw["date"],
        "machine": f"{machine['cores']} cores ({machine['processor']}), {machine['system']}",
        "Python": machine["python"],
        "processes that wanted a core, before and after": f"{raw['load_before']}, {raw.get('load_after', NOTHING)}",
        "prices": f"{price.REGION}, {ARCHITECTURE}, as of {price.AS_OF}, without free tier",
        "a GB-second": f"${price.GB_SECOND[ARCHITECTURE]}",
        "a million requests to Lambda": f"${price.MILLION_INVOCATIONS:.2f}",
        "a million requests to an HTTP API": f"${PRICES.million_api:.2f}",
    }
    if server := raw.get("server"):
        found = raw["calibration"]
        rows |= {
            "answers a second of an upstream without delay": f"{found['generator_rps']:,}",
            "those of the upstream to 1,000 clients": f"{found['upstream_rps']:,} of {found['upstream_ideal_rps']:,}",
            f"its call of {server['delay_ms']} ms": f"{found['upstream_ms']} ms",
            "no answer in time, at a rate: after": f"{server['limit_s']:g} s",
        }
    return Table("conditions", "", ["what", "of this run"], list(rows.items()), 2)
