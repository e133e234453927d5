"""A handler by hand over aiohttp, without a framework: one loop and one session for the environment's life."""

import asyncio
import json
import os
from typing import Any

import aiohttp

URLS = os.environ["PEER_URLS"].split()
kept: dict[str, Any] = {}


async def opened() -> aiohttp.ClientSession:
    """Open the session, on the loop that it will be used on."""
    timeout = aiohttp.ClientTimeout(total=20)
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout)


loop = asyncio.new_event_loop()
session = loop.run_until_complete(opened())


async def ask(url: str) -> Any:
    """Ask one source."""
    async with session.get(url) as answer:
        return await answer.json()


async def answered(path: str) -> Any:
    """Answer a path."""
    if path == "/health":
        return {"status": "ok"}
    if path == "/kept":
        if "kept" not in kept:
            kept["kept"] = await ask(URLS[0])
        return kept
    values = await asyncio.gather(*map(ask, URLS[: int(path.removeprefix("/calls/"))]))
    return {f"s{number}": value for number, value in enumerate(values)}


def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Answer one event."""
    body = json.dumps(loop.run_until_complete(answered(event["rawPath"])))
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": body}
