"""The Django function: every endpoint of fanin.toml under `/django`, and under `/django/async`."""

from fanin.init_phase import ended  # isort: split

import os

from asgi import application
from fanin.asgi.handler import asgi_handler
from fanin.compose.seeing import seeing

handler = ended(asgi_handler(application, seeing=seeing(os.environ)), leaves_cycles=True)
