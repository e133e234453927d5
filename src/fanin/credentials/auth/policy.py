"""authenticate: the source knows who asks. Innermost: whatever lies outside sees requests without a secret in them."""

from dataclasses import replace

from fanin.credentials.auth.authenticate import Authenticator
from fanin.credentials.flows.carry import Carrier
from fanin.engine.call import Call, Fetch, Policy, Request, Response
from fanin.engine.outcome import Outcome


def authenticate(authenticator: Authenticator, carrier: Carrier) -> Policy:
    """Make requests with secrets and credentials.

    Args:
        authenticator: knows what to put in.
        carrier: carries its questions.
    """

    def policy(fetch: Fetch) -> Fetch:
        async def with_authenticate(call: Call) -> Outcome[Response]:
            async def send(request: Request) -> Response:
                outcome = await fetch(replace(call, request=request))
                assert isinstance(outcome.value, Response)
                return outcome.value

            return Outcome(await carrier.carry(authenticator.ask(call), send))

        return with_authenticate

    return policy
