"""The parameters of an endpoint before and after a change: which values are no longer taken."""

from collections.abc import Iterator

from fanin.cli.changes.change import Change, breaking, other
from fanin.config import Endpoint
from fanin.config.mistake import shortened
from fanin.config.parameters import Parameter
from fanin.config.scalar import Value

_WIDER = {("integer", "number"), ("integer", "string"), ("number", "string"), ("boolean", "string")}
"""Types, and those that take all their texts."""
_LONGEST_NUMBER = 20
"""Characters of a number or a boolean that clients are thought to send."""


def parameter_changes(old: Endpoint, new: Endpoint, where: str) -> Iterator[Change]:
    """Find what clients may no longer send, and what they have to send now."""
    before, after = _on_the_wire(old), _on_the_wire(new)
    for name in old.path_parameters:
        renamed = _same_segment(old, new, name)
        if renamed and renamed != name:
            message = f"{{{name}}} of the path is {{{renamed}}} now, which jobs and WebSocket send it by"
            yield breaking("parameter-renamed", where, message)
            before[renamed] = before.pop(name)
    for wire, (place, parameter) in before.items():
        if wire not in after:
            yield breaking("parameter-gone", where, f"the parameter {wire!r} has no effect any more")
            continue
        if place != after[wire][0]:
            message = f"the parameter {wire!r} is in the {after[wire][0]}, and was in the {place}"
            yield breaking("parameter-moved", where, message)
        yield from _changed(wire, parameter, after[wire][1], where)
    for wire, (_, parameter) in after.items():
        if wire not in before:
            if parameter.required:
                yield breaking("parameter-required", where, f"the parameter {wire!r} is new, and required")
            else:
                yield other("parameter-new", where, f"the parameter {wire!r} is new")


def _on_the_wire(endpoint: Endpoint) -> dict[str, tuple[str, Parameter]]:
    """Give each parameter with where clients send it, by its name there."""
    return {
        endpoint.sent_as[name]: ("path" if name in endpoint.path_parameters else parameter.in_, parameter)
        for name, parameter in endpoint.all_parameters.items()
    }


def _same_segment(old: Endpoint, new: Endpoint, name: str) -> str | None:
    """Give the parameter that stands in the place of one in the path; None if the paths are not alike."""
    before, after = old.path.split("/"), new.path.split("/")
    position = before.index(f"{{{name}}}")
    if len(before) != len(after) or not after[position].startswith("{"):
        return None
    return after[position][1:-1]


def _changed(wire: str, old: Parameter, new: Parameter, where: str) -> Iterator[Change]:
    if new.required and not old.required:
        yield breaking("parameter-required", where, f"the parameter {wire!r} is required now")
    elif old.default != new.default and not old.required:
        message = f"without {wire!r} its value is {new.default!r}, and was {old.default!r}"
        yield other("default-changed", where, message)
    for message in _narrower(old, new):
        yield breaking("parameter-narrower", where, f"the parameter {wire!r} {message}")
    if isinstance(old.item.enum, dict) and isinstance(new.item.enum, dict):
        moved = [key for key, value in old.item.enum.items() if new.item.enum.get(key, value) != value]
        for key in moved:
            message = f"{wire}={key} stands for {new.item.enum[key]!r}, and did for {old.item.enum[key]!r}"
            yield other("value-changed", where, message)


def _narrower(old: Parameter, new: Parameter) -> Iterator[str]:
    """Say which values are no longer taken."""
    if (old.type == "list") != (new.type == "list"):
        yield f"is a {new.type} now, and was a {old.type}"
        return
    if old.type == "list":
        if old.split_at != new.split_at:
            yield f"has the separator {new.split_at!r}, and had {old.split_at!r}"
        if new.min_items > old.min_items:
            yield f"has at least {new.min_items} items, and had {old.min_items}"
        if new.max_items < old.max_items:
            yield f"has at most {new.max_items} items, and had {old.max_items}"
    yield from _narrower_value(old.item, new.item)


def _narrower_value(old: Value, new: Value) -> Iterator[str]:
    if old.type != new.type and (old.type, new.type) not in _WIDER:
        yield f"is read as {new.type}, and was as {old.type}"
        return
    before, after = _values(old), _values(new)
    if after is not None:
        lost = None if before is None else [value for value in before if value not in after]
        if lost is None:
            yield f"takes only {shortened(', '.join(map(str, after)), 100)}"
        elif lost:
            yield f"no longer takes {shortened(', '.join(map(str, lost)), 100)}"
        return
    if before is not None and old.type == new.type == "string":
        lengths = [len(str(value)) for value in before]
        if min(lengths) >= new.min_length and max(lengths) <= new.max_length and not new.pattern:
            return
    yield from _bounds(old, new)


def _values(value: Value) -> list[object] | None:
    return None if value.enum is None else list(value.enum)


def _bounds(old: Value, new: Value) -> Iterator[str]:
    if new.type == "string":
        before = old if old.type == "string" else Value(max_length=_LONGEST_NUMBER)
        if new.min_length > before.min_length:
            yield f"has at least {new.min_length} characters, and had {before.min_length}"
        if new.max_length < before.max_length:
            yield f"has at most {new.max_length} characters, and had {before.max_length}"
        if new.pattern is not None and new.pattern != old.pattern:
            yield f"has to match {shortened(new.pattern, 60)!r}"
        return
    if new.minimum is not None and (old.minimum is None or new.minimum > old.minimum):
        yield f"is at least {new.minimum:g}, and was {'of any size' if old.minimum is None else f'{old.minimum:g}'}"
    if new.maximum is not None and (old.maximum is None or new.maximum < old.maximum):
        yield f"is at most {new.maximum:g}, and was {'of any size' if old.maximum is None else f'{old.maximum:g}'}"
