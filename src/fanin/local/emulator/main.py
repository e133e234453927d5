"""Run the embedded AWS's server so that the functions it starts see what Lambda's runtime has, and no more.

The emulator starts functions with the interpreter that it runs in itself. That is .tools/runtime here, an environment
without packages; the emulator's own are put on the path of this process alone. So a package that a bundle lacks is
missing here as it would be in the cloud, and so is a right that a role lacks (src/fanin/local/emulator/rights.py).
Usage: .tools/runtime/bin/python src/fanin/local/emulator/main.py SITE_PACKAGES DECISIONS
"""

import os
import runpy
import site
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(packages: str, decisions: str) -> None:
    """Run the server in this process.

    Args:
        packages: the folder of the emulator's own packages.
        decisions: the file that says what was decided about rights.
    """
    site.addsitedir(packages)
    sys.path[0] = str(HERE.parents[2])
    from fanin.local.emulator import bundles, preflights, rights  # noqa: PLC0415 - found from here on

    rights.watch(Path(decisions))
    preflights.hand_on()
    bundles.unpack_once()
    os.environ["PYTHONPATH"] = str(HERE / "runtime")
    sys.argv = ["ministack"]
    runpy.run_module("ministack", run_name="__main__")


if __name__ == "__main__":
    main(*sys.argv[1:])
