"""FastAPI and httpx behind Mangum with the two changes that help most: one shared client, and no lifespan."""

import asyncio
import os
from typing import Any

import httpx
from fastapi import FastAPI
from mangum import Mangum

URLS = os.environ["PEER_URLS"].split()
app = FastAPI()
client = httpx.AsyncClient(timeout=20)
kept: dict[str, Any] = {}


@app.get("/health")
async def health() -> dict[str, str]:
    """Answer without asking anyone."""
    return {"status": "ok"}


@app.get("/calls/{calls}")
async def calls_at_once(calls: int) -> Any:
    """Ask so many sources at once."""
    answers = await asyncio.gather(*map(client.get, URLS[:calls]))
    return {f"s{number}": answer.json() for number, answer in enumerate(answers)}


@app.get("/kept")
async def from_memory() -> Any:
    """Ask one source the first time, and answer from memory then."""
    if "kept" not in kept:
        kept["kept"] = (await client.get(URLS[0])).json()
    return kept


handler = Mangum(app, lifespan="off")
