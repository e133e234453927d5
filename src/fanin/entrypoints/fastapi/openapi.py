"""The API's description, OpenAPI 3.1: every endpoint of fanin.toml, and every handler written by hand.

Paths and parameters are FastAPI's own; the answers are written here, from the contract. Nothing of it is made before
it is asked for. `python -m fanin.entrypoints.fastapi.openapi functions/gateway/app.py` prints it, with
`FANIN_CONFIG` naming fanin.toml.
"""

import json
import runpy
import sys
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from fanin import __version__
from fanin.config import Config, Endpoint, Source
from fanin.config.format import TICKETS
from fanin.engine.plan import Plan
from fanin.engine.problems import types_begin_with
from fanin.entrypoints.fastapi import openapi_callers, openapi_jobs
from fanin.entrypoints.fastapi.caller import CallerIs
from fanin.entrypoints.fastapi.openapi_bodies import bodies_of, expected, passed_on
from fanin.entrypoints.fastapi.openapi_components import (
    HEADERS,
    JSON,
    LIMIT_HEADERS,
    Node,
    headers,
    placed,
    ref,
    responses,
    schemas,
    too_many_requests,
)
from fanin.entrypoints.fastapi.openapi_parameters import NO_PARAMETERS, parameters_of
from fanin.entrypoints.fastapi.sources import sources_of

_FASTAPIS = ("HTTPValidationError", "ValidationError")
_TAGS = {
    "endpoints": "Made of the sources in fanin.toml.",
    "jobs": "Endpoints asked now, whose answers come later.",
    "handlers": "Written by hand, over the same sources.",
    "fanin": "About the function itself.",
}

