"""Run the embedded AWS's server so that the functions it starts see what Lambda's runtime has, and no more.

The emulator starts functions with the interpreter that it runs in itself. That is .tools/runtime here, an environment
without packages; the emulator's own are put on the path of this process alone. So a package that a bundle lacks is
missing here as it would be in the cloud.
Usage: .tools/runtime/bin/python dev/emulator_main.py SITE_PACKAGES
"""

import os
import runpy
import site
import sys
from pathlib import Path

site.addsitedir(sys.argv[1])
os.environ["PYTHONPATH"] = str(Path(__file__).parent / "runtime")
sys.argv = ["ministack"]
runpy.run_module("ministack", run_name="__main__")
