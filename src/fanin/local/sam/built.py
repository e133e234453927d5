"""What SAM built: which functions there are, with which layers, and from which folders of the repository."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fanin.local.layout import PACKAGE, PACKAGE_LAYER, ROOT


@dataclass(frozen=True)
class Function:
    """A function of the template.

    Args:
        name: its name in the template.
        layers: its layers' names in the template.
        memory_mb: the memory that it has unless an environment says otherwise.
        variables: the environment variables that are written out in the template.
        references: the names of those that refer to what the deployment makes, such as a table.
    """

    name: str
    layers: tuple[str, ...]
    memory_mb: int
    variables: Mapping[str, str]
    references: frozenset[str] = frozenset()


def functions(template: Path) -> list[Function]:
    """Read the functions of a built template, in its order."""
    content = yaml.safe_load(template.read_text())
    common = content.get("Globals", {}).get("Function", {})
    return [
        Function(
            name,
            layers(properties, content),
            _memory(common | properties, content.get("Parameters", {})),
            _variables(common) | _variables(properties),
            frozenset(name for name, value in _given(properties).items() if not isinstance(value, str)),
        )
        for name, properties in of_type("AWS::Serverless::Function", content).items()
    ]


def layers(properties: Mapping[str, Any], content: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the layers of a function that a template builds; those of a part, too, since a build has only those on.

    Args:
        properties: the function's.
        content: the parsed template, whose parameters may name layers that are built elsewhere.
    """
    given = [layer["Fn::If"][1] if "Fn::If" in layer else layer for layer in properties.get("Layers", [])]
    return tuple(layer["Ref"] for layer in given if layer["Ref"] not in content.get("Parameters", {}))


def of_type(kind: str, content: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Give the properties of a parsed template's resources of a type, by their names in it."""
    resources = content["Resources"].items()
    return {name: resource["Properties"] for name, resource in resources if resource["Type"] == kind}


def folders() -> dict[str, Path]:
    """Return the folder that each function and layer is built from, by its name in the template.

    GatewayFunction is built from functions/gateway, GatewayLayer from layers/gateway, and the layer of the package from
    the package itself.
    """
    made = {
        "".join(word.capitalize() for word in folder.name.replace("-", "_").split("_")) + kind: folder
        for kind, place in (("Function", ROOT / "functions"), ("Layer", ROOT / "layers"))
        for folder in sorted(place.iterdir())
        if folder.is_dir() and not folder.name.startswith((".", "__"))
    }
    return {**made, PACKAGE_LAYER: PACKAGE}


def _memory(properties: Mapping[str, Any], parameters: Mapping[str, Any]) -> int:
    """Read a function's memory; 128 MB is Lambda's default."""
    size = properties.get("MemorySize", 128)
    return int(parameters[size["Ref"]]["Default"] if isinstance(size, dict) else size)


def _variables(properties: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in _given(properties).items() if isinstance(value, str)}


def _given(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    variables: Mapping[str, Any] = properties.get("Environment", {}).get("Variables", {})
    return variables
