"""Reads a template, with CloudFormation's short forms written out, and what its values refer to."""

from collections.abc import Iterator
from typing import Any

import yaml

type Template = dict[str, Any]
type Mistakes = Iterator[tuple[str, str]]
"""The resource's logical id, and what is wrong with it and what to do."""


class _Loader(yaml.CSafeLoader):
    """Writes CloudFormation's short forms out."""


def _long(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> Any:
    name = tag if tag in {"Ref", "Condition"} else f"Fn::{tag}"
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.ScalarNode)
    value = loader.construct_scalar(node)
    return {name: value.split(".", 1) if tag == "GetAtt" else value}


_Loader.add_multi_constructor("!", _long)


def parsed(text: str) -> Template:
    """Read a template, with its short forms written out."""
    template: Template = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    return template


def names_in(value: Any) -> set[str]:
    """Name the resources and parameters that a value refers to, AWS's own aside."""
    found: set[str] = set()
    for each in dictionaries(value):
        match each:
            case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]} if not name.startswith("AWS::"):
                found.add(name)
            case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), *_]}:
                named = (part.partition("}")[0].partition(".")[0] for part in text.split("${")[1:])
                found |= {name for name in named if not name.startswith(("AWS::", "!"))}
    return found


def dictionaries(value: Any) -> Iterator[dict[str, Any]]:
    """Give each dictionary in a value."""
    if isinstance(value, dict):
        yield value
    for below in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        yield from dictionaries(below)


def texts(value: Any) -> Iterator[str]:
    """Give each text in a value."""
    if isinstance(value, str):
        yield value
    for below in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(below)


def named(value: Any) -> str:
    """Name the resource that `!Ref` or `!GetAtt` refers to."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return name
    return ""


def listed(value: Any) -> list[Any]:
    """Give what may stand alone or in a list as a list."""
    return value if isinstance(value, list) else [value]
