"""Looks at template.yaml without building it: by cfn-lint in four regions, and by the rules of this project.

Usage: python -m fanin.local.sam.template_check
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

from fanin.local.layout import ROOT, TEMPLATE
from fanin.local.sam.template_rules import mistakes

REGIONS: Final = ("eu-west-1", "eu-central-1", "us-east-1", "ap-southeast-2")
"""Where the template has to be valid: resources and their properties differ."""


def lint(*templates: Path, regions: tuple[str, ...] = REGIONS) -> tuple[bool, str]:
    """Have cfn-lint look at templates; say whether they are clean, and give what it says, a line each."""
    command: list[str | Path] = [ROOT / ".tools/sam/bin/cfn-lint", "--format", "parseable", "--regions", *regions]
    ran = subprocess.run([*command, "--template", *templates], capture_output=True, text=True, check=False)
    return not ran.returncode, ran.stdout + ran.stderr


def main() -> int:
    """Look at the template; 0 if nothing is wrong with it."""
    clean, said = lint(TEMPLATE)
    found = mistakes(TEMPLATE.read_text())
    sys.stderr.write(said + "".join(f"template.yaml: {mistake}\n" for mistake in found))
    return int(not clean or bool(found))


if __name__ == "__main__":
    sys.exit(main())
