"""Where things are in the repository. Absolute, so that nothing depends on the folder a command was started in."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[3]
UV: Final = ROOT / ".tools/uv/bin/uv"
SAM: Final = ROOT / ".tools/sam/bin/sam"
EMULATOR_PACKAGES: Final = ROOT / ".tools/emulator/lib/python3.13/site-packages"
RUNTIME_PYTHON: Final = ROOT / ".tools/runtime/bin/python"
BUILD: Final = ROOT / "build"
CONFIGURATION: Final = ROOT / "fanin.toml"
TEMPLATE: Final = ROOT / "template.yaml"
SAMCONFIG: Final = ROOT / "samconfig.toml"
PACKAGE: Final = ROOT / "src/fanin"
PACKAGE_LAYER: Final = ROOT / "layers/fanin"
