"""The worker: does the tasks of the queue, such as refreshing what has become stale."""

from fanin.compose.init_phase import ended  # isort: split

import os
from pathlib import Path

from fanin.compose.worker import worker

handler = ended(worker(Path(__file__).parent, os.environ))
