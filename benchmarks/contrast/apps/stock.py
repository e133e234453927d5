"""FastAPI as tutorials write it: httpx and requests as they come, and nothing of fanin."""

import os
from typing import Any

import httpx
import requests
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient()
url = os.environ["CONTRAST_UPSTREAM"]


@app.get("/shared")
async def shared() -> Any:
    """Ask the upstream with the one client of all requests."""
    response = await client.get(url)
    return response.json()


@app.get("/new")
async def new() -> Any:
    """Ask the upstream with a client for this request."""
    async with httpx.AsyncClient() as own:
        response = await own.get(url)
        return response.json()


@app.get("/blocking")
async def blocking() -> Any:
    """Ask the upstream with requests, which holds the event loop meanwhile."""
    return requests.get(url, timeout=30).json()  # noqa: ASYNC210 - the mistake that is measured
