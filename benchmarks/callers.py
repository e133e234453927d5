"""Measure the CPU that it takes to tell who asks by a token: `python -m benchmarks.callers [--quick]`.

Every case runs in every round, so that what drifts on a machine hits all alike. A new token is one that this process
has not seen; a known one it has just checked. The issuer's keys are known in both.
"""

import asyncio
import json
import sys
import time
from typing import Any, Final

from benchmarks import command
from benchmarks.interleaving import sampled
from benchmarks.statistics import Spread
from benchmarks.tables import Table, number, spread
from fanin.callers.jwt.identify import Bearers
from fanin.callers.jwt.keys import Keys
from fanin.config.callers.jwt import Jwt
from fanin.credentials.flows.carry import Carrier
from fanin.engine.call import Request, Response
from fanin.testing.issuer import Issuer

LIMITS_US: Final = {"RS256, new": 200.0, "RS256, known": 40.0}
"""What a call may cost more, in microseconds."""
_ALGORITHMS: Final = ("RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA")
_AUDIENCE: Final = "https://api.example.com"
_CLAIMS: Final = {
    "sub": "auth0|65f1c0ffee65f1c0ffee65f1",
    "scope": "openid profile orders:read orders:write",
    "email": "ada@example.com",
    "https://example.com/roles": ["editor", "billing"],
}


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
        return sampled("tokens", cases, rounds, lambda case: runner.run(measure(case)), leaving_out=1)


def main() -> int:
    """Print the table; 1 where a token takes more than it may."""
    quick = command.options(__doc__, quick=False).quick
    found = measured(calls=200 if quick else 500, rounds=5 if quick else 21)
    rows = [
        [name, spread(Spread.of(samples, 1), 1), number(min(samples), 1), number(LIMITS_US.get(name), missing="")]
        for name, samples in found.items()
    ]
    command.show(Table("callers", "", ["token", "CPU µs (quartiles)", "the least", "may take"], rows))
    return 0 if all(min(found[name]) <= most for name, most in LIMITS_US.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
