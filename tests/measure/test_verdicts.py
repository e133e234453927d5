"""Verdicts follow from the figures: other figures, other verdicts, and no number that was not measured."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from fanin.local.layout import ROOT
from measure.contrast.figures import figures
from measure.contrast.verdicts import verdicts
from measure.contrast.verdicts.finding import LAMBDA, SERVER, WITHIN, Held
from measure.contrast.verdicts.overall import in_short, no_gain
from tests.measure.planted import raw

FIXED = {"1", "8", "40", "100"}
"""Numbers that are part of what is asked, not of what is answered: calls, threads, requests a second, milliseconds."""

MODULES = sorted((ROOT / "measure/contrast/verdicts").glob("*.py"))


def held(claim: int, where: str, **planted: Any) -> Held:
    data = raw(**planted)
    return next(f.held for f in verdicts(figures(data))[claim - 1].findings if f.where == where)


def texts(**planted: Any) -> str:
    found = figures(raw(**planted))
    findings = [finding.text for verdict in verdicts(found) for finding in verdict.findings]
    return "\n".join([*findings, *in_short(found), *no_gain(found)])


def test_there_are_eight_claims_in_their_order() -> None:
    claims = [verdict.claim for verdict in verdicts(figures(raw()))]
    assert len(claims) == 8
    for claim, word in zip(
        claims, ["blocks", "frees", "pool", "Background", "WebSockets", "Django's", "queue", "one ASGI"], strict=True
    ):
        assert word in claim


@pytest.mark.parametrize(
    ("claim", "where", "planted", "expected"),
    [
        (1, SERVER, {}, Held.YES),
        (1, SERVER, {"throughput": {"gunicorn-sync": 900}}, Held.NO),
        (1, LAMBDA, {}, Held.NO),
        (1, LAMBDA, {"durations": {("async", 1): 20.0}}, Held.PART),
        (1, WITHIN, {}, Held.YES),
        (1, WITHIN, {"durations": {("sync", 8): 120.0}}, Held.NO),
        (2, SERVER, {}, Held.YES),
        (2, SERVER, {"throughput": {"async": 400}}, Held.PART),
        (2, SERVER, {"throughput": {"async": 200}}, Held.NO),
        (2, LAMBDA, {}, Held.NO),
        (2, LAMBDA, {"durations": {("async", 1): 50.0}}, Held.PART),
        (2, WITHIN, {}, Held.YES),
        (2, WITHIN, {"durations": {("async", 8): 500.0}}, Held.PART),
        (2, WITHIN, {"durations": {("async", 8): 900.0}}, Held.NO),
        (3, SERVER, {}, Held.YES),
        (3, SERVER, {"throughput": {"threads": 60}}, Held.PART),
        (3, WITHIN, {}, Held.YES),
        (3, WITHIN, {"durations": {("threads", 8): 300.0}}, Held.PART),
        (3, WITHIN, {"durations": {("threads", 8): 800.0}}, Held.NO),
        (4, SERVER, {}, Held.YES),
        (4, SERVER, {"responses": {("uvicorn", "/task/500"): 501.0}}, Held.NO),
        (4, LAMBDA, {}, Held.NO),
        (4, LAMBDA, {"responses": {("lambda", "/task/500"): 2.0}}, Held.YES),
        (5, SERVER, {}, Held.YES),
        (5, WITHIN, {"responses": {("lambda", "/queries/waiting/at-once/8"): 800.0}}, Held.NO),
        (6, SERVER, {}, Held.PART),
        (6, SERVER, {"throughput": {"django-async": 950}}, Held.YES),
        (6, SERVER, {"throughput": {"django-async": 150}}, Held.NO),
        (6, WITHIN, {"durations": {("django-async", 8): 400.0}}, Held.PART),
        (7, LAMBDA, {}, Held.YES),
        (7, SERVER, {}, Held.PART),
        (7, LAMBDA, {"responses": {("lambda", "/task/500"): 4.0}}, Held.PART),
        (7, LAMBDA, {"responses": {("lambda", "/queued"): 450.0}}, Held.NO),
        (8, SERVER, {}, Held.UNKNOWN),
        (8, SERVER, {"throughput": {"one-process": 900, "one-process-django": 400}}, Held.YES),
        (8, SERVER, {"throughput": {"one-process": 500, "one-process-django": 400}}, Held.PART),
        (8, SERVER, {"throughput": {"one-process": 900, "one-process-django": 40}}, Held.PART),
    ],
)
def test_a_verdict_flips_with_its_figure(claim: int, where: str, planted: dict[str, Any], expected: Held) -> None:
    assert held(claim, where, **planted) == expected


def test_what_was_not_measured_is_not_judged() -> None:
    data = raw()
    del data["lambda"], data["server"], data["probes"]
    findings = [finding for verdict in verdicts(figures(data)) for finding in verdict.findings]
    assert {finding.held for finding in findings} == {Held.UNKNOWN}


def test_the_goal_is_said_to_be_met_where_it_is() -> None:
    assert "within the goal of 0.16" in texts()
    assert "above the goal of 0.16" in texts(durations={("async", 8): 200.0})


def test_where_async_gains_nothing_is_said_where_it_is_so() -> None:
    careless = "A badly chosen client"
    assert careless in texts()
    assert careless not in texts(throughput={"careless": 900})
    assert "not one good answer" in texts(throughput={"careless": 0})
    collecting = "It looks for garbage seldom"
    assert collecting not in texts()
    assert collecting in texts(throughput={"collecting": 700})
    assert collecting not in texts(throughput={"collecting": 1000})
    together, garbage = {"one-process": 900, "one-process-django": 400}, "And its garbage"
    assert garbage not in texts(throughput=together)
    assert garbage in texts(throughput={**together, "collecting": 700})
    one_call = "A request with 1 call, on Lambda"
    assert one_call in texts()
    assert one_call not in texts(durations={("async", 1): 50.0})


@pytest.mark.parametrize(
    "module", sorted((ROOT / "measure/contrast/verdicts").glob("*.py")), ids=lambda path: path.stem
)
def test_no_sentence_has_a_number_of_its_own(module: Path) -> None:
    """What stands in the sentences themselves belongs to what is asked, or is a name."""
    tree = ast.parse(module.read_text())
    apart = {id(part) for node in ast.walk(tree) for part in _no_sentences(node)}
    said = " ".join(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in apart
    )
    assert set(re.findall(r"\d[\d,.]*\d|\d", said)) <= FIXED


def _no_sentences(node: ast.AST) -> list[ast.AST]:
    """Give the documentation below a node, and the formats of its numbers."""
    if isinstance(node, ast.Expr):
        return list(ast.walk(node))
    if isinstance(node, ast.FormattedValue) and node.format_spec:
        return list(ast.walk(node.format_spec))
    return []
