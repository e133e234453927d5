"""The function behind the WebSocket API: each source the moment that it arrives, and by a queue what changes."""

from fanin.compose.init_phase import ended  # isort: split

import os
from pathlib import Path

from fanin.compose.websocket import live

handler = ended(live(Path(__file__).parent, os.environ))
