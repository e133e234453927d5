"""The synchronous function: the same endpoints under `/sync`, one call after another with requests."""

from fanin.compose.init_phase import ended  # isort: split

import os
from pathlib import Path

from fanin.compose.sync import sync

handler = ended(sync(Path(__file__).parent, os.environ))
