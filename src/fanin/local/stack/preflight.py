"""Importing what was built as Lambda would, before anything is deployed: mistakes show here, and change nothing."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from fanin.local.layout import RUNTIME_PYTHON
from fanin.local.sam.built import Function
from fanin.local.stack.servers import without_aws

# ConfigError is told by its name: this process has only the bundle's packages, and its text is made to be read.
_IMPORT = """
import sys
sys.path[:0] = sys.argv[1:]
try:
    import app
    app.handler
except Exception as error:
    if type(error).__name__ != "ConfigError":
        raise
    sys.exit(str(error))
"""
_MADE_LATER = {"FANIN_KEYS": "keys"}
"""Environment variables without which a function may not start, and stand-ins for what the deployment makes."""
WITHIN = 60.0
"""Seconds that an import may take."""


def mistakes(functions: Sequence[Function], artifacts: Mapping[str, Path], variables: Mapping[str, str]) -> list[str]:
    """Import the handler of each function in an interpreter of its own, with its bundle and nothing else.

    Args:
        functions: which.
        artifacts: the folder in which each function and layer was built, by its name in the template.
        variables: environment variables that the functions have.

    Returns:
        What is wrong, one text for each distinct mistake; nothing if every function starts.
    """
    around = without_aws() | {"PYTHONDONTWRITEBYTECODE": "1"}
    started = []
    for function in functions:
        bundle = [artifacts[function.name], *(artifacts[layer] / "python" for layer in function.layers)]
        later = {name: value for name, value in _MADE_LATER.items() if name in function.references}
        command: list[str | Path] = [RUNTIME_PYTHON, "-c", _IMPORT, *bundle]
        started.append(
            subprocess.Popen(
                command,
                env=around | later | dict(variables),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    said = [_said(process) for process in started]
    return list(dict.fromkeys(text for text in said if text))


def _said(process: subprocess.Popen[str]) -> str:
    try:
        _, errors = process.communicate(timeout=WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return f"Importing a handler took longer than {WITHIN:.0f} s."
    return errors.strip() if process.returncode else ""
