"""The asynchronous function: every endpoint of fanin.toml, and `/data`, by FastAPI on one event loop."""

from fanin.init_phase import ended  # isort: split

import os
from pathlib import Path

from data import router
from fanin.asgi.handler import asgi_handler
from fanin.compose.gateway import gateway
from fanin.compose.seeing import seeing

app = gateway(Path(__file__).parent, os.environ, routers=[router])
handler = ended(asgi_handler(app, seeing=seeing(os.environ)))
