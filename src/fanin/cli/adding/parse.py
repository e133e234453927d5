"""The text of an OpenAPI document as JSON: read as JSON or YAML, with bounds on its size, levels and aliases."""

import math
from typing import Any, Final

import orjson

from fanin.config.values import Json
from fanin.local.process.console import Problem

MOST_YAML = 5_000_000
"""Bytes of a YAML document, which takes a second for each 2,000,000."""
MOST_LEVELS = 100
"""Lists and objects within each other."""
MOST_VALUES = 2_000_000
"""Values of a YAML document, with what its aliases stand for counted each time."""


def parsed(content: bytes, where: str) -> dict[str, Any]:
    """Read a document.

    Args:
        content: its bytes, JSON or YAML, in UTF-8.
        where: what it is called in messages.

    Raises:
        Problem: it is neither, is no object, or is beyond the bounds.
    """
    content = content.removeprefix(b"\xef\xbb\xbf")
    if content.lstrip()[:1] == b"{":
        try:
            document = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            document = _of_yaml(content, where, f"it is not JSON: {error}")  # YAML may begin with a brace, too
    else:
        document = _of_yaml(content, where)
    if not isinstance(document, dict):
        raise Problem(f"{where} is no OpenAPI document: it is no object.")
    if _levels(document) > MOST_LEVELS:
        raise Problem(f"{where} is nested too deep: {MOST_LEVELS} levels at most.")
    return document


def _levels(document: Json) -> int:
    """Count the levels of a value, up to one too many."""
    level: list[Any] = [document]
    for depth in range(MOST_LEVELS + 1):
        level = [
            part
            for node in level
            for part in (node.values() if isinstance(node, dict) else node)
            if isinstance(part, dict | list)
        ]
        if not level:
            return depth + 1
    return MOST_LEVELS + 1


def _of_yaml(content: bytes, where: str, otherwise: str = "") -> Any:
    try:
        import yaml  # noqa: PLC0415 - JSON needs it not
    except ModuleNotFoundError as error:
        raise Problem("YAML needs pyyaml. Install fanin[cli], or give the document as JSON.") from error
    if len(content) > MOST_YAML:
        message = otherwise or f"{where} is over {MOST_YAML // 1_000_000} MB of YAML. Give it as JSON"
        raise Problem(f"{message}.")
    try:
        text = content.decode()
        _check_events(yaml.parse(text, Loader=_loader()), where)
        return _as_json(yaml.load(text, Loader=_loader()))  # noqa: S506 - a SafeLoader
    except UnicodeDecodeError as error:
        raise Problem(f"{where} is not UTF-8.") from error
    except yaml.YAMLError as error:
        raise Problem(f"{where}: {otherwise or f'it is neither JSON nor YAML: {_told(error)}'}.") from error
    except (ValueError, OverflowError, RecursionError) as error:
        raise Problem(f"{where} has a value that is no JSON: {str(error)[:100]}.") from error


_LOADERS: Final[list[Any]] = []


def _loader() -> Any:
    """Give PyYAML's safe loader, by libyaml if that is there, with dates left as texts, as JSON has them."""
    import yaml  # noqa: PLC0415 - as above

    if not _LOADERS:
        base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        dates = "tag:yaml.org,2002:timestamp"
        known = {
            first: [(tag, form) for tag, form in resolvers if tag != dates]
            for first, resolvers in base.yaml_implicit_resolvers.items()
        }
        _LOADERS.append(type("_Loader", (base,), {"yaml_implicit_resolvers": known}))
    return _LOADERS[0]


def _told(error: Exception) -> str:
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    return f"line {mark.line + 1}: {problem}" if mark and problem else str(error)[:100]


class _Open:
    """A list or an object that has not ended, and what is in it so far."""

    def __init__(self, anchor: str | None) -> None:
        self.anchor, self.values, self.levels = anchor, 1, 0

    def take(self, size: tuple[int, int]) -> None:
        """Take a value into it, of so many values and levels."""
        self.values, self.levels = self.values + size[0], max(self.levels, size[1])


class _Count:
    """Counts what a YAML document comes to before anything is made of it.

    An alias counts for all that it stands for: aliases of aliases would be a few lines for billions of values.
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self._known: dict[str, tuple[int, int]] = {}
        self._around = [_Open(None)]

    def scalar(self, anchor: str | None) -> None:
        """Take a text, a number or the like."""
        self._ended(anchor, (1, 0))

    def alias(self, anchor: str) -> None:
        """Take what an anchor stands for.

        Raises:
            Problem: it has not ended, so that the value would be in itself.
        """
        if anchor in {each.anchor for each in self._around}:
            raise Problem(f"{self._where} has an alias within what it stands for: *{anchor[:40]}.")
        self._ended(None, self._known.get(anchor, (1, 0)))

    def begin(self, anchor: str | None) -> None:
        """Begin a list or an object: too many are refused at once, since libyaml takes long for those within others."""
        self._around.append(_Open(anchor))
        self._bound()

    def end(self) -> None:
        """End the list or object that began last."""
        ended = self._around.pop()
        self._ended(ended.anchor, (ended.values, ended.levels + 1))

    def _ended(self, anchor: str | None, size: tuple[int, int]) -> None:
        if anchor:
            self._known[anchor] = size
        self._around[-1].take(size)
        self._bound()

    def _bound(self) -> None:
        if self._around[-1].values > MOST_VALUES:
            raise Problem(f"{self._where} has over {MOST_VALUES} values, its aliases included.")
        if len(self._around) + self._around[-1].levels > MOST_LEVELS:
            raise Problem(f"{self._where} is nested too deep: {MOST_LEVELS} levels at most.")


def _check_events(events: Any, where: str) -> None:
    """Count a document.

    Raises:
        Problem: it has too many values or levels, or an alias within what it stands for.
    """
    import yaml  # noqa: PLC0415 - as above

    count = _Count(where)
    for event in events:
        match event:
            case yaml.ScalarEvent():
                count.scalar(event.anchor)
            case yaml.AliasEvent():
                count.alias(str(event.anchor))
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                count.begin(event.anchor)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                count.end()


def _as_json(value: Any) -> Any:
    """Give a value as JSON has it: keys such as 200 become texts, and infinity null.

    Raises:
        ValueError: there is something in it that JSON does not have.
        OverflowError: an integer is too long.
    """
    match value:
        case dict():
            return {_key(key): _as_json(part) for key, part in value.items()}
        case list():
            return [_as_json(part) for part in value]
        case int() if not -(2**63) <= value < 2**64:
            return float(value)
        case float() if not math.isfinite(value):
            return None
        case str() | bool() | int() | float() | None:
            return value
    raise ValueError(type(value).__name__)


def _key(key: Any) -> str:
    match key:
        case str():
            return key
        case bool():
            return "true" if key else "false"
        case int() | float() | None:
            return "null" if key is None else str(key)
    raise ValueError("a key that is a list or an object")
