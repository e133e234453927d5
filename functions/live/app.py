"""The function behind the WebSocket API: each source the moment that it arrives, and by a queue what changes."""

import os
from pathlib import Path

from fanin.compose.live import live

handler = live(Path(__file__).parent, os.environ)
