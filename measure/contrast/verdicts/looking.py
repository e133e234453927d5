"""Where in the figures to look, and how to name it."""

from collections.abc import Callable

from measure.contrast.lambda_figures import LambdaFigures, Warm
from measure.contrast.server_figures import Crowded, ServerFigures
from measure.contrast.tables import close_look
from measure.statistics import Ratio

type Row = dict[str, Crowded]


def single(figures: LambdaFigures) -> tuple[str, dict[str, Warm]]:
    """Give the question with the fewest calls, spelled, and what the models did with it."""
    label, warm = next(iter(figures.warm.items()))
    return calls(label), warm


def fan_out(figures: LambdaFigures) -> tuple[str, dict[str, Warm]]:
    """Give the question that is looked at closely."""
    label = close_look(figures)
    return calls(label), figures.warm[label]


def widest(figures: LambdaFigures) -> tuple[str, dict[str, Warm]]:
    """Give the question with the most calls."""
    label, warm = list(figures.warm.items())[-1]
    return calls(label), warm


def crowd(figures: ServerFigures) -> tuple[str, Row]:
    """Give the largest number of clients, spelled, and what the servers gave them."""
    most = max(map(int, figures.closed))
    return clients(most), figures.closed[str(most)]


def fewest(figures: ServerFigures, server: str) -> tuple[str, Crowded, Row] | None:
    """Give what a server gave to the fewest clients that it was measured with."""
    return _chosen(figures, server, min)


def most(figures: ServerFigures, server: str) -> tuple[str, Crowded, Row] | None:
    """Give what a server gave to the most clients that it was measured with."""
    return _chosen(figures, server, max)


def collected_seldom(row: Row) -> Ratio | None:
    """Give how many times as many answers come of collecting garbage seldom; None where it makes no difference."""
    of = row.get("collecting")
    return of.behind if of and of.behind and of.behind.low > 1 else None


def calls(label: str) -> str:
    """Spell a question."""
    return f"{label} {'call' if label == '1' else 'calls'}" if label.isdecimal() else f"endpoint {label}"


def clients(many: int) -> str:
    """Spell a number of clients."""
    return f"{many:,} {'client' if many == 1 else 'clients'}"


def _chosen(figures: ServerFigures, server: str, choose: Callable[[list[int]], int]) -> tuple[str, Crowded, Row] | None:
    found = [int(many) for many, row in figures.closed.items() if server in row]
    if not found:
        return None
    row = figures.closed[str(choose(found))]
    return clients(choose(found)), row[server], row
