"""A function of the deployed stack that waits for its sources, so that a test has time for what it does meanwhile."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fanin.local.layout import CONFIGURATION
from fanin.local.stack.stack import Stack


@contextmanager
def patient(deployed: Stack, function: str, folder: Path) -> Iterator[None]:
    """Give a function 20 seconds for each source and each endpoint, by environments that start anew.

    Args:
        deployed: the stack.
        function: its logical name.
        folder: for its fanin.toml.
    """
    file = folder / "fanin.toml"
    file.write_text(re.sub(r'^timeout = "\w+"', 'timeout = "20s"', CONFIGURATION.read_text(), flags=re.MULTILINE))
    before = dict(deployed.deployment.variables(function))
    deployed.deployment.replace_variables(function, before | {"FANIN_CONFIG": str(file)})
    yield
    deployed.deployment.replace_variables(function, before)
