"""An asynchronous handler as it is often written: one client of httpx, as it comes, for all requests."""

import os
from typing import Any

import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient()
url = os.environ["CONTRAST_UPSTREAM"]


@app.get("/")
async def read() -> Any:
    """Ask the upstream, and answer with what it said."""
    response = await client.get(url)
    return response.json()
