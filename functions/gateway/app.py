"""The asynchronous function: every endpoint of fanin.toml, and `/data`, by FastAPI on one event loop."""

import os
from pathlib import Path

from data import router
from fanin.asgi.handler import asgi_handler
from fanin.compose.gateway import gateway
from fanin.compose.seeing import seeing

app = gateway(Path(__file__).parent, os.environ, routers=[router])
handler = asgi_handler(app, seeing=seeing(os.environ))
