"""All figures, from the raw data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from measure.contrast import lambda_figures, server_figures
from measure.contrast.lambda_figures import LambdaFigures
from measure.contrast.prices import Prices
from measure.contrast.server_figures import ServerFigures


@dataclass(frozen=True)
class Figures:
    """What was measured, summed up; None for what was not."""

    lambda_: LambdaFigures | None
    server: ServerFigures | None


def figures(raw: Mapping[str, Any]) -> Figures:
    """Compute every figure anew from the raw data of a run."""
    prices = Prices(**raw["prices"])
    return Figures(
        lambda_figures.figures(raw["lambda"], prices) if "lambda" in raw else None,
        server_figures.figures(raw["server"]) if "server" in raw else None,
    )
