"""The function of `benchmarks.streams`: an endpoint of three sources, and a handler with and without work behind it."""

import asyncio
import os
from pathlib import Path

from fastapi import APIRouter, BackgroundTasks

from fanin.compose.gateway import gateway
from fanin.compose.observability import observability
from fanin.entrypoints.aws_lambda.asgi import asgi_handler

router = APIRouter()


@router.get("/behind/{ms}")
async def behind(ms: int, tasks: BackgroundTasks) -> dict[str, str]:
    """Answer, and work on for some milliseconds."""
    tasks.add_task(asyncio.sleep, ms / 1000)
    return {}


app = gateway(Path(__file__).parent, os.environ, routers=[router])
handler = asgi_handler(app, observability=observability(os.environ))
