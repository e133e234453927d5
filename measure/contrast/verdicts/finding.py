"""What an answer is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from measure.contrast.figures import Figures
from measure.contrast.lambda_figures import LambdaFigures
from measure.contrast.probe_figures import ProbeFigures
from measure.contrast.server_figures import ServerFigures

ALIKE: Final = 1.3
"""Within so many times of each other, two figures count as alike."""
BETTER: Final = 4.0
"""From so many times on, a claim of more holds; below, but beyond `ALIKE`, it holds in part."""
GOAL: Final = 0.16
"""What the asynchronous model may be billed of the sequential one's time, for eight calls."""
SERVER: Final = "A long-running server"
LAMBDA: Final = "Lambda, across requests"
WITHIN: Final = "Within one invocation"


class Held(StrEnum):
    """Whether a claim held."""

    YES = "holds"
    PART = "holds in part"
    NO = "does not hold"
    UNKNOWN = "not measured"

    @classmethod
    def by(cls, times: float) -> "Held":
        """Judge a claim that something is so many times as much: as much as `BETTER`, or at least not `ALIKE`."""
        return cls.YES if times >= BETTER else cls.PART if times > ALIKE else cls.NO


@dataclass(frozen=True)
class Finding:
    """A claim in one setting.

    Args:
        where: the setting.
        held: whether it held there.
        text: by what factor, and why.
    """

    where: str
    held: Held
    text: str


@dataclass(frozen=True)
class Verdict:
    """A claim, answered.

    Args:
        claim: the claim.
        findings: a finding for each setting.
        how: how it was measured.
    """

    claim: str
    findings: tuple[Finding, ...]
    how: str


def told(*sentences: str) -> str:
    """Put together what is to be said; a reason that does not apply is empty."""
    return " ".join(sentence for sentence in sentences if sentence)


def on_server(figures: Figures, find: Callable[[ServerFigures], Finding | None]) -> Finding:
    """Find something in a server's figures, if they are there and have it."""
    return (find(figures.server) if figures.server else None) or _unknown(SERVER)


def on_lambda(figures: Figures, find: Callable[[LambdaFigures], Finding | None]) -> Finding:
    """Find something across requests in Lambda's figures."""
    return (find(figures.lambda_) if figures.lambda_ else None) or _unknown(LAMBDA)


def within(figures: Figures, find: Callable[[LambdaFigures], Finding | None]) -> Finding:
    """Find something within a request in Lambda's figures."""
    return (find(figures.lambda_) if figures.lambda_ else None) or _unknown(WITHIN)


def probed(figures: Figures, where: str, find: Callable[[ProbeFigures], Finding | None]) -> Finding:
    """Find something in the figures of single claims."""
    return (find(figures.probes) if figures.probes else None) or _unknown(where)


def _unknown(where: str) -> Finding:
    return Finding(where, Held.UNKNOWN, "This run has no figures for it.")
