"""`POST /background`: work that goes on when the request has been answered, where the server lets it."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Query, Request

router = APIRouter()


@router.post("/background", status_code=202, summary="Have work done behind the answer")
async def background(
    request: Request, tasks: BackgroundTasks, seconds: Annotated[float, Query(ge=0, le=5)] = 1.0
) -> dict[str, float]:
    """Answer, and work for some seconds: behind the response under Uvicorn; before it under Mangum, which waits."""

    async def work() -> None:
        await asyncio.sleep(seconds)
        request.app.state.done = _done(request) + 1

    tasks.add_task(work)
    return {"seconds": seconds}


@router.get("/background", summary="How often that work has been done")
async def done(request: Request) -> dict[str, int]:
    """Say how often."""
    return {"done": _done(request)}


def _done(request: Request) -> int:
    count: int = getattr(request.app.state, "done", 0)
    return count
