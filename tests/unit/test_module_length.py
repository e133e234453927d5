"""No module of the package is so long that one cannot read it at a sitting."""

from pathlib import Path

import fanin

MOST_LINES = 320
"""Lines of a module, with its comments: a longer one has two reasons to change."""


def test_no_module_has_over_320_lines() -> None:
    modules = list(Path(fanin.__file__).parent.rglob("*.py"))
    lengths = {str(module): len(module.read_text(encoding="utf-8").splitlines()) for module in modules}
    assert {module: lines for module, lines in lengths.items() if lines > MOST_LINES} == {}
