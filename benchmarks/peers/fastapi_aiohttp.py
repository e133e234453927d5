"""FastAPI over aiohttp by hand, for a server: one session for all requests, and as many connections as it takes."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from fastapi import FastAPI


@asynccontextmanager
async def session(app: FastAPI) -> AsyncIterator[None]:
    """Hold one session as long as the server runs."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as app.state.session:
        yield


app = FastAPI(lifespan=session)
url = os.environ["PEER_URLS"].split()[0]


@app.get("/calls/1")
async def one() -> Any:
    """Ask one source."""
    async with app.state.session.get(url) as answer:
        return {"s0": await answer.json()}
