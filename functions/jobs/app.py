"""The jobs' function: runs what clients hand in at /jobs, tells of its end, and looks each minute for the rest."""

import os
from pathlib import Path

from fanin.compose.jobs import jobs

handler = jobs(Path(__file__).parent, os.environ)
