"""What else differs, table by table: the keys whose values are others."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from fanin.cli.changes.change import Change, other
from fanin.config import Config
from fanin.config.expressions import Expression

_KINDS = ("callers", "databases", "sources", "endpoints")
_TOLD = frozenset(
    (
        *("path", "status", "required", "caller", "allow", "client_limit", "passthrough", "selectable"),
        *("cache", "refresh"),
    )
)
"""Keys whose changes are always told by themselves."""


def other_changes(old: Config, new: Config) -> Iterator[Change]:
    """Find tables that are new or gone, and the keys in which those that stayed differ."""
    for kind in _KINDS:
        before: Mapping[str, BaseModel] = getattr(old, kind)
        after: Mapping[str, BaseModel] = getattr(new, kind)
        for name in [*before, *(name for name in after if name not in before)]:
            where = f"{kind}.{name}"
            if name not in before or name not in after:
                if kind != "endpoints":
                    state = "gone" if name not in after else "new"
                    yield other(f"table-{state}", where, f"is {state}")
            elif keys := _differing(before[name], after[name]):
                yield other("keys-changed", where, f"differs in {', '.join(keys)}")
    for key in ("jobs", "api", "cors"):
        if _plain(getattr(old, key)) != _plain(getattr(new, key)):
            yield other("table-changed", key, "differs")


def _differing(old: BaseModel, new: BaseModel) -> list[str]:
    """Name the keys in which two tables differ, as the file has them."""
    if type(old) is not type(new):
        return ["its kind"]
    fields = [(key, field) for key, field in type(old).model_fields.items() if key not in _TOLD]
    return [field.alias or key for key, field in fields if _plain(getattr(old, key)) != _plain(getattr(new, key))]


def _plain(value: Any) -> Any:
    """Give a value so that equal ones are equal: expressions by their texts."""
    match value:
        case Expression():
            return value.text
        case BaseModel():
            return {key: _plain(getattr(value, key)) for key in type(value).model_fields}
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
    return value
