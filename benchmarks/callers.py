"""Measure the CPU that it takes to tell who asks by a token: `python -m benchmarks.callers [--quick]`.

First the token by itself, then a whole call of the gateway, from Lambda's event to the answer with its log line, beside
one of an endpoint without a caller. Every case runs in every round, so that what drifts on a machine hits all alike. A
new token is one that this process has not seen; a known one it has just checked. The issuer's keys are known in both.
"""

import asyncio
import json
import os
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks import command
from benchmarks.configuration import LOOPBACK
from benchmarks.interleaving import sampled
from benchmarks.statistics import Spread
from benchmarks.tables import Table, number, spread
from fanin.callers.jwt.identify import Bearers
from fanin.callers.jwt.keys import Keys
from fanin.compose.gateway import gateway
from fanin.config.callers.jwt import Jwt
from fanin.credentials.flows.carry import Carrier
from fanin.engine.call import Request, Response
from fanin.entrypoints.aws_lambda.asgi import asgi_handler
from fanin.entrypoints.aws_lambda.handler import Handler, Observability
from fanin.local.process.console import Console
from fanin.local.process.processes import Processes
from fanin.testing.event import Context, event_of
from fanin.testing.issuer import Issuer

LIMITS_US: Final = {"known": 40.0, "new": 200.0}
"""What a call with a token of RS256 may cost more than one without a caller, in microseconds."""
_ALGORITHMS: Final = ("RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA")
_AUDIENCE: Final = "https://api.example.com"
_CLAIMS: Final = {
    "sub": "auth0|65f1c0ffee65f1c0ffee65f1",
    "scope": "openid profile orders:read orders:write",
    "email": "ada@example.com",
    "https://example.com/roles": ["editor", "billing"],
}
_FILE: Final = """
fanin = 1
[callers.staff]
jwt = {{ issuer = "{issuer}", audience = "{audience}", private = true }}
[sources.thing]
value = {{ name = "tea", price = 3 }}
[endpoints.own]
path = "/own"
caller = "staff"
sources = ["thing"]
[endpoints.open]
path = "/open"
caller = "anyone"
sources = ["thing"]
"""


async def _unasked(_: object) -> Any:
    raise NotImplementedError


def measured(calls: int, rounds: int) -> dict[str, list[float]]:
    """Run every case in every round; give the microseconds of CPU that a token took in each, by the case's name."""
    issuer, carrier = Issuer(algorithms=_ALGORITHMS), Carrier(_unasked)
    settings = Jwt.model_validate({"issuer": issuer.url, "audience": _AUDIENCE, "algorithms": _ALGORITHMS})
    tokens = {
        name: [issuer.token(_CLAIMS | {"jti": str(n)}, audience=_AUDIENCE, algorithm=name) for n in range(calls + 1)]
        for name in _ALGORITHMS
    }

    async def send(request: Request) -> Response:
        document = issuer.discovery if request.url == settings.discovery else issuer.jwks
        return Response(200, {}, json.dumps(document).encode())

    async def measure(case: str) -> float:
        name, age = case.split(", ")
        caller = Bearers("staff", "Bearer", settings, Keys(settings, time.monotonic), time.time)
        first, *others = [{"authorization": f"Bearer {token}"} for token in tokens[name]]
        await carrier.carry(caller.identify(first), send)  # asks for the keys
        asked = others if age == "new" else [first] * calls
        before = time.process_time()
        for headers in asked:
            await carrier.carry(caller.identify(headers), send)
        return (time.process_time() - before) / calls * 1e6

    cases = [f"{name}, {age}" for name in _ALGORITHMS for age in ("new", "known")]
    with asyncio.Runner() as runner:
        return sampled("tokens", dict.fromkeys(cases, rounds), lambda case: runner.run(measure(case)), leaving_out=1)


@contextmanager
def gateway_of(issuer: Issuer) -> Iterator[Handler]:
    """Give the gateway's handler over a file with a caller; its log lines are written, and read by nobody."""
    with ExitStack() as ends:
        folder = Path(ends.enter_context(TemporaryDirectory()))
        url = ends.enter_context(issuer.serving())
        (folder / "fanin.toml").write_text(_FILE.format(issuer=url, audience=_AUDIENCE))
        ends.enter_context(redirect_stdout(ends.enter_context(Path(os.devnull).open("w"))))
        app = gateway(folder, {"FANIN_ALLOW": LOOPBACK, "FANIN_CACHE": "off"})
        yield asgi_handler(app, observability=Observability())


def asked(path: str, token: str) -> dict[str, Any]:
    """Give the event of a call; one without a caller has a token too, since it is the gateway that is measured."""
    return event_of("GET", path, {}, {"authorization": f"Bearer {token}"}, b"")


def whole(batch: int, rounds: int) -> dict[str, list[float]]:
    """Make calls in turn; give the microseconds of CPU of a call, by the case's name, for each round."""
    issuer, numbers = Issuer(), count()

    def new() -> dict[str, Any]:
        return asked("/own", issuer.token(_CLAIMS | {"jti": str(next(numbers))}, audience=_AUDIENCE))

    with gateway_of(issuer) as handler:
        last = new()

        def measure(case: str) -> float:
            events = {"without": [asked("/open", "x")] * batch, "known": [last] * batch}.get(case)
            events = events or [new() for _ in range(batch)]
            statuses = {handler(last, Context())["statusCode"]}  # what signing has put out of the caches comes back
            before = time.process_time()
            for event in events:
                statuses.add(handler(event, Context())["statusCode"])
            took = (time.process_time() - before) / batch * 1e6
            assert statuses == {200}
            return took

        return sampled("calls", dict.fromkeys(["without", "known", "new"], rounds), measure, leaving_out=2)


def main(given: Namespace, _: Console, __: Processes) -> int:
    """Print the tables; 1 where a call takes more than it may."""
    quick = given.quick
    found = measured(calls=200 if quick else 500, rounds=5 if quick else 21)
    rows = [[name, _told(samples), number(min(samples), 1)] for name, samples in found.items()]
    command.show(Table("callers", "", ["token", "CPU µs (quartiles)", "the least"], rows))
    calls = whole(batch=100, rounds=20 if quick else 100)
    rows, held = [["without", _told(calls["without"]), "", ""]], True
    for name, limit in LIMITS_US.items():
        more = [took - without for took, without in zip(calls[name], calls["without"], strict=True)]
        rows.append([name, _told(calls[name]), _told(more), number(limit)])
        held = held and median(more) <= limit
    command.show(Table("calls", "", ["whole call, token", "CPU µs (quartiles)", "more", "may take"], rows))
    return 0 if held else 1


def _told(samples: Sequence[float]) -> str:
    return spread(Spread.of(samples, 1), 1)


if __name__ == "__main__":
    command.run(main, __doc__, quick=False)
