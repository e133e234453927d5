"""What `/opt/fanin-runtime` starts, with the function's folder and the layers on the path."""

import os
import sys
from importlib import import_module

from fanin.entrypoints.runtime.run import run

if __name__ == "__main__":
    sys.exit(run(os.environ, import_module))  # noqa: TID251 - as a function's module does
