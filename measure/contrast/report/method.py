"""What the report says of how it came about."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from measure.contrast.prices import MB_OF_A_PROCESSOR

_BUSY: Final = 0.5
"""The share of the cores that others may want before the report warns of it."""


def notices(raw: Mapping[str, Any]) -> Iterator[str]:
    """Warn of what makes the figures weaker than they look."""
    cores = raw["machine"]["cores"] or 1
    if raw.get("quick"):
        yield "A quick run: it shows that everything works, and settles nothing."
    if raw["load_before"] > _BUSY * cores:
        yield (
            f"The machine had other work when this began: {raw['load_before']} processes on average wanted one of its "
            f"{cores} cores. Models were measured in turn, so ratios suffer less than absolute figures."
        )
    if incomplete := [row["way"] for row in raw.get("waterfalls", ()) if not row["complete"]]:
        yield f"Not every source answered while calls were drawn: {', '.join(incomplete)}."


def paragraphs(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Say what was measured how, and what it leaves out."""
    prices = raw["prices"]
    if "lambda" in raw:
        rounds = max(row["round"] for row in raw["lambda"]["invocations"]) + 1
        yield (
            "Lambda's runtime",
            (
                "AWS's runtime interface emulator from aws-sam-cli with the functions as `sam build` made them, one "
                "process "
                "for each environment and model, on an interpreter that has the runtime interface client and nothing "
                "else. "
                f"Durations are those that the emulator logs of the runtime. Up to {rounds} rounds; in each, every "
                "model "
                "is asked once, beginning with another, so that drift hits all alike."
            ),
        )
        yield (
            "Billing",
            (
                "Begun milliseconds count whole; GB-seconds with the memory of the template. Environments: Little's "
                "law "
                "with the mean duration, and the 99.9th percentile of a Poisson distribution around it."
            ),
        )
        yield (
            "Prices",
            (
                f"{prices['region']}, {prices['architecture']}, as of {prices['as_of']}: ${prices['gb_second']} a "
                "GB-second, "
                f"${prices['million_requests']:.2f} a million requests; without free tier. An HTTP API adds "
                f"${prices['million_http_api']:.2f} a million."
            ),
        )
        yield (
            "Not in it",
            (
                "Lambda's own share of a processor: the emulator gives a function a whole core of this machine, Lambda "
                "gives "
                f"it memory / {MB_OF_A_PROCESSOR} MB of one, which stretches processor time (not waiting), cold starts "
                "above "
                "all. The network to the sources, the time in which Lambda fetches a bundle, API Gateway."
            ),
        )
    if "server" in raw:
        yield from _of_servers(raw)
    if "deployment" in raw:
        yield (
            "From outside",
            (
                "One request at a time over one kept-alive connection, the models in turn. Cold starts are in it where "
                "they "
                "happened, and so is the network between here and there."
            ),
        )
    yield (
        "Figures",
        (
            "Medians with quartiles. Ratios are of medians, those of answers a second of means, with the 95 % interval "
            "of the percentile bootstrap over "
            "rounds "
            "(2,000 draws, a fixed seed). results.json keeps every single measurement; each figure here is computed "
            "from it."
        ),
    )
    yield "Load", f"{raw['load_before']} before, {raw.get('load_after', '?')} after."


def _of_servers(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    calibration, server = raw["calibration"], raw["server"]
    yield (
        "Servers",
        (
            "One worker each, started anew for every measurement and kept to one core; generator and upstream share "
            "the "
            f"others. A request makes one call of {server['delay_ms']} ms. Closed loops: clients that ask again when "
            "they "
            "have their answer. Open loops: requests at random moments, the same for every server; a latency runs from "
            "the "
            "moment at which the request should have been sent, and one without an answer within "
            f"{server['limit_s']:.0f} s counts as slower than all others. A server that has left half unanswered is "
            "not "
            "asked at a higher rate."
        ),
    )
    yield (
        "The generator",
        (
            f"{calibration['generator_rps']:,} answers a second from a server that does nothing; straight from the "
            "upstream "
            f"{calibration['upstream_rps']:,} to 1,000 clients, of {calibration['upstream_ideal_rps']:,} that its "
            "delay "
            f"allows; a call of {server['delay_ms']} ms took {calibration['upstream_ms']} ms by itself."
        ),
    )
