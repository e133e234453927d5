"""Run the embedded AWS's server so that the functions it starts see what Lambda's runtime has, and no more.

The emulator starts functions with the interpreter that it runs in itself. That is .tools/runtime here, an environment
without packages; the emulator's own are put on the path of this process alone. So a package that a bundle lacks is
missing here as it would be in the cloud, and so is a right that a role lacks (dev/emulator_rights.py).
Usage: .tools/runtime/bin/python dev/emulator_main.py SITE_PACKAGES DECISIONS
"""

import os
import runpy
import site
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

packages, decisions = sys.argv[1:]
site.addsitedir(packages)
sys.path[0] = str(ROOT)
from dev import emulator_rights  # noqa: E402 - found from here on

emulator_rights.watch(Path(decisions))
os.environ["PYTHONPATH"] = str(ROOT / "dev/runtime")
sys.argv = ["ministack"]
runpy.run_module("ministack", run_name="__main__")
