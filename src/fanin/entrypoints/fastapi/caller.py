"""Who asks, for a handler written by hand: the same check as before an endpoint.

A handler takes `who: Annotated[Caller, Depends(caller("staff"))]`. The sources that it reads then know who asks.
"""

from dataclasses import dataclass

from fastapi import Request

from fanin.config import Config, Endpoint
from fanin.engine.catalogue import Caller, ClientRequest
from fanin.engine.front_door import FrontDoor
from fanin.engine.invocation import Invocation
from fanin.engine.refusals import not_authenticated
from fanin.entrypoints.servers.asgi import invocation_of

__all__ = ["Caller", "CallerIs", "caller"]


@dataclass(frozen=True, slots=True)
class CallerIs:
    """A dependency that lets one of `[callers]` pass, and gives who it is.

    Args:
        name: which.
    """

    name: str

    async def __call__(self, request: Request) -> Caller:
        """Find out who asks.

        Raises:
            RequestError: it is nobody of these, or nobody can say.
            KeyError: fanin.toml has no such callers.
        """
        config: Config = request.app.state.config
        callers = config.callers[self.name]
        guarded = Endpoint(path="/handler", sources=("none",))
        guarded.take_callers(self.name, config.callers)
        asked = ClientRequest(request.path_params, request.headers)
        who = await _admitted(request.app.state.door, guarded, asked, invocation_of(request.scope))
        if who is None:
            raise not_authenticated("it is not known who asks", callers.challenge)
        request.state.caller = who
        return who


async def _admitted(door: FrontDoor, guarded: Endpoint, asked: ClientRequest, invocation: Invocation) -> Caller | None:
    return await door.admit(guarded, asked, invocation) if door.admit else None


def caller(name: str) -> CallerIs:
    """Make a dependency of a handler that only one of `[callers]` may ask: `Depends(caller("staff"))`."""
    return CallerIs(name)
