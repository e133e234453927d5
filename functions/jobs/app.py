"""The jobs' function: runs what clients hand in at /jobs, tells of its end, and looks each minute for the rest."""

from fanin.compose.init_phase import ended  # isort: split

import os
from pathlib import Path

from fanin.compose.jobs import jobs

handler = ended(jobs(Path(__file__).parent, os.environ))
