"""A synchronous view blocks its worker: many clients need many workers."""

from measure.contrast.figures import Figures
from measure.contrast.lambda_figures import LambdaFigures
from measure.contrast.models import ASYNC, BASELINE
from measure.contrast.server_figures import ServerFigures
from measure.contrast.spelling import times
from measure.contrast.verdicts import looking
from measure.contrast.verdicts.finding import (
    ALIKE,
    BETTER,
    LAMBDA,
    SERVER,
    WITHIN,
    Finding,
    Held,
    Verdict,
    on_lambda,
    on_server,
    told,
    within,
)


def verdict(figures: Figures) -> Verdict:
    """Answer the claim."""
    return Verdict(
        "A synchronous view blocks its worker: many clients need many workers.",
        (on_server(figures, _server), on_lambda(figures, _across), within(figures, _within)),
        "One worker under closed loops of rising numbers of clients; environments by Little's law from the durations "
        "in Lambda's runtime.",
    )


def _server(figures: ServerFigures) -> Finding | None:
    found = looking.most(figures, "gunicorn-sync")
    if found is None:
        return None
    many, of, row = found
    one_at_a_time = 1000 / figures.delay_ms
    held = Held.YES if of.throughput.median <= one_at_a_time * ALIKE else Held.PART
    held = Held.NO if of.throughput.median > one_at_a_time * BETTER else held
    ours = row.get(ASYNC)
    return Finding(
        SERVER,
        held,
        told(
            f"One synchronous worker gives {of.throughput.median:,.1f} answers a second to {many}; one request at a "
            "time, "
            f"each of which waits {figures.delay_ms} ms, makes {one_at_a_time:,.1f}.",
            f"One asynchronous worker gives {ours.throughput.median:,.0f}." if ours else "",
            "While it waits for the upstream, the synchronous one takes no other request." if held is Held.YES else "",
        ),
    )


def _across(figures: LambdaFigures) -> Finding | None:
    asked, warm = looking.single(figures)
    if BASELINE not in warm or ASYNC not in warm:
        return None
    ours, theirs = (warm[name].environments["100"].mean for name in (ASYNC, BASELINE))
    held = Held.NO if theirs <= ours * ALIKE else Held.PART
    return Finding(
        LAMBDA,
        held,
        told(
            f"100 requests a second of {asked} keep {ours:,.1f} environments busy asynchronously and {theirs:,.1f} "
            "synchronously.",
            "Lambda hands an environment one request at a time in every model, so each request in flight has its own, "
            "and an asynchronous handler frees nothing for another request."
            if held is Held.NO
            else "",
        ),
    )


def _within(figures: LambdaFigures) -> Finding | None:
    asked, warm = looking.fan_out(figures)
    of = warm.get(ASYNC)
    if of is None or of.against is None:
        return None
    turned = of.against.turned()
    held = Held.by(turned.times)
    return Finding(
        WITHIN,
        held,
        told(
            f"{asked[0].upper()}{asked[1:]} one after another take {times(turned)} as long as at once"
            + (": the sum of the waits in place of the longest chain." if held is not Held.NO else "."),
            f"At 100 requests a second that keeps {warm[BASELINE].environments['100'].mean:,.0f} environments busy, "
            "and "
            f"{of.environments['100'].mean:,.0f} asynchronously.",
        ),
    )
