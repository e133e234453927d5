"""An asynchronous handler that is none: it calls requests, and with it holds the event loop."""

import os
from typing import Any

import requests
from fastapi import FastAPI

app = FastAPI()
session = requests.Session()
url = os.environ["CONTRAST_UPSTREAM"]


@app.get("/")
async def read() -> Any:
    """Ask the upstream, and answer with what it said."""
    return session.get(url, timeout=30).json()
