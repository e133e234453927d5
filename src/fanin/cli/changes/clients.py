"""What clients notice of a change: endpoints, what they take, what they answer with, and who may ask."""

from collections.abc import Iterator, Mapping
from typing import Any

from fanin.cli.changes.change import Change, breaking, other, right
from fanin.cli.changes.parameters import parameter_changes
from fanin.cli.changes.schemas import Comparison, Difference
from fanin.config import Config, Endpoint
from fanin.config.client_limit import ClientLimit
from fanin.config.path import pattern_of
from fanin.config.units import spelled
from fanin.engine.plan import Plan
from fanin.entrypoints.fastapi.openapi_bodies import bodies_of, expected, passed_on
from fanin.entrypoints.fastapi.openapi_components import placed, schemas

type Pair = tuple[Endpoint, Endpoint]


def route_of(endpoint: Endpoint) -> str:
    """Write an endpoint as messages name it."""
    return f"{endpoint.method} {endpoint.path}"


def pairs_of(old: Config, new: Config) -> tuple[list[Pair], list[Endpoint], list[Endpoint]]:
    """Find each endpoint of one file in the other: by its route, or else by its name.

    Returns:
        those that both have, those that are gone, and those that are new.
    """
    by_route = {_key(endpoint): endpoint for endpoint in new.endpoints.values()}
    pairs = [
        (endpoint, by_route.pop(_key(endpoint))) for endpoint in old.endpoints.values() if _key(endpoint) in by_route
    ]
    found = {id(endpoint) for pair in pairs for endpoint in pair}
    gone = []
    for endpoint in old.endpoints.values():
        if id(endpoint) in found:
            continue
        same = new.endpoints.get(endpoint.name)
        if same is not None and id(same) not in found:
            pairs.append((endpoint, same))
            found.add(id(same))
        else:
            gone.append(endpoint)
    return pairs, gone, [endpoint for endpoint in new.endpoints.values() if id(endpoint) not in found]


def _key(endpoint: Endpoint) -> tuple[str, str]:
    segments = ["{}" if segment.startswith("{") else segment for segment in endpoint.path.split("/")]
    return endpoint.method, pattern_of("/".join(segments))


def client_changes(old: Config, new: Config) -> Iterator[Change]:
    """Find what breaks clients, and who may ask now who could not before."""
    pairs, gone, added = pairs_of(old, new)
    for endpoint in gone:
        yield breaking("endpoint-gone", route_of(endpoint), f"the endpoint {endpoint.name!r} is gone")
    for endpoint in added:
        yield other("endpoint-new", route_of(endpoint), f"the endpoint {endpoint.name!r} is new")
        if endpoint.asked_by is None:
            yield right("anyone-asks", route_of(endpoint), "anyone may ask for the new endpoint")
    for before, after in pairs:
        yield from _route(before, after)
        where = route_of(after)
        yield from parameter_changes(before, after, where)
        yield from _input(before, after, where)
        yield from _who(before, after, where)
        yield from _answer(before, after, where)
        yield from _bodies(before, after, (old, new), where)
    yield from _pages(old, new)
    yield from _jobs(old, new)
    yield from _problems(old, new)


def _route(old: Endpoint, new: Endpoint) -> Iterator[Change]:
    if _key(old) != _key(new):
        yield breaking("endpoint-moved", route_of(old), f"the endpoint {old.name!r} is at {route_of(new)} now")
    if old.name != new.name:
        message = f"it is called {new.name!r}, and was {old.name!r}, which jobs and WebSocket name it by"
        yield breaking("endpoint-renamed", route_of(new), message)


def _input(old: Endpoint, new: Endpoint, where: str) -> Iterator[Change]:
    if old.input is None or new.input is None:
        if new.input is not None:
            yield breaking("body-required", where, "a JSON body is required now")
        elif old.input is not None:
            yield breaking("body-ignored", where, "the body has no effect any more")
        return
    before, after = old.input.document, new.input.document
    comparison = Comparison("request", _definitions(before), _definitions(after))
    for each in _once(comparison.differences(before, after)):
        what = f"the body's {each.path!r}" if each.path else "the body"
        if each.breaks:
            yield breaking("body-narrower", where, f"{what} {each.message}")
        else:
            yield other("body-changed", where, f"{what} {each.message}")


def _definitions(document: Any) -> dict[str, Any]:
    known = document.get("$defs", {}) if isinstance(document, dict) else {}
    return {"#": document} | {f"#/$defs/{name}": each for name, each in known.items()}


def _once(found: Iterator[Difference]) -> list[Difference]:
    return list(dict.fromkeys(found))


def _who(old: Endpoint, new: Endpoint, where: str) -> Iterator[Change]:
    before, after = old.asked_by, new.asked_by
    if after is not None and before is None:
        yield breaking("caller-added", where, f"only {after.name} may ask: {after.table.asks_for}")
    elif before is not None and after is None:
        yield right("anyone-asks", where, f"anyone may ask; it was {before.name}")
    elif before is not None and after is not None and (before.kind, before.table) != (after.kind, after.table):
        message = f"who asks needs {after.table.asks_for}, and needed {before.table.asks_for}"
        yield breaking("caller-changed", where, message)
    rule, was = (each.allow.text if each.allow else None for each in (new, old))
    if rule is not None and rule != was:
        yield breaking(
            "allow-changed", where, f"only those may ask for whom {rule}" + (f"; it was {was}" if was else "")
        )
    elif was is not None and rule is None:
        yield right("allow-gone", where, f"those may ask, too, for whom not {was}")
    yield from _limit(old.client_limit, new.client_limit, where)


