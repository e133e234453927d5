"""The figures as tables in Markdown, for the terminal, the documentation and the report."""

import statistics
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from benchmarks.contrast import figures
from benchmarks.contrast.claims import CLAIMS, PLACES, close_look, verdicts
from benchmarks.contrast.figures import ARCHITECTURE, By, Figures, Probe, Rows
from benchmarks.contrast.models import ASYNC, BASELINE, named
from benchmarks.statistics import grouped, ratio
from benchmarks.tables import NOTHING, Part, factor, number, spread, table
from fanin.cli.monthly_cost import PRICES, busy
from fanin.observability import price

RATES: Final = (10, 100, 1000)
"""Requests a second for which the environments are counted."""
_SERVER: Final = ("title", "clients", "worker")
"""What tables say of a server."""


def tables(raw: Mapping[str, Any], measured: Figures) -> Iterator[Part]:
    """Give a table for each thing that was measured, and for each claim if all of them were."""
    if measured.warm and measured.closed and measured.probes:
        yield from _claims(measured)
    if measured.warm:
        yield from _lambda(raw["lambda"], measured)
    if measured.closed:
        server = raw["server"]
        title = f"One worker, {server['delay_ms']} ms upstream: answers a second"
        yield _answers("answers", title, "HTTP clients", server, measured)
        yield _costs(server, measured)
        yield _latencies(server, measured)
    if measured.probes:
        yield _probes(measured.probes)
    if "databases" in raw:
        yield from _databases(raw["databases"], measured.databases)
    if "deployment" in raw:
        yield _outside(raw["deployment"])
    yield _conditions(raw)


def asked(raw: Mapping[str, Any], label: str) -> str:
    """Say what the models were asked, such as "8 calls"."""
    return _many(int(label), "call") if label.isdigit() else f"GET {raw['questions'][label]}"


def _many(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'s' * (number != 1)}"


def _claims(measured: Figures) -> Iterator[Part]:
    """Give the overview, and for each claim the figures that decide it."""
    found = list(verdicts(measured))
    first = {(one.claim, one.where): str(one.held) for one in reversed(found)}
    rows = [
        [f"{number}. {claim}", *(first.get((number, where), "") for where in PLACES)]
        for number, claim in enumerate(CLAIMS, 1)
    ]
    yield table("overview", "", ["claim", *PLACES], rows, 4)
    for claim in range(1, len(CLAIMS) + 1):
        own = [one for one in found if one.claim == claim]
        rows = [[one.where, one.what, factor(one.found, 0 if "status" in one.what else 2), one.held] for one in own]
        yield table(f"claim-{claim}", "", ["where", "what is compared", "figure", "the claim"], rows, 4)


def _lambda(raw: Mapping[str, Any], measured: Figures) -> Iterator[Part]:
    models, every = raw["models"], measured.warm.values()
    rows = [[named(name).title, model["calls"], *(_ms(warm[name]) for warm in every)] for name, model in models.items()]
    head = ["model", "calls run", *(asked(raw, label) for label in measured.warm)]
    yield table("durations", "Lambda: ms of a warm request", head, rows, 2)

    look = close_look(measured)
    what, warm = asked(raw, look), measured.warm[look]
    most, rows = max(model["memory_mb"] for model in models.values()), []
    for name, of in warm.items():
        others = [warm.get(other) if other != name else None for other in (BASELINE, ASYNC)]
        against = [factor(ratio(figures.billed(of), figures.billed(other)) if other else None) for other in others]
        mean, memory = statistics.mean(figures.billed(of)), models[name]["memory_mb"]
        cpu, gb_seconds = statistics.median(row["cpu_ms"] for row in of), mean / 1000 * memory / 1024
        costs = [number(figures.dollars(of, with_mb), 2) for with_mb in (memory, most)]
        spent = [number(cpu, 1), str(memory), number(gb_seconds, 3)]
        rows.append([named(name).title, number(mean), *against, *spent, *costs])
    head = ["model", "billed ms", "of sequential", "of async", "CPU ms", "MB", "GB-s", "$ a million", f"$ at {most} MB"]
    yield table("money", f"Lambda: what a request is billed, {what}", head, rows)

    title = f"Lambda: environments busy on average / enough for 999 of 1,000 requests, {what}"
    rows = []
    for name, of in warm.items():
        counts = [busy(rate, statistics.mean(row["ms"] for row in of)) for rate in RATES]
        rows.append([named(name).title, *(f"{number(mean, 1)} / {enough:,}" for mean, enough in counts)])
    yield table("environments", title, ["model", *(f"{rate:,} requests/s" for rate in RATES)], rows)

    # A row for each function: models that share one share its initialisation.
    rows = []
    for function, starts in grouped(raw["cold_starts"], "function").items():
        init = spread([row["init_ms"] for row in starts])
        each = []
        for name, own in grouped(starts, "model").items():
            first, peak = [row["first_ms"] for row in own], max(row["peak_mb"] for row in own)
            each.append([named(name).title, spread(first), number(peak), number(models[name]["peak_mb"])])
        titles, *then = (" / ".join(cells) for cells in zip(*each, strict=True))
        rows.append([function, titles, init, *then])
    head = ["function", "its models", "initialisation, ms", "first request, ms", "peak MB then", "after all requests"]
    yield table("cold", "Lambda: cold start and memory", head, rows, 2)


def _ms(rows: Rows) -> str:
    return spread([row["ms"] for row in rows])


