"""All figures, from the raw data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from measure.contrast import deployment_figures, lambda_figures, probe_figures, server_figures
from measure.contrast.deployment_figures import Outside
from measure.contrast.lambda_figures import LambdaFigures
from measure.contrast.prices import Prices
from measure.contrast.probe_figures import ProbeFigures
from measure.contrast.server_figures import ServerFigures


@dataclass(frozen=True)
class Figures:
    """What was measured, summed up; None for what was not."""

    lambda_: LambdaFigures | None
    server: ServerFigures | None
    probes: ProbeFigures | None
    deployment: dict[str, Outside] | None


def figures(raw: Mapping[str, Any]) -> Figures:
    """Compute every figure anew from the raw data of a run."""
    prices = Prices(**raw["prices"])
    return Figures(
        lambda_figures.figures(raw["lambda"], prices) if "lambda" in raw else None,
        server_figures.figures(raw["server"]) if "server" in raw else None,
        probe_figures.figures(raw["probes"]) if "probes" in raw else None,
        deployment_figures.figures(raw["deployment"]) if "deployment" in raw else None,
    )
