"""The asynchronous function: every endpoint of fanin.toml, and `/data`, by FastAPI on one event loop."""

from fanin.compose.init_phase import ended  # isort: split

import os
from pathlib import Path

from data import router
from fanin.compose.gateway import gateway
from fanin.compose.observability import observability
from fanin.entrypoints.aws_lambda.asgi import asgi_handler

app = gateway(Path(__file__).parent, os.environ, routers=[router])
handler = ended(asgi_handler(app, observability=observability(os.environ)))
