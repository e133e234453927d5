"""The synchronous function: the same endpoints under `/sync`, one call after another with requests."""

import os
from pathlib import Path

from fanin.compose.sync import sync

handler = sync(Path(__file__).parent, os.environ)
