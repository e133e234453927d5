"""What to write in place of what TOML's parser, or pydantic, refuses: the nearest thing that they take."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from fanin.config.mistake import Mistake, shortened

_NAME = re.compile(r"[A-Za-z0-9_-]++")
_BARE = re.compile(r"[^\s,\]}]+")
_LONGEST = 200
"""Characters of a value that a fix quotes whole."""
_MOST_ITEMS = 20
"""Items of a list that a fix writes as a table."""
_TYPOGRAPHIC = "“”„«»\u2018\u2019"
_WORDS = {"true": "true", "false": "false", "yes": "true", "no": "false", "on": "true", "off": "false"}
_WANTED = {
    **dict.fromkeys(("tuple_type", "list_type"), ("no list", "{} = [ … ]")),
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), ("no table", "{} = {{ … }}")),
    "string_type": ("no text", '{} = "…"'),
    "bool_type": ("neither true nor false", "{0} = true, or {0} = false"),
    "int_type": ("no whole number", "{} = and a whole number, without quotes"),
    "float_type": ("no number", "{} = and a number, without quotes"),
}
"""For pydantic's names of mistakes, what a value then is, and what to write for a key's name."""
_IN_QUOTES = re.compile(r"'([^']++)'")
_VALUES_MEANT = {
    **dict.fromkeys(("decimal", "double", "float", "real"), "number"),
    **dict.fromkeys(("char", "date", "datetime", "email", "text", "time", "uri", "url", "uuid", "varchar"), "string"),
    **dict.fromkeys(("array", "set", "tuple"), "list"),
    **dict.fromkeys(("long", "short"), "integer"),
    **dict.fromkeys(("flag", "logical"), "boolean"),
    **dict.fromkeys(("jsonl", "jsonlines"), "ndjson"),
    **dict.fromkeys(("query_string", "querystring", "search"), "query"),
    "application/json": "json",
    "text/csv": "csv",
    "text/plain": "text",
    **dict.fromkeys(("application/xml", "text/xml"), "xml"),
    **dict.fromkeys(("atom", "rss"), "feed"),
    **dict.fromkeys(("base64", "binary", "raw"), "bytes"),
    **dict.fromkeys(("html", "plain"), "text"),
    **dict.fromkeys(("empty", "nil", "none"), "null"),
    **dict.fromkeys(("error", "fail"), "rejected"),
}
"""Values that other tools have, and which of ours they are."""
_SCHEME = "Bearer "
"""What fanin writes before a token by itself."""
_SYNTAX = {
    "Illegal character '\\n'": "End the text with a quote on its line",
    'Expected "\'"': "End the text with a quote",
    "Expected '\"'": "End the text with a quote",
    "Unescaped '\\'": "Write it twice, or put the text in single quotes",
    "Cannot overwrite": "Write it once",
    "Cannot declare": "Write it once",
    "Unclosed array": "Put a comma between its items, and ] behind the last",
    "Unclosed inline table": "Put a comma between its keys, and } behind the last",
    "Expected '=' after a key": "Write key = value",
}
"""For how a message of the parser begins, what to do."""


def of_syntax(message: str, text: str, line: int, column: int) -> tuple[str, str, int]:
    """Say how to repair what is no TOML.

    Args:
        message: what the parser says.
        text: the file.
        line: where it stopped, from 1.
        column: likewise.

    Returns:
        the fix, the part of the line that it is about (empty if unknown), and the column at which that stands.
    """
    if message.startswith(("Invalid value", "Expected newline", "Unclosed")):
        line_text = text.splitlines()[line - 1] if line <= len(text.splitlines()) else ""
        start = column - 1
        if not message.startswith("Invalid value"):
            start = line_text.rfind("=", 0, start) + 1
            start += len(line_text[start:]) - len(line_text[start:].lstrip())
        if (word := _bare(line_text, start)) and not (message.startswith("Unclosed") and _is_scalar(word)):
            straight = word.strip(_TYPOGRAPHIC)
            fix = f"Write {_WORDS[word.lower()]}" if word.lower() in _WORDS else f"Put it in quotes: {_toml(straight)}"
            return fix, word, start + 1
    if message.startswith("Cannot") and (twice := text.splitlines()[line - 1].strip()).startswith("[["):
        name = twice.strip("[] ")
        return f"Write [{name}.NAME], in single brackets, with a name for each", f"[[{name}]]", column
    fix = next((fix for beginning, fix in _SYNTAX.items() if message.startswith(beginning)), "")
    return fix or "See https://toml.io for the format", "", column


def _is_scalar(word: str) -> bool:
    """Whether a word needs no quotes: it is a number or a boolean, and what is wrong stands behind it."""
    return word in ("true", "false") or word.lstrip("+-").replace(".", "", 1).isdecimal()


def _bare(line: str, start: int) -> str:
    """Give the value without quotes that begins in a line; "" if none does."""
    if line[start : start + 1] in ("", '"', "'", "[", "{", "#"):
        return ""
    within = any(bracket in line[:start] for bracket in "[{") or "=" not in line[:start]
    found = _BARE.match(line, start)
    word = (found[0] if found else "") if within else line[start:].partition(" #")[0].rstrip()
    return word if len(word) <= _LONGEST and '"' not in word else ""


def of_type(kind: str, name: str, value: object, table: type[BaseModel] | None) -> str:
    """Say how to write a value of another type than its key takes.

    Args:
        kind: pydantic's name for the mistake, such as `tuple_type`.
        name: the key.
        value: what stands there.
        table: the model of the key's table, if it takes one.

    Returns:
        the fix; empty if it is another mistake than one of type.
    """
    fix = f"Write {_WANTED[kind][1].format(name)}" if kind in _WANTED else ""
    if isinstance(value, list) and _is_short(value) and (meant := _of_short_list(kind, value, table)):
        return f"Write {name} = {meant}"
    if name.isdecimal() and kind == "string_type":  # an item of a list
        return 'Write a text: "…"'
    if kind in ("dict_type", "model_type") and isinstance(value, list) and (meant := _of_list(value)):
        return f"Write {name} = {meant}"
    if not isinstance(value, str | int | float) or len(str(value)) > _LONGEST:
        return fix
    meant = ""
    match kind, value:
        case "model_type" | "model_attributes_type", _ if table:
            meant = _as_table(value, table)
        case "tuple_type" | "list_type", str():
            parts = [part.strip() for part in value.split(",")]
            plain = all(part and not part[0].isspace() and " " not in part for part in parts)
            meant = f"[{', '.join(map(_toml, parts))}]" if plain else f"[{_toml(value)}]"
        case "string_type", int() | float():
            meant = _toml(_toml(value))
        case "bool_type", str() if value.lower() in _WORDS:
            meant = _WORDS[value.lower()]
        case "int_type" | "float_type", str():
            meant = _number(value, whole=kind == "int_type")
    return f"Write {name} = {meant}" if meant else fix


def wanted_type(kind: str) -> str:
    """Say what a value of the wrong type is, such as "no list"; empty if its type is not what is wrong."""
    return _WANTED[kind][0] if kind in _WANTED else ""


def of_choice(name: str, given: str, expected: str) -> str:
    """Say which of a key's values is meant by another.

    Args:
        name: the key.
        given: what stands there, in lower case.
        expected: the values that there are, each in single quotes.
    """
    if name == "in" and given == "body":
        return "Remove the parameter: [endpoints.NAME.input] is the JSON Schema of the body"
    values = _IN_QUOTES.findall(expected)
    likely = (one for one in values if given and (one.lower().startswith(given) or f"{one}s" == given))
    meant = next(likely, "") or _VALUES_MEANT.get(given, "")
    return f'Write "{meant}"' if meant in values else f"Write {expected}"


def of_bound(context: Mapping[str, Any], value: object = None) -> str:
    """Say which numbers a key takes; empty if it is no bound that was missed."""
    if context.get("le") == 1 and isinstance(value, int | float) and 1 < value <= 100:
        return f"Write {value / 100:g}: it is a share of 1"
    words = {"ge": "Write {} or more", "gt": "Write more than {}", "le": "Write {} at most", "lt": "Write less than {}"}
    words |= {"min_length": "Write a longer one: at least {}", "max_length": "Write a shorter one: at most {}"}
    return next((told.format(context[bound]) for bound, told in words.items() if bound in context), "")


def _is_short(items: list[Any]) -> bool:
    """Whether a list has scalars only, and fits into a fix."""
    return all(isinstance(item, str | int | float) for item in items) and len(str(items)) <= _LONGEST


def _of_short_list(kind: str, items: list[Any], table: type[BaseModel] | None) -> str:
    """Write a list as a table that takes any value, or as the one text in it; empty if it is another."""
    if kind == "string_type" and len(items) == 1 and isinstance(items[0], str):
        return _toml(items[0])
    return f"{{ value = {_toml(items)} }}" if table and list(table.model_fields) == ["value"] else ""


def _number(text: str, *, whole: bool) -> str:
    """Write a text as the number that it is, or that its percents are; empty if it is none."""
    if text.isdecimal():
        return text
    percents = text.removesuffix("%").strip()
    if not whole and text.endswith("%") and percents.isdecimal():
        return f"{int(percents) / 100:g}"
    return text if not whole and text.replace(".", "", 1).isdecimal() else ""


def of_tables(key: Sequence[str | int], value: object) -> str:
    """Say how to write a table that stands in double brackets; empty if it does not."""
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return f"Write [{shortened('.'.join(map(str, key)))}], in single brackets"
    return ""


def _as_table(value: object, table: type[BaseModel]) -> str:
    """Write the table that has a value in its first key that takes it; without one, the table's keys."""
    if isinstance(value, str):
        value = value.removeprefix(_SCHEME)
        calls, slash, per = value.partition("/")
        if "calls" in table.model_fields and slash and calls.strip().isdecimal():
            return _rate(calls.strip(), per)
    for content in [{}] if value is True else [{field: value} for field in table.model_fields]:
        try:
            table.model_validate(content)
        except ValidationError:
            continue
        inside = ", ".join(f"{key} = {_toml(each)}" for key, each in content.items())
        return f"{{ {inside} }}" if inside else "{}"
    return f"{{ … }}, with keys of {shortened(', '.join(table.model_fields))}"


def _rate(calls: str, per: str) -> str:
    """Write a rate such as `10/s` as a table."""
    from fanin.config.units import seconds  # noqa: PLC0415 - it has mistakes of its own

    unit = per.strip()[:1].lower()
    try:
        seconds(f"1{unit}")
    except Mistake:
        unit = "s"
    return f'{{ calls = {calls}, per = "1{unit}" }}'


def _of_list(items: list[Any]) -> str:
    """Write a list of names, or of lines `name: value`, as a table; empty if it is another."""
    if (
        not items
        or not all(isinstance(item, str) and len(item) <= _LONGEST for item in items[:_MOST_ITEMS])
        or len(items) > _MOST_ITEMS
    ):
        return ""
    pairs = [item.partition(":") for item in items]
    if not all(_NAME.fullmatch(name.strip()) for name, _, _ in pairs):
        return ""
    inside = (f"{name.strip()} = {_toml(value.strip()) if colon else '{}'}" for name, colon, value in pairs)
    return f"{{ {', '.join(inside)} }}"


def _toml(value: object) -> str:
    """Write a scalar as TOML does."""
    return json.dumps(value, ensure_ascii=False)
