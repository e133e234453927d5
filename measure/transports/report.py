"""The figures as Markdown tables."""

from collections.abc import Iterable
from typing import Any


def markdown(results: dict[str, Any]) -> str:
    """Return one section for each thing measured, with a line for each candidate and way."""
    sections = [
        ("Calls of 100 ms, kept alive: ms (quartiles)", _spreads(results["warm_ms"])),
        ("The first fan-out, nothing connected: ms (quartiles)", _spreads(results["cold_ms"])),
        ("CPU of a call: µs (quartiles)", _spreads(results["cpu_us"])),
        (
            "Cold start",
            _table(
                ["", "CPU ms over the interpreter", "bundle MB"],
                ([name, ms, results["bundle_mb"][name]] for name, ms in results["cold_start_ms"].items()),
            ),
        ),
        ("The peer ended idle connections in a freeze: calls that failed", _freeze(results)),
        (
            "TLS, 10 connections, 6 runs of the loop",
            _table(
                ["", "handshakes", "first run ms", "later run ms"],
                ([name, tls.handshakes, tls.first, tls.later] for name, tls in results["tls"].items()),
            ),
        ),
        (
            "Pinning a checked address",
            _table(
                ["", "how", "right name", "wrong name", "literals pass the guard"],
                (
                    [name, pin.how, pin.right_name, pin.wrong_name, "yes" if pin.sees_literals else "no"]
                    for name, pin in results["pinning"].items()
                ),
            ),
        ),
        (
            "Under asyncio.timeout: ms after the deadline (tasks and sockets left, error of the next call)",
            _clock(results["by_the_clock"]),
        ),
        (
            "Floods",
            _table(
                ["", "10 MB of headers", "CPU ms", "MB more", "unread endless body: MB more"],
                (
                    [name, flood.headers, flood.header_cpu, flood.header_megabytes, flood.unread_megabytes]
                    for name, flood in results["flooded"].items()
                ),
            ),
        ),
    ]
    return "\n\n".join(f"### {title}\n\n{table}" for title, table in sections)


def _spreads(measured: dict[str, dict[str, Any]]) -> str:
    names = next(iter(measured.values()))
    rows = (
        [name, *(f"{of[name].median:.1f} ({of[name].low:.0f}–{of[name].high:.0f})" for of in measured.values())]  # noqa: RUF001 - a range
        for name in names
    )
    return _table(["", *measured], rows)


def _freeze(results: dict[str, Any]) -> str:
    stood, turned = results["after_freeze"], results["after_freeze_and_a_turn"]
    cases = list(next(iter(stood.values())).failed)
    rows = (
        [
            name,
            *(f"{one.failed[case]} / {turned[name].failed[case]}" for case in cases),
            f"{one.gets_seen}, {one.posts_seen}",
            ", ".join(sorted(set(one.errors) | set(turned[name].errors))) or "none",
        ]
        for name, one in stood.items()
    )
    head = ["of " + str(next(iter(stood.values())).calls) + ", at once / after sleep(0)", *cases]
    return _table([*head, "times a GET, a POST was seen that got RST", "errors"], rows)


def _clock(measured: dict[str, dict[str, Any]]) -> str:
    hazards = list(next(iter(measured.values())))
    rows = (
        [
            name,
            *(f"{of[case].late:.1f} ({of[case].tasks}, {of[case].sockets}, {of[case].next_call})" for case in hazards),
        ]
        for name, of in measured.items()
    )
    return _table(["", *hazards], rows)


def _table(head: list[str], rows: Iterable[list[Any]]) -> str:
    lines = [head, ["---"] * len(head), *([str(cell) for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
