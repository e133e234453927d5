"""The figures as tables in Markdown, for the terminal, the documentation and the report."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from benchmarks.contrast.claims import CLAIMS, PLACES, close_look, verdicts
from benchmarks.contrast.figures import Figures, Outside, ProbeFigures
from benchmarks.contrast.lambda_figures import ARCHITECTURE, RATES, LambdaFigures
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
    if figures.lambda_:
        yield from _lambda(raw["lambda"], figures.lambda_)
    if figures.server:
        title = f"One worker, {raw['server']['delay_ms']} ms upstream: answers a second"
        yield _answers("answers", title, "HTTP clients", raw["server"], figures.server)
        yield _costs(raw["server"], figures.server)
        yield _latencies(raw["server"], figures.server)
    if figures.probes:
        yield _probes(figures.probes)
    if "databases" in raw:
        yield from _databases(raw["databases"], figures.databases)
    if figures.deployment:
        yield _outside(raw["deployment"], figures.deployment)
    yield _conditions(raw)


def asked(raw: Mapping[str, Any], label: str) -> str:
    """Say what the models were asked, such as "8 calls"."""
    question = next(one for one in raw["questions"] if one["label"] == label)
    if question["calls"] is None:
        return f"GET {question['path']}"
    return "1 call" if question["calls"] == 1 else f"{question['calls']} calls"


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


def _lambda(raw: Mapping[str, Any], figures: LambdaFigures) -> Iterator[Table]:
    head = ["model", "calls run", *(asked(raw, label) for label in figures.warm)]
    rows = [
        [named(name).title, model["calls"], *(spread(warm[name].ms) for warm in figures.warm.values())]
        for name, model in raw["models"].items()
    ]
    yield Table("durations", "Lambda: ms of a warm request", head, rows, 2)

    look = close_look(figures.warm)
    what, warm = asked(raw, look), figures.warm[look].items()
    head = ["model", "billed ms", "of sequential", "of async", "CPU ms", "MB", "GB-s", "$ a million"]
    rows = [
        [
            *(named(name).title, number(of.billed_ms), factor(of.against), factor(of.against_async)),
            *(number(of.cpu_ms.median, 1), str(raw["models"][name]["memory_mb"]), number(of.gb_seconds, 3)),
            *(number(of.dollars, 2), number(of.dollars_alike, 2)),
        ]
        for name, of in warm
    ]
    yield Table("money", f"Lambda: what a request is billed, {what}", [*head, f"$ at {figures.memory_mb} MB"], rows)

    title = f"Lambda: environments busy on average / enough for 999 of 1,000 requests, {what}"
    rows = [
        [named(name).title, *(f"{number(busy, 1)} / {enough:,}" for busy, enough in of.environments.values())]
        for name, of in warm
    ]
    yield Table("environments", title, ["model", *(f"{rate:,} requests/s" for rate in RATES)], rows)

    # A row for each function: models that share one share its initialisation.
    head = ["function", "its models", "initialisation, ms", "first request, ms", "peak MB then", "after all requests"]
    rows = []
    for function, of in figures.cold.items():
        each = [
            (
                *(named(name).title, spread(of.first_ms[name]) if name in of.first_ms else NOTHING),
                *(number(of.peak_mb.get(name)), number(figures.peak_mb[name])),
            )
            for name in of.models
        ]
        titles, *then = (" / ".join(cells) for cells in zip(*each, strict=True))
        rows.append([function, titles, spread(of.init_ms), *then])
    yield Table("cold", "Lambda: cold start and memory", head, rows, 2)


def _of_servers[Of](
    raw: Mapping[str, Any], loops: Mapping[str, Mapping[str, Of]], cell: Callable[[Of], str], missing: str = NOTHING
) -> list[list[str]]:
    """Give a row for each server that has a figure, and in it a cell for each load."""
    return [
        [*_described(raw, name), *(cell(row[name]) if name in row else missing for row in loops.values())]
        for name in raw["servers"]
        if any(name in row for row in loops.values())
    ]


def _described(raw: Mapping[str, Any], name: str) -> list[str]:
    return [raw["servers"][name][key] for key in ("title", "clients", "worker")]


def _answers(name: str, title: str, clients: str, raw: Mapping[str, Any], figures: ServerFigures) -> Table:
    """Give the answers a second of servers; `clients` is the title of the column that says whose clients call."""
    head = ["handler", clients, "one worker of"]
    head += [f"{int(many):,} client{'s' * (many != '1')}" for many in figures.closed]
    return Table(name, title, head, _of_servers(raw, figures.closed, lambda of: spread(of.throughput)), 3)


def _costs(raw: Mapping[str, Any], figures: ServerFigures) -> Table:
    most = max(figures.closed, key=int)
    rows = [
        [
            *(*_described(raw, name), factor(of.behind, 1), number(of.median_ms)),
            *(number(of.cpu_ms, 2), number(of.resident_mb), _share(of.failed)),
        ]
        for name, of in figures.closed[most].items()
    ]
    head = ["handler", "HTTP clients", "one worker of", "fanin's async def gives times as many"]
    head += ["median ms", "CPU ms an answer", "MB", "failed"]
    return Table("costs", f"One worker, {int(most):,} clients: what it costs", head, rows, 3)


def _latencies(raw: Mapping[str, Any], figures: ServerFigures) -> Table:
    limit = f"over {number(raw['limit_s'] * 1000)}"

    def cell(of: Arriving) -> str:
        return f"{number(of.median_ms, 0, limit)} / {number(of.p99_ms, 0, limit)}"

    title = "One worker, requests arriving at a rate: ms from the intended start, median / 99th percentile"
    head = ["handler", "HTTP clients", "one worker of", *(f"{rate}/s" for rate in figures.open)]
    return Table("latencies", title, head, _of_servers(raw, figures.open, cell, "failed before"), 3)


def _probes(figures: ProbeFigures) -> Table:
    places = {"uvicorn": "under Uvicorn", "lambda": "in Lambda's runtime"}
    rows = [[what, *(spread(Spread.of(of[place]), 1) for place in places)] for what, of in figures.ms.items()]
    rows.append(["a message over a WebSocket, and back", number(figures.socket_ms.median, 2), NOTHING])
    rows.append(["memory of a WebSocket, kB", number(figures.socket_kb), NOTHING])
    return Table("probes", "Single claims: ms of an answer", ["what", *places.values()], rows)


def _databases(raw: Mapping[str, Any], figures: Figures | None) -> Iterator[Table]:
    """Say what queries took; or why there is nothing to say."""
    if not (figures and figures.server):
        yield Table("databases", "Long queries of a database", ["not measured"], [[raw["missing"]]])
        return
    title = f"One worker, queries of {raw['server']['delay_ms']} ms, a pool of {raw['pool']}: answers a second"
    yield _answers("databases", title, "calls by", raw["server"], figures.server)
    every = figures.warm.values()
    counts = ["1 query" if many == "1" else f"{many} queries" for many in figures.warm]
    head = ["model", *(f"{count}, ms" for count in counts), *(f"{count}, $ a million" for count in counts)]
    rows = [
        [
            named(name).title,
            *(spread(warm[name].ms) for warm in every),
            *(number(warm[name].dollars, 2) for warm in every),
        ]
        for name in raw["lambda"]["models"]
    ]
    yield Table("databases-lambda", f"Lambda: a request that makes queries of {raw['call_ms']} ms", head, rows)


def _outside(raw: Mapping[str, Any], figures: Mapping[str, Outside]) -> Table:
    rows = [
        [
            *(named(name).title, named(name).prefix + raw["path"], named(name).calls),
            *(spread(of.ms), factor(of.against), _share(of.failed)),
        ]
        for name, of in figures.items()
    ]
    head = ["model", "path", "calls run", "ms", "of sequential", "failed"]
    return Table("outside", f"{raw['url']}, as a client sees it", head, rows, 3)


def _share(value: float) -> str:
    return f"{value:.0%}" if value == 0 or value >= 0.1 else f"{value:.1%}"


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
