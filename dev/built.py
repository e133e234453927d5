"""What SAM built: which functions there are, with which layers, and from which folders of the repository."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from dev.layout import ROOT

_TARGET = re.compile(r"^build-(\w+):", re.MULTILINE)


@dataclass(frozen=True)
class Function:
    """A function of the template.

    Args:
        name: its name in the template.
        layers: its layers' names in the template.
    """

    name: str
    layers: tuple[str, ...]


def functions(template: Path) -> list[Function]:
    """Read the functions of a built template, in its order."""
    resources = yaml.safe_load(template.read_text())["Resources"]
    return [
        Function(name, tuple(layer["Ref"] for layer in resource["Properties"].get("Layers", [])))
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    ]


def folders() -> dict[str, Path]:
    """Return the folder that each function and layer is built from, by its name in the template."""
    return {name: makefile.parent for makefile in _makefiles() for name in _TARGET.findall(makefile.read_text())}


def _makefiles() -> Iterator[Path]:
    yield from sorted([*ROOT.glob("functions/*/Makefile"), *ROOT.glob("layers/*/Makefile")])
