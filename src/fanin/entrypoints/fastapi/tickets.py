"""`POST /tickets`: a caller gets what stands for its credentials once, for where its browser sends none."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from fanin.config.format import TICKETS
from fanin.config.values import Json
from fanin.contract import answers
from fanin.engine.catalogue import Catalogue
from fanin.engine.front_door import FrontDoor, Ticket
from fanin.engine.refusals import unknown_path
from fanin.entrypoints.fastapi.caller import anyone
from fanin.entrypoints.fastapi.respond import respond
from fanin.entrypoints.servers.asgi import invocation_of


def tickets_router(catalogue: Catalogue, door: FrontDoor) -> APIRouter:
    """Make the route.

    Args:
        catalogue: says who the callers are.
        door: makes sure of them, and gives tickets.
    """
    router = APIRouter(tags=["fanin"], default_response_class=Response)

    @router.post(TICKETS, name="tickets", summary="Get a one-time ticket")
    async def ticket(request: Request) -> Response:
        invocation = invocation_of(request.scope)
        if door.issue is None:
            raise unknown_path()
        issued = await door.issue(await anyone(catalogue, door, request), invocation)
        return respond(answers.json_answer(_body(issued), invocation.request_id))

    return router


def _body(issued: Ticket) -> Json:
    return {"ticket": issued.text, "expires_in": int(issued.seconds)}