def _limit(old: ClientLimit | None, new: ClientLimit | None, where: str) -> Iterator[Change]:
    if new is None or old == new:
        if old is not None and new is None:
            yield right("limit-gone", where, f"one client may ask as often as it likes; it was {old.words}")
        return
    if old is None or old.by != new.by or new.calls / new.per < old.calls / old.per or new.calls < old.calls:
        was = f", and were {old.words}" if old else ""
        yield breaking("limit-narrower", where, f"one client's requests are {new.words}{was}")
    else:
        yield other("limit-wider", where, f"one client's requests are {new.words}, and were {old.words}")


def _answer(old: Endpoint, new: Endpoint, where: str) -> Iterator[Change]:
    if old.status != new.status:
        yield breaking("status-changed", where, f"its status is {new.status}, and was {old.status}")
    if (old.passthrough is None) != (new.passthrough is None):
        what = "are a source's bytes now" if new.passthrough else "are JSON now, and were a source's bytes"
        yield breaking("answer-changed", where, f"its answers {what}")
    if old.selectable and not new.selectable:
        yield breaking("parameter-gone", where, "clients can no longer select sources")
    headers = [
        set(map(str.lower, (*each.headers, *(each.passthrough.headers if each.passthrough else ()))))
        for each in (old, new)
    ]
    for name in sorted(headers[0] - headers[1]):
        yield breaking("header-gone", where, f"its answers have no header {name} any more")
    if new.job_timeout < old.job_timeout:
        message = f"as a job it has {spelled(new.job_timeout)}, and had {spelled(old.job_timeout)}"
        yield other("job-shorter", where, message)


def _bodies(old: Endpoint, new: Endpoint, configs: tuple[Config, Config], where: str) -> Iterator[Change]:
    plans = Plan.of(old, configs[0].sources), Plan.of(new, configs[1].sources)
    lost, more = (set(passed_on(a)) - set(passed_on(b)) for a, b in (plans, plans[::-1]))
    for status in sorted(lost):
        yield breaking("status-gone", where, f"a refusal by a source no longer has its status {status}")
    for status in sorted(more):
        yield other("status-new", where, f"a refusal by a source may have its status {status}")
    for name in sorted((set(old.required) - set(new.required)) & set(new.sources)):
        yield breaking("source-optional", where, f"{name} is not required any more: its part may be null")
    for name in sorted((set(new.required) - set(old.required)) & set(old.sources)):
        yield other("source-required", where, f"{name} is required: if it fails, so does the request")
    if old.passthrough or new.passthrough:
        return
    known = _schemas(old, plans[0]), _schemas(new, plans[1])
    before, after = (
        schemas[f"#/components/schemas/{each.name}_complete"] for schemas, each in zip(known, (old, new), strict=True)
    )
    for each in _once(Comparison("response", *known).differences(before, after)):
        message = f"{each.path or 'the answer'} {each.message}"
        if each.breaks:
            kind = "field-gone" if each.message == "is gone" else "field-changed"
            yield breaking(kind, where, message)
        else:
            yield other("field-changed", where, message)


def _schemas(endpoint: Endpoint, plan: Plan) -> Mapping[str, Any]:
    """Give the schemas of an endpoint's bodies, by what refers to them."""
    known: dict[str, Any] = {f"#/components/schemas/{name}": body for name, body in bodies_of(endpoint, plan).items()}
    known["#/components/schemas/Value"] = schemas()["Value"]
    for name, schema in expected(plan):
        place = f"#/components/schemas/{name}_value"
        document = placed(schema, f"{name}_value")
        known[place] = document
        for definition, each in document.get("$defs", {}).items() if isinstance(document, dict) else ():
            known[f"{place}/$defs/{definition}"] = each
    return known


def _pages(old: Config, new: Config) -> Iterator[Change]:
    """Find pages on other origins that may ask no more, or may now."""
    if old.cors == new.cors:
        return
    before, after = (set(config.cors.origins) if config.cors else set() for config in (old, new))
    for origin in sorted(before - after) if "*" not in after else ():
        yield breaking("page-refused", "cors", f"pages on {origin} may not ask any more")
    for origin in sorted(after - before) if "*" not in before else ():
        yield right("page-asks", "cors", f"pages on {origin if origin != '*' else 'every origin'} may ask")
    if old.cors and new.cors:
        for key in ("methods", "headers", "expose"):
            lost = set(getattr(old.cors, key) or ()) - set(getattr(new.cors, key) or ())
            if getattr(new.cors, key) is not None and (lost or getattr(old.cors, key) is None):
                yield breaking(
                    "page-narrower", "cors", f"{key} of pages have no {', '.join(sorted(lost)) or 'default'} any more"
                )
        if new.cors.credentials and not old.cors.credentials:
            yield right("page-credentials", "cors", "browsers send credentials along")
        elif old.cors.credentials and not new.cors.credentials:
            yield breaking("page-narrower", "cors", "browsers send no credentials any more")


def _problems(old: Config, new: Config) -> Iterator[Change]:
    before, after = old.api.problems, new.api.problems
    if before != after:
        yield breaking("problem-types", "api", f"types of problems begin with {after}, and began with {before}")


def _jobs(old: Config, new: Config) -> Iterator[Change]:
    for origin in sorted(set(old.jobs.callbacks) - set(new.jobs.callbacks)):
        yield breaking("callback-refused", "jobs", f"no callback may go to {origin} any more")
    if new.jobs.max_open < old.jobs.max_open:
        message = f"an owner has at most {new.jobs.max_open} open jobs of an endpoint, and had {old.jobs.max_open}"
        yield breaking("limit-narrower", "jobs", message)
