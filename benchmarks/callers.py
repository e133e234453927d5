"""Measure the CPU that it takes to tell who asks by a token: `python -m benchmarks.callers [--quick]`.

Every case runs in every round, so that what drifts on a machine hits all alike. A new token is one that this process
has not seen; a known one it has just checked. The issuer's keys are known in both.
"""

import argparse
import asyncio
import json
import sys
import time
from typing import Any, Final

from benchmarks.interleaving import interleaved
from benchmarks.machine import description
from benchmarks.statistics import Spread
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


async def measured(calls: int, rounds: int) -> dict[str, list[float]]:
    """Run every case in every round; give the microseconds of CPU that a token took in each, by the case's name."""
    issuer, carrier = Issuer(algorithms=_ALGORITHMS), Carrier(_unasked)
    table = {"issuer": issuer.url, "audience": _AUDIENCE, "algorithms": _ALGORITHMS}

    async def send(request: Request) -> Response:
        document = issuer.discovery if request.url == settings.discovery else issuer.jwks
        return Response(200, {}, json.dumps(document).encode())

    async def checked(caller: Bearers, tokens: list[str]) -> float:
        headers = [{"authorization": f"Bearer {token}"} for token in tokens]
        before = time.process_time()
        for each in headers:
            await carrier.carry(caller.identify(each), send)
        return (time.process_time() - before) / len(tokens) * 1e6

    settings = Jwt.model_validate(table)
    tokens = {
        name: [issuer.token(_CLAIMS | {"jti": str(n)}, audience=_AUDIENCE, algorithm=name) for n in range(calls)]
        for name in _ALGORITHMS
    }
    found: dict[str, list[float]] = {f"{name}, {age}": [] for name in _ALGORITHMS for age in ("new", "known")}
    for turn, name in interleaved(_ALGORITHMS, rounds, leaving_out=1):
        caller = Bearers("staff", "Bearer", settings, Keys(settings, time.monotonic), time.time)
        await checked(caller, tokens[name][:1])  # asks for the keys
        for age, asked in {"new": tokens[name][1:], "known": tokens[name][-1:] * calls}.items():
            took = await checked(caller, asked)
            if turn >= 0:
                found[f"{name}, {age}"].append(took)
    return found


def main() -> int:
    """Print the table; 1 where a token takes more than it may."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="fewer tokens and rounds")
    quick = parser.parse_args().quick
    found = asyncio.run(measured(calls=200 if quick else 500, rounds=5 if quick else 21))
    print(", ".join(f"{name} {value}" for name, value in description().items()))
    print("\n| token | CPU µs (quartiles) | the least | may take |\n|---|---|---|---|")
    for name, samples in found.items():
        spread = Spread.of(samples, digits=1)
        most = f"{LIMITS_US[name]:.0f}" if name in LIMITS_US else ""
        print(f"| {name} | {spread.median} ({spread.low} to {spread.high}) | {min(samples):.1f} | {most} |")
    return 0 if all(min(found[name]) <= most for name, most in LIMITS_US.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
