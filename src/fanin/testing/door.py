"""Who asks, as a test says: what stands in for credentials, which a test need not make."""

from collections.abc import Mapping
from dataclasses import dataclass

from fanin.config import Endpoint
from fanin.config.values import Json
from fanin.engine.caller import Caller
from fanin.engine.catalogue import ClientRequest
from fanin.engine.front_door import FrontDoor
from fanin.engine.invocation import Invocation
from fanin.engine.refusals import not_authenticated


@dataclass(slots=True)
class Claimed:
    """Lets in whom a test names; every other request is one without credentials.

    Args:
        claims: those of who asks next; None for a client without credentials.
    """

    claims: Mapping[str, Json] | None = None

    @property
    def door(self) -> FrontDoor:
        """What says who asks."""
        return FrontDoor(self._admit, self._admit_blocking)

    async def _admit(self, endpoint: Endpoint, request: ClientRequest, invocation: Invocation) -> Caller | None:
        return self._admit_blocking(endpoint, request, invocation)

    def _admit_blocking(self, endpoint: Endpoint, _: ClientRequest, invocation: Invocation) -> Caller | None:
        if endpoint.asked_by is None:
            return None
        if self.claims is None:
            raise not_authenticated("the test names no caller", endpoint.asked_by.challenge)
        caller = Caller(endpoint.asked_by.name, dict(self.claims))
        invocation.about.update(caller.told)
        return caller
