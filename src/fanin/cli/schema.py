"""`fanin schema`: the JSON Schema of fanin.toml."""

from fanin.cli.options import JsonOption
from fanin.cli.terminal import print_json
from fanin.config.schema import json_schema


def schema(*, as_json: JsonOption = False) -> None:  # noqa: ARG001 - it prints JSON with or without
    """Print the JSON Schema of fanin.toml, for editors.

    Save it beside fanin.toml as fanin.schema.json, and begin fanin.toml with the line #:schema ./fanin.schema.json
    """
    print_json(json_schema())
