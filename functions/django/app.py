"""The Django function: every endpoint of fanin.toml under `/django`, and under `/django/async`."""

from fanin.compose.init_phase import ended  # isort: split

import os

from asgi import application
from fanin.compose.observability import observability
from fanin.entrypoints.aws_lambda.asgi import asgi_handler

handler = ended(asgi_handler(application, observability=observability(os.environ)), leaves_cycles=True)
