"""What the tests of fanin.testing are given."""

from pathlib import Path

import pytest

from tests.testing.world import TOML


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    """Write a fanin.toml."""
    file = tmp_path / "fanin.toml"
    file.write_text(TOML)
    return file