def _of_servers(
    raw: Mapping[str, Any], loops: By, cell: Callable[[Rows], str], missing: str = NOTHING
) -> list[list[str]]:
    """Give a row for each server that has a figure, and in it a cell for each load."""
    return [
        [*(server[key] for key in _SERVER), *(cell(row[name]) if name in row else missing for row in loops.values())]
        for name, server in raw["servers"].items()
        if any(name in row for row in loops.values())
    ]


def _answers(name: str, title: str, clients: str, raw: Mapping[str, Any], measured: Figures) -> Part:
    """Give the answers a second of servers; `clients` is the title of the column that says whose clients call."""
    head = ["handler", clients, "one worker of", *(_many(int(many), "client") for many in measured.closed)]
    return table(name, title, head, _of_servers(raw, measured.closed, lambda of: spread(figures.rates(of))), 3)


def _costs(raw: Mapping[str, Any], measured: Figures) -> Part:
    most, rows = max(measured.closed, key=int), []
    for name, of in measured.closed[most].items():
        reference = measured.closed[most].get(ASYNC) if name != ASYNC else None
        costs = [
            factor(figures.faster(reference, of) if reference else None, 1),
            number(figures.median_ms(of)),
            number(figures.cpu_ms(of), 2),
        ]
        memory = number(max(row["resident_mb"] for row in of))
        rows.append([*(raw["servers"][name][key] for key in _SERVER), *costs, memory, _share(figures.failed(of))])
    head = ["handler", "HTTP clients", "one worker of", "fanin's async def gives times as many"]
    head += ["median ms", "CPU ms an answer", "MB", "failed"]
    return table("costs", f"One worker, {int(most):,} clients: what it costs", head, rows, 3)


def _latencies(raw: Mapping[str, Any], measured: Figures) -> Part:
    limit = f"over {number(raw['limit_s'] * 1000)}"

    def cell(of: Rows) -> str:
        return " / ".join(number(figures.late_ms(of, percent), 0, limit) for percent in (50, 99))

    title = "One worker, requests arriving at a rate: ms from the intended start, median / 99th percentile"
    head = ["handler", "HTTP clients", "one worker of", *(f"{rate}/s" for rate in measured.open)]
    return table("latencies", title, head, _of_servers(raw, measured.open, cell, "failed before"), 3)


def _probes(raw: Mapping[str, Any]) -> Part:
    places, sockets = {"uvicorn": "under Uvicorn", "lambda": "in Lambda's runtime"}, raw["sockets"]
    rows = [[what, *(spread(figures.answers_ms(raw, what, place), 1) for place in places)] for what in Probe]
    rows.append(
        ["a message over a WebSocket, and back", number(statistics.median(sockets["round_trips_ms"]), 2), NOTHING]
    )
    before, after = sockets["resident_mb"]
    rows.append(["memory of a WebSocket, kB", number(max(0, after - before) * 1000 / sockets["open"]), NOTHING])
    return table("probes", "Single claims: ms of an answer", ["what", *places.values()], rows)


def _databases(raw: Mapping[str, Any], measured: Figures | None) -> Iterator[Part]:
    """Say what queries took; or why there is nothing to say."""
    if not measured:
        yield table("databases", "Long queries of a database", ["not measured"], [[raw["missing"]]])
        return
    title = f"One worker, queries of {raw['server']['delay_ms']} ms, a pool of {raw['pool']}: answers a second"
    yield _answers("databases", title, "calls by", raw["server"], measured)
    every, rows = measured.warm.values(), []
    for name in raw["lambda"]["models"]:
        memory = raw["lambda"]["models"][name]["memory_mb"]
        costs = [number(figures.dollars(warm[name], memory), 2) for warm in every]
        rows.append([named(name).title, *(_ms(warm[name]) for warm in every), *costs])
    counts = ["1 query" if many == "1" else f"{many} queries" for many in measured.warm]
    head = ["model", *(f"{count}, ms" for count in counts), *(f"{count}, $ a million" for count in counts)]
    yield table("databases-lambda", f"Lambda: a request that makes queries of {raw['call_ms']} ms", head, rows)


def _outside(raw: Mapping[str, Any]) -> Part:
    asked, rows = grouped(raw["requests"], "model"), []
    took = {name: [row["ms"] for row in own if row["complete"]] for name, own in asked.items()}
    for name, samples in took.items():
        model, lost = named(name), _share(round(1 - len(samples) / len(asked[name]), 4))
        against = ratio(samples, took[BASELINE]) if name != BASELINE and samples and took.get(BASELINE) else None
        ms = spread(samples) if samples else NOTHING
        rows.append([model.title, model.prefix + raw["path"], model.calls, ms, factor(against), lost])
    head = ["model", "path", "calls run", "ms", "of sequential", "failed"]
    return table("outside", f"{raw['url']}, as a client sees it", head, rows, 3)


def _share(value: float) -> str:
    return f"{value:.0%}" if value < 0.00005 or value >= 0.1 else f"{value:.1%}"


def _conditions(raw: Mapping[str, Any]) -> Part:
    """Say what the figures were measured with."""
    machine = raw["machine"]
    rows = {
        "date": raw["date"],
        "machine": f"{machine['cores']} cores ({machine['processor']}), {machine['system']}",
        "Python": machine["python"],
        "processes that wanted a core, before and after": f"{raw['load_before']}, {raw['load_after']}",
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
    return table("conditions", "", ["what", "of this run"], list(rows.items()), 2)
