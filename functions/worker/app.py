"""The worker: does the tasks of the queue, such as refreshing what has become stale."""

import os
from pathlib import Path

from fanin.compose.worker import worker

handler = worker(Path(__file__).parent, os.environ)
