"""Where things are in the project that a command was started in. All paths are absolute.

EXAMPLE in the environment names a folder of examples/ whose fanin.toml takes the place of the project's own.
"""

import os
from pathlib import Path
from typing import Final

import fanin


def _project() -> Path:
    """Find the project around the working folder: the nearest folder with a template, or the working folder."""
    here = Path.cwd().resolve()
    return next((folder for folder in (here, *here.parents) if (folder / "template.yaml").is_file()), here)


ROOT: Final = _project()
UV: Final = ROOT / ".tools/uv/bin/uv"
SAM: Final = ROOT / ".tools/sam/bin/sam"
EMULATOR_PACKAGES: Final = ROOT / ".tools/emulator/lib/python3.13/site-packages"
RUNTIME_PYTHON: Final = ROOT / ".tools/runtime/bin/python"
BUILD: Final = ROOT / "build"
EXAMPLES: Final = ROOT / "examples"
EXAMPLE: Final = os.environ.get("EXAMPLE", "")
CONFIGURATION: Final = (EXAMPLES / EXAMPLE if EXAMPLE else ROOT) / "fanin.toml"
TEMPLATE: Final = ROOT / "template.yaml"
SAMCONFIG: Final = ROOT / "samconfig.toml"
PACKAGE: Final = Path(fanin.__file__).resolve().parent
"""The package that runs, a checkout or installed: the one that layers have, too."""
PACKAGE_LAYER: Final = "FaninLayer"
"""What the layer with it is called in the template."""
