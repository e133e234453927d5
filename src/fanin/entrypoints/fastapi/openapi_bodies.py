"""What the description of the API says of the bodies of answers: what they have, and what is unknown of them."""

from collections.abc import Iterator, Mapping

from fanin.config import Endpoint, Source
from fanin.config.needs import may_be_skipped
from fanin.config.schemas import JsonSchema
from fanin.config.values import Json
from fanin.engine.plan import Plan
from fanin.entrypoints.fastapi.openapi_components import Node, mapping, ref


def bodies_of(endpoint: Endpoint, plan: Plan) -> dict[str, Node]:
    """Describe the bodies that an endpoint's answer may have, by their names among the schemas; the complete one first.

    What they refer to among the schemas is `Value`, any JSON but null, `SourceProblem`, and what `expected` gives.
    """
    bodies = {f"{endpoint.name}_complete": _complete(endpoint, plan.sources)}
    if set(endpoint.sources) - set(endpoint.required):
        bodies[f"{endpoint.name}_partial"] = _partial(endpoint, plan)
    return bodies


def expected(plan: Plan) -> Iterator[tuple[str, JsonSchema]]:
    """Give the `expect` of each source in the answer that has one, by the source's name."""
    for name in plan.goal.sources:
        if (expect := plan.sources[name].expect) is not None:
            yield name, expect


def passed_on(plan: Plan) -> list[str]:
    """Give the statuses that a refusal of a source's may give the answer, as OpenAPI writes them: `4XX` for a class."""
    sources = plan.sources.values()
    written = {name.upper() for source in sources for name, meaning in source.statuses.items() if meaning == "pass"}
    of_clients = any(source.asks_as_client and source.statuses.keys().isdisjoint(("401", "4xx")) for source in sources)
    return sorted(written | {"401"} if of_clients else written)


def _complete(endpoint: Endpoint, sources: Mapping[str, Source]) -> Node:
    title = f"{endpoint.name}, complete"
    if endpoint.pick:
        keys = endpoint.pick.made_keys
        return {"title": title} if keys is None else mapping({key: {} for key in keys}, required=keys, title=title)
    values = {name: _value(sources[name], sources) for name in endpoint.sources}
    if endpoint.merge == "flat":
        fields = {key: field for value in values.values() for key, field in value.get("properties", {}).items()}
        return mapping(fields, required=fields, closed=False, title=title)
    return mapping(values, required=values, title=title)


def _partial(endpoint: Endpoint, plan: Plan) -> Node:
    problem = ref("schemas", "SourceProblem")
    errors = mapping(dict.fromkeys(plan.sources, problem), required=(), title="The problem of each source that failed")
    title = f"{endpoint.name}, partial"
    if endpoint.pick:
        keys = endpoint.pick.made_keys
        if keys is None:
            return {"title": title}
        fields: Node = {key: {} for key in keys}
        return mapping(fields | {"errors": errors}, required=(*keys, "errors"), title=title)
    if endpoint.merge == "flat":
        return mapping({"errors": errors | {"minProperties": 1}}, required=["errors"], closed=False, title=title)
    values = {name: _value(plan.sources[name], plan.sources) for name in endpoint.sources}
    may_be_null = {
        name: value if name in endpoint.required else {"anyOf": [value, {"type": "null"}]}
        for name, value in values.items()
    }
    fields = {**may_be_null, "errors": errors | {"minProperties": 1}}
    return mapping(fields, required=fields, title=title)


def _value(source: Source, sources: Mapping[str, Source]) -> Node:
    """Describe a source's value, which is null if it is skipped."""
    if source.alternatives:
        return {"anyOf": [_value(sources[name], sources) for name in source.alternatives]}
    value = _value_if_asked(source)
    may_be_null = may_be_skipped(source, sources) or (source.missing == "null" and source.for_each is None)
    return {"anyOf": [value, {"type": "null"}]} if may_be_null else value


def _value_if_asked(source: Source) -> Node:
    """Describe a value: a static one as it is, a list by its items, else what the source's call gives."""
    if source.static is not None and source.expect is None:
        return _exactly(source.static)
    if source.for_each is not None:
        return {"type": "array", "items": _item(source)}
    return _answer_of(source)


def _item(source: Source) -> Node:
    """Describe what a list has in the place of an item; null is in that of an item that failed, or is null itself."""
    value = _answer_of(source)
    if source.batch and source.expect is None:
        value = {} if source.batch.rows == "one" else {"type": "array"}
    if source.join_as:
        value = mapping({source.join_as: value}, required=[source.join_as], closed=False)
    return {"anyOf": [value, {"type": "null"}]} if value else {}


def _answer_of(source: Source) -> Node:
    """Describe what one call gives: what it has to be, the fields that an expression names, else any JSON but null."""
    if source.expect is not None:
        return ref("schemas", f"{source.name}_value")
    made = source.pick or source.computes
    names = made.made_keys if made else None
    if names is None:
        return ref("schemas", "Value")
    fields: Node = {name: {} for name in names if name not in source.drop}
    return mapping(fields, required=fields)


def _exactly(value: Json) -> Node:
    """Describe a value that is always the same."""
    if isinstance(value, dict):
        return mapping({key: _exactly(item) for key, item in value.items()}, required=value)
    return {"const": value}
