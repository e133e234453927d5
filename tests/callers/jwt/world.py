"""An issuer that a test scripts, and what holds a caller's conversations with it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fanin.callers.jwt.identify import Bearers
from fanin.callers.jwt.keys import Keys
from fanin.config.callers.jwt import Jwt
from fanin.credentials.flows import Conversation, OneAtATime, SendRequest
from fanin.engine.call import Request, Response
from fanin.engine.catalogue import Caller
from fanin.engine.outcome import Clock
from tests.callers.jwt.tokens import ISSUER, NOW, jwks, settings

DISCOVERY = f"{ISSUER}/.well-known/openid-configuration"
KEYS = f"{ISSUER}/keys"

CHALLENGE = 'Bearer realm="staff"'

type Answer = Response | Exception
"""What the issuer answers, or how asking it fails."""


def document(value: object, status: int = 200, headers: Mapping[str, str] = {}) -> Response:
    """Make an answer of JSON, or of bytes as they are."""
    return Response(status, headers, value if isinstance(value, bytes) else json.dumps(value).encode())


def bearers(table: Jwt, clock: Clock, now: Clock) -> Bearers:
    """Make the callers of a table."""
    return Bearers("staff", CHALLENGE, table, Keys(table, clock), now)


@dataclass
class World:
    """A clock, and an issuer.

    Args:
        answers: by URL.
        asked: the URLs that were asked, in their order.
        seconds: the clock.
        today: the seconds since 1970.
    """

    answers: dict[str, Answer | Callable[[], Answer]] = field(
        default_factory=lambda: {DISCOVERY: document({"issuer": ISSUER, "jwks_uri": KEYS}), KEYS: document(jwks())}
    )
    asked: list[str] = field(default_factory=list)
    seconds: float = 1000.0
    today: float = NOW

    def clock(self) -> float:
        return self.seconds

    def now(self) -> float:
        return self.today

    def caller(self, **told: Any) -> Bearers:
        """Make callers with this clock; their tokens stay good, whatever the clock says."""
        return bearers(settings(**told), self.clock, self.now)

    def answer(self, request: Request) -> Response:
        self.asked.append(request.url)
        answer = self.answers[request.url]
        answer = answer() if callable(answer) else answer
        if isinstance(answer, Exception):
            raise answer
        return answer

    def held[Result](self, conversation: Conversation[Result]) -> Result:
        """Hold a conversation to its end."""
        try:
            question = next(conversation)
            while True:
                try:
                    match question:
                        case SendRequest(request):
                            answer: Any = self.answer(request)
                        case OneAtATime(_, inner):
                            answer = self.held(inner)
                        case _:
                            raise NotImplementedError(question)  # noqa: TRY301 - thrown in, and so back to the test
                except Exception as error:  # noqa: BLE001 - as the carriers do
                    question = conversation.throw(error)
                else:
                    question = conversation.send(answer)
        except StopIteration as ended:
            result: Result = ended.value
            return result

    def identified(self, caller: Bearers, token: str) -> Caller:
        """Have a caller check a token."""
        return self.held(caller.identify({"authorization": f"Bearer {token}"}))
