"""Handlers written by hand, for what fanin.toml cannot say; docs/handlers.md of fanin shows more.

A handler reads sources of fanin.toml through their pipelines, with all their policies:

    @router.get("/loud/{name}", summary="The greeting in capitals", response_class=Response)
    async def loud(sources: SourcesDep, name: str) -> Response:
        greeting = await sources.read("greeting", name=name)
        return sources.respond(greeting["text"].upper())

with `from fanin.entrypoints.fastapi.sources import SourcesDep` and `from fastapi import Response`.
"""

from fastapi import APIRouter

router = APIRouter()
