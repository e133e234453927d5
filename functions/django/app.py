"""The Django function: every endpoint of fanin.toml under `/django`, and under `/django/async`."""

import os

from asgi import application
from fanin.asgi.handler import asgi_handler
from fanin.compose.seeing import seeing

handler = asgi_handler(application, seeing=seeing(os.environ))
