"""An endpoint's plan as JSON: what waits for what, and the longest that each call can take."""

from fanin.config import Endpoint, Source
from fanin.config.check_lists import most_attempts, most_calls, most_items
from fanin.config.values import Json
from fanin.engine.worst_case import WorstCase
from fanin.policies.order import steps_of


def explained(worst: WorstCase) -> dict[str, Json]:
    """Tell an endpoint's plan, and what bounds it, as `fanin explain --json` does."""
    endpoint, uncut = worst.endpoint, worst.sequential_uncut
    critical: list[Json] = [*worst.critical]
    return {
        "endpoint": endpoint.name,
        "method": endpoint.method,
        "path": endpoint.path,
        "status": endpoint.status,
        "caller": _caller(endpoint),
        "allow": endpoint.allow.text if endpoint.allow else None,
        "passthrough": endpoint.passthrough.source if endpoint.passthrough else None,
        "selectable": endpoint.selectable,
        "client_limit": endpoint.client_limit.words if endpoint.client_limit else None,
        "headers": list(endpoint.headers),
        "input": endpoint.input.document if endpoint.input else None,
        "pick": endpoint.pick.text if endpoint.pick else None,
        "timeout_ms": _milliseconds(endpoint.timeout),
        "critical_path": critical,
        "worst_case_ms": {"async": _milliseconds(worst.concurrent), "sync": _milliseconds(worst.sequential)},
        "sync_without_endpoint_timeout_ms": None if uncut is None else _milliseconds(uncut),
        "most_requests": sum(most_attempts(source, endpoint) for source in worst.plan.sources.values()),
        "sources": [_source(source, worst) for source in worst.plan.sources.values()],
    }


def _caller(endpoint: Endpoint) -> Json:
    """Say who may ask; null if anyone may."""
    if (callers := endpoint.asked_by) is None:
        return None
    return {"name": callers.name, "kind": callers.kind, "needs": callers.table.asks_for}


def _source(source: Source, worst: WorstCase) -> Json:
    plan, slot = worst.plan, worst.slots[source.name]
    needs: list[Json] = [*sorted(plan.needs[source.name])]
    return {
        "name": source.name,
        "in_body": source.name in plan.goal.sources,
        "required": source.name in plan.goal.required,
        "needs": needs,
        "references": [str(reference) for reference in dict.fromkeys(source.references)],
        "expressions": {".".join(key): expression.text for key, expression in source.expressions_by_key},
        "after": [*source.after],
        "kind": source.kind,
        "asks": source.drawn,
        "timeout_ms": None if source.timeout is None else _milliseconds(source.timeout),
        "max_bytes": source.max_bytes,
        "most_calls": most_calls(source, worst.endpoint),
        "most_requests": most_attempts(source, worst.endpoint),
        **_list(source, worst),
        "expect": source.expect.document if source.expect else None,
        "steps": [{"step": step.key, "settings": settings, "does": step.does} for step, settings in steps_of(source)],
        "worst_case_ms": {"starts": _milliseconds(slot.starts), "ends": _milliseconds(slot.ends)},
    }


def _list(source: Source, worst: WorstCase) -> dict[str, Json]:
    """Say what a list is made of."""
    if source.for_each is None:
        return {}
    items = most_items(source, worst.endpoint)
    return {"for_each": source.for_each.text, "most_items": items, "concurrency": source.at_once}


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)
