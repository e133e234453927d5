"""`fanin cost`: what a deployment costs in a month, by its rate."""

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Table

from fanin.cli import monthly_cost
from fanin.cli.monthly_cost import MILLION, Load
from fanin.cli.options import JsonOption
from fanin.cli.terminal import messages, output, print_json
from fanin.observability import price


class Architecture(StrEnum):
    """The processors that Lambda has."""

    arm64 = "arm64"
    x86_64 = "x86_64"


def cost(  # noqa: PLR0913 - each is an option of the command
    rate: Annotated[float, typer.Option(min=0.001, max=1e6, help="Requests a second, day and night.")],
    *,
    hit: Annotated[float, typer.Option(min=0, max=1, help="The share answered from the cache.")] = 0.0,
    wait: Annotated[float, typer.Option(min=0, max=30_000, help="Milliseconds that the others wait.")] = 100.0,
    sources: Annotated[int, typer.Option(min=0, max=100, help="Sources of a request.")] = 6,
    endpoints: Annotated[int, typer.Option(min=1, max=1000, help="Endpoints of fanin.toml.")] = 1,
    memory: Annotated[int, typer.Option(min=128, max=10_240, help="The gateway's memory in MB.")] = 1769,
    architecture: Annotated[Architecture, typer.Option(help="The gateway's processor.")] = Architecture.arm64,
    answer: Annotated[float, typer.Option(min=0, max=6000, help="Size of an answer in kB.")] = 5.0,
    nat: Annotated[int, typer.Option(min=0, max=20, help="NAT gateways of the functions' VPC.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Compute what a deployment costs in a month, and how many environments it takes; docs/scale.md explains it."""
    load = Load(rate, hit, wait, sources, endpoints, memory, architecture.value, answer, nat)
    lines = monthly_cost.lines(load)
    busy, enough = monthly_cost.environments(load)
    total = sum(lines.values())
    if as_json:
        print_json(
            {
                "load": asdict(load),
                "requests": load.requests,
                "billed_ms": load.billed_ms,
                "environments": {"busy": busy, "enough": enough},
                "dollars": {**lines, "total": total},
                "prices": {"region": price.REGION, "as_of": price.AS_OF},
            }
        )
        return
    table = Table("", "$ a month", "$ a million requests", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, dollars in {**lines, "Total": total}.items():
        table.add_row(name, f"{dollars:,.2f}", f"{dollars / load.requests * MILLION:,.2f}")
    output().print(table)
    output().print(
        f"\n{load.requests / MILLION:,.1f} million requests in {monthly_cost.DAYS} days, "
        f"{load.billed_ms:,.0f} ms billed on average; {busy:,.1f} environments busy, "
        f"{enough:,} enough for 999 of 1,000 requests"
    )
    messages().print(f"List prices of {price.REGION}, {price.AS_OF}, without free tiers and discounts.")
