"""`GET /data`: a handler written by hand, over the sources and pipelines of fanin.toml."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from fanin.entrypoints.fastapi.sources import SourcesDep

router = APIRouter()


@router.get("/data", summary="Where a city is: one source's JSON, or the problem", response_class=Response)
async def data(
    sources: SourcesDep, city: Annotated[str, Query(min_length=1, max_length=256, examples=["Lisbon"])] = "Lisbon"
) -> Response:
    """Read one source; where it fails, its error becomes the answer."""
    return sources.respond(await sources.read("geo", city=city))