_NOT_MODIFIED: Node = {
    "304": {"description": "The client has the answer: If-None-Match names it.", "headers": headers(*HEADERS)}
}
_SCHEME = "Authorization"
_SCHEMES = {
    _SCHEME: {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Handed on to sources."}
}


def document(app: FastAPI) -> Node:
    """Describe an application of `fanin.entrypoints.fastapi.app`.

    Args:
        app: the application.

    Returns:
        an OpenAPI 3.1 document. Its only server is `.`, so that the paths are right behind a stage's prefix too.
    """
    config: Config = app.state.config
    types_begin_with.set(config.api.problems)
    made = get_openapi(
        title=config.api.title,
        version=config.api.version or __version__,
        contact=config.api.contact.model_dump(exclude_none=True) if config.api.contact else None,
        description="Endpoints that answer with data from several sources at once: complete, or partial and saying so.",
        routes=app.routes,
        servers=[{"url": ".", "description": "Where this document is"}],
        tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
    )
    endpoints = {(endpoint.path, endpoint.method.lower()): endpoint for endpoint in config.endpoints.values()}
    reading, asking = set(_reading_sources(app)), dict(_asked_by(app))
    described = schemas() | openapi_jobs.schemas()
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            if endpoint := endpoints.get((path, method)):
                described |= _describe_endpoint(operation, endpoint, config.sources)
            elif path == TICKETS and config.callers:
                openapi_callers.describe_tickets(operation, config)
            elif not openapi_jobs.describe(path, method, operation, config):
                _describe_handler(operation, reads_sources=path in reading)
                openapi_callers.describe(operation, config.callers.get(asking.get(path, "")))
    components = made.setdefault("components", {})
    own = {name: schema for name, schema in components.get("schemas", {}).items() if name not in _FASTAPIS}
    components |= {"schemas": own | described, "responses": responses(), "headers": HEADERS}
    if any(endpoint.may_refuse_too_many for endpoint in config.endpoints.values()):
        components["responses"] |= {"TooManyRequests": too_many_requests()}
        components["headers"] = HEADERS | LIMIT_HEADERS
    schemes = openapi_callers.schemes(config)
    if _credentials(header for source in config.sources.values() for header in source.forward):
        schemes |= _SCHEMES
    if config.callers or any(endpoint.allow for endpoint in config.endpoints.values()):
        components["responses"] |= openapi_callers.responses()
    if schemes:
        components["securitySchemes"] = schemes
    return made


def _describe_endpoint(operation: Node, endpoint: Endpoint, sources: Mapping[str, Source]) -> dict[str, Node]:
    """Write an endpoint's answers into its operation, and give the schemas that they refer to."""
    plan = Plan.of(endpoint, sources)
    bodies = bodies_of(endpoint, plan)
    answered = list(bodies)
    bodies |= {f"{name}_value": placed(expect, f"{name}_value") for name, expect in expected(plan)}
    refused = "BadParameter"
    if endpoint.input is not None:
        refused, given = "BadInput", f"{endpoint.name}_input"
        bodies[given] = placed(endpoint.input, given)
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": ref("schemas", given)}}}
    operation["operationId"] = endpoint.name
    operation["tags"] = ["endpoints"]
    if not endpoint.plain:
        operation["parameters"] = list(parameters_of(endpoint))
    operation.setdefault("parameters", []).extend([*_forwarded(plan), openapi_jobs.PREFER, openapi_jobs.KEY])
    if _credentials(plan.forwarded):
        operation["security"] = [{}, {_SCHEME: []}]
    operation["responses"] = {
        f"{endpoint.status}": {
            "description": "What the sources answered, with errors where the answer is partial.",
            "headers": {
                **headers(*HEADERS, *(LIMIT_HEADERS if endpoint.may_refuse_too_many else ())),
                **{name: {"schema": {"type": "string"}} for name in endpoint.headers},
            },
            "content": {JSON: {"schema": {"anyOf": [ref("schemas", name) for name in answered]}}, **_streams(plan)}
            if endpoint.passthrough is None
            else {"*/*": {}},
        },
        **({} if endpoint.status == HTTPStatus.ACCEPTED else {"202": openapi_jobs.ACCEPTED}),
        **(_NOT_MODIFIED if endpoint.keepable else {}),
        "404": ref("responses", "NotFound"),
        "422": ref("responses", refused),
        **({"429": ref("responses", "TooManyRequests")} if endpoint.may_refuse_too_many else {}),
        "502": ref("responses", "SourcesFailed"),
        "504": ref("responses", "SourcesTimedOut"),
        "default": ref("responses", "Refused"),
    }
    for status in passed_on(plan):
        operation["responses"].setdefault(status, ref("responses", "PassedOn"))
    openapi_callers.describe(operation, endpoint.asked_by, allow=endpoint.allow is not None)
    return bodies


def _streams(plan: Plan) -> Node:
    """Describe the forms in which sources are sent as they arrive; what writes has none."""
    record = {"type": "string", "description": "A record for each source as it arrives, and one that ends the stream."}
    return {} if plan.writes else {kind: {"schema": record} for kind in ("application/x-ndjson", "text/event-stream")}


def _credentials(forwarded: Iterable[str]) -> bool:
    """Whether a client may send credentials that are handed on."""
    return any(header.lower() == "authorization" for header in forwarded)


def _forwarded(plan: Plan) -> Iterator[Node]:
    """Describe the client's headers that are handed on, but those that OpenAPI keeps for itself."""
    for header in plan.forwarded:
        if header.lower() not in NO_PARAMETERS:
            takers = [name for name, source in plan.sources.items() if header in source.forward]
            about = f"Handed on to {', '.join(takers)}."
            yield {"name": header, "in": "header", "description": about, "schema": {"type": "string"}}


def _describe_handler(operation: Node, *, reads_sources: bool) -> None:
    """Complete what FastAPI says of a handler that was written by hand."""
    operation.setdefault("tags", ["handlers"])
    answers: dict[str, Node] = operation["responses"]
    for status, response in answers.items():
        if status.startswith("2"):
            response["headers"] = headers(*(HEADERS if reads_sources else ["X-Request-Id"]))
            response.setdefault("content", {JSON: {"schema": {}}})
    if "422" in answers:
        answers["422"] = ref("responses", "BadParameter")
    if reads_sources:
        for status in ("404", "502", "504"):
            answers.setdefault(status, ref("responses", "SourceFailed"))
    answers.setdefault("default", ref("responses", "Refused"))


def _reading_sources(app: FastAPI) -> Iterator[str]:
    """Name the paths of handlers that take the sources as a dependency."""
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        if route.path_format and dependant and _needs_sources(dependant):
            yield route.path_format


def _asked_by(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Name the paths of handlers that have a caller, and the caller."""
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        for needed in dependant.dependencies if dependant else ():
            if route.path_format and isinstance(needed.call, CallerIs):
                yield route.path_format, needed.call.name


def _needs_sources(dependant: Dependant) -> bool:
    return any(needed.call is sources_of or _needs_sources(needed) for needed in dependant.dependencies)


def main() -> None:
    """Print the description of the application `app` in a file, such as functions/gateway/app.py."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m fanin.entrypoints.fastapi.openapi FILE, the file that makes the application `app`")
    file = Path(sys.argv[1])
    sys.path.insert(0, str(file.parent))
    app: FastAPI = runpy.run_path(str(file))["app"]
    sys.stdout.write(json.dumps(document(app), indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
