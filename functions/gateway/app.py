"""The asynchronous function: every endpoint of fanin.toml, and the handlers beside this file, by FastAPI."""

from fanin.compose.init_phase import ended  # isort: split

import os
from pathlib import Path

from fanin.compose.gateway import gateway
from fanin.compose.observability import observability
from fanin.entrypoints.aws_lambda.asgi import asgi_handler
from handlers import router

app = gateway(Path(__file__).parent, os.environ, routers=[router])
handler = ended(asgi_handler(app, observability=observability(os.environ)))
