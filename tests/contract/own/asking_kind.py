"""A kind of callers of whom a server has to be asked, as of those with tokens: for tests of how questions are carried.

The key `iam` of fanin.toml stands for it while `callers.kinds` says so.
"""

import json
from collections.abc import Mapping

from fanin.callers.kinds import Around, Identify
from fanin.config.callers import Callers
from fanin.credentials.flows import Conversation, OneAtATime, SendRequest
from fanin.engine.call import Request
from fanin.engine.catalogue import Caller
from fanin.engine.invocation import Network
from fanin.engine.refusals import callers_unavailable, not_authenticated
from fanin.errors import SourceError


def identifying(callers: Callers, around: Around) -> Identify:
    """Ask the URL in the header `x-issuer` who has the token in the header `authorization`."""

    def ask(url: str, token: str) -> Conversation[Caller]:
        try:
            answer = yield SendRequest(Request("GET", url, (("X-Token", token),)))
        except SourceError as error:
            raise callers_unavailable(error.problem) from error
        if answer.status != 200:
            raise callers_unavailable(f"status {answer.status}")
        return Caller(callers.name, json.loads(answer.body))

    def identify(
        headers: Mapping[str, str], cookies: Mapping[str, str], network: Network, deadline: float
    ) -> Conversation[Caller]:
        assert deadline - around.clock() <= 5
        assert (dict(cookies), network.iam) == ({}, {})
        if not (token := headers.get("authorization", "")):
            raise not_authenticated("no token", callers.challenge)
        caller: Caller = yield OneAtATime("issuer", ask(headers["x-issuer"], token))
        return caller

    return identify
