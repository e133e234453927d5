"""AWS Lambda Powertools' resolver, with requests in threads: one session, and a thread for each source."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from requests.adapters import HTTPAdapter

URLS = os.environ["PEER_URLS"].split()
app = APIGatewayHttpResolver()
pool = ThreadPoolExecutor(max_workers=len(URLS))
session = requests.Session()
session.mount("http://", HTTPAdapter(pool_connections=len(URLS), pool_maxsize=len(URLS)))
kept: dict[str, Any] = {}


def ask(url: str) -> Any:
    """Ask one source."""
    return session.get(url, timeout=20).json()


@app.get("/health")
def health() -> dict[str, str]:
    """Answer without asking anyone."""
    return {"status": "ok"}


@app.get("/calls/<calls>")
def calls_at_once(calls: str) -> Any:
    """Ask so many sources at once."""
    return {f"s{number}": value for number, value in enumerate(pool.map(ask, URLS[: int(calls)]))}


@app.get("/kept")
def from_memory() -> Any:
    """Ask one source the first time, and answer from memory then."""
    if "kept" not in kept:
        kept["kept"] = ask(URLS[0])
    return kept


handler = app.resolve
