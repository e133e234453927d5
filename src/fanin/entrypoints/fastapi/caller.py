"""Who asks, for a handler written by hand: the same check as before an endpoint.

A handler takes `who: Annotated[Caller, Depends(caller("staff"))]`. The sources that it reads then know who asks.
"""

from fastapi import Request

from fanin.config.record import record
from fanin.engine.caller import Caller
from fanin.engine.catalogue import Catalogue, ClientRequest
from fanin.engine.front_door import FrontDoor
from fanin.engine.refusals import NOBODY, not_authenticated
from fanin.entrypoints.servers.asgi import invocation_of
from fanin.errors import RequestError

__all__ = ["Caller", "CallerIs", "anyone", "caller", "identified"]


@record
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
        state = request.app.state
        request.state.caller = who = await identified(self.name, state.catalogue, state.door, request)
        return who


async def identified(name: str, catalogue: Catalogue, door: FrontDoor, request: Request) -> Caller:
    """Find out who asks, where no endpoint says who may.

    Args:
        name: which of [callers] it has to be.
        catalogue: what is served.
        door: says who asks.
        request: the client's.

    Raises:
        RequestError: it is nobody of these, or nobody can say.
        KeyError: there are no such callers.
    """
    asked = ClientRequest(request.path_params, request.headers)
    who = await door.admit(catalogue.open_to(name), asked, invocation_of(request.scope)) if door.admit else None
    if who is None:
        raise not_authenticated("it is not known who asks", catalogue.config.callers[name].challenge)
    return who


async def anyone(catalogue: Catalogue, door: FrontDoor, request: Request) -> Caller:
    """Find out which of [callers] asks: the first that it can be.

    Raises:
        RequestError: it is nobody of them, as the one says that comes nearest; or nobody can say.
    """
    refused: RequestError | None = None
    for name in catalogue.config.callers:
        try:
            return await identified(name, catalogue, door, request)
        except RequestError as error:
            if error.status not in NOBODY:
                raise
            if refused is None or error.status > refused.status:
                refused = error
    assert refused is not None
    raise refused


def caller(name: str) -> CallerIs:
    """Make a dependency of a handler that only one of `[callers]` may ask: `Depends(caller("staff"))`."""
    return CallerIs(name)
