"""What the API's description says of /jobs."""

from fanin.config import Config
from fanin.entrypoints.fastapi.openapi_components import JSON, Node, mapping, ref
from fanin.jobs.job import CallbackState, State

_MOMENT: Node = {"type": "string", "format": "date-time"}
_MAYBE: Node = {"type": ["string", "null"], "format": "date-time"}
_COUNT: Node = {"type": "integer", "minimum": 0}
_SCALAR: Node = {"type": ["string", "number", "integer", "boolean"]}
_URL: Node = {"type": "string", "format": "uri"}

_LOCATION: Node = {"description": "Where the job is.", "schema": {"type": "string", "format": "uri-reference"}}
_APPLIED: Node = {"description": "That `Prefer: respond-async` was heeded (RFC 7240).", "schema": {"type": "string"}}
_RETRY: Node = {"description": "Seconds after which to ask again.", "schema": {"type": "integer"}}
_LINK: Node = {"description": "The next page (RFC 8288).", "schema": {"type": "string"}}

KEY: Node = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key and the same request come to the same job, for 24 hours.",
    "schema": {"type": "string", "examples": ['"8e03978e-40d5-43e8-bc93-6894a57f9324"']},
}
PREFER: Node = {
    "name": "Prefer",
    "in": "header",
    "description": "`respond-async` makes a job of the request (RFC 7240).",
    "schema": {"type": "string", "examples": ["respond-async"]},
}


def _json(schema: str) -> Node:
    return {JSON: {"schema": ref("schemas", schema)}}


def _refused(description: str) -> Node:
    return {"description": description, "content": {"application/problem+json": {"schema": ref("schemas", "Problem")}}}


ACCEPTED: Node = {
    "description": "The job is recorded, and will be done.",
    "headers": {"Location": _LOCATION, "Preference-Applied": _APPLIED, "Retry-After": _RETRY},
    "content": _json("Job"),
}
"""The answer to a request that became a job."""

_NO_JOB = _refused("There is no such job, or no more.")
_OPERATIONS: dict[tuple[str, str], Node] = {
    ("/jobs", "post"): {
        "operationId": "create_job",
        "summary": "Have an endpoint asked, and its answer kept",
        "parameters": [KEY],
        "requestBody": {"required": True, "content": _json("Order")},
        "responses": {
            "202": ACCEPTED,
            "413": _refused("The order is too large."),
            "422": _refused("The endpoint, a parameter or the callback is wrong, or the key came with another order."),
            "429": _refused("As many jobs of this endpoint are open as may be."),
        },
    },
    ("/jobs", "get"): {
        "operationId": "list_jobs",
        "summary": "One's own jobs, the newest first",
        "responses": {
            "200": {"description": "A page of them.", "headers": {"Link": _LINK}, "content": _json("Jobs")},
            "403": _refused("Nobody said whose."),
            "422": ref("responses", "BadParameter"),
        },
    },
    ("/jobs/{job_id}", "get"): {
        "operationId": "show_job",
        "summary": "How far a job is, and what it came to",
        "responses": {
            "200": {"description": "The job.", "headers": {"Retry-After": _RETRY}, "content": _json("Job")},
            "404": _NO_JOB,
        },
    },
    ("/jobs/{job_id}", "delete"): {
        "operationId": "cancel_job",
        "summary": "Cancel a job",
        "responses": {
            "200": {"description": "It is cancelled.", "content": _json("Job")},
            "404": _NO_JOB,
            "409": _refused("It has ended."),
        },
    },
}


def describe(path: str, method: str, operation: Node, config: Config) -> bool:
    """Complete what FastAPI says of an operation of /jobs; False where it is another's."""
    if (told := _OPERATIONS.get((path, method))) is None:
        return False
    operation |= told
    if "requestBody" in told:
        described = {"schema": ref("schemas", "Order"), "example": _order(config)}
        operation["requestBody"] = {"required": True, "content": {JSON: described}}
    operation["responses"] = told["responses"] | {
        "501": _refused("There are no jobs here."),
        "503": _refused("The store of jobs does not answer."),
        "default": ref("responses", "Refused"),
    }
    return True


def _order(config: Config) -> Node:
    """Order the first endpoint, with the examples of its parameters."""
    endpoint = next(iter(config.endpoints.values()), None)
    if endpoint is None:
        return {"endpoint": "name"}
    parameters = {
        endpoint.sent_as[name]: parameter.example
        for name, parameter in endpoint.all_parameters.items()
        if parameter.example is not None and parameter.in_ not in ("header", "cookie")
    }
    return {"endpoint": endpoint.name, **({"parameters": parameters} if parameters else {})}


def schemas() -> dict[str, Node]:
    """Describe the bodies of /jobs."""
    states = [state.value for state in State]
    callback = {
        "url": _URL,
        "state": {"type": "string", "enum": [state.value for state in CallbackState]},
        "attempts": _COUNT,
    }
    always: Node = {
        "id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "state": {"type": "string", "enum": states},
        "endpoint": {"type": "string"},
        "parameters": {"type": "object", "additionalProperties": _SCALAR},
        "created": _MOMENT,
        "started": _MAYBE,
        "ended": _MAYBE,
        "expires": _MOMENT,
        "runs": _COUNT,
        "progress": {"type": "object", "additionalProperties": {"type": "string"}},
    }
    ended: Node = {
        "status": {"type": "integer", "description": "What the endpoint would have answered with."},
        "complete": {"type": "boolean"},
        "result": {"description": "What the endpoint would have answered."},
        "result_url": _URL | {"description": "Where that is, for 15 minutes, where it is large."},
        "problem": {
            "type": "object",
            "description": "Why there is no result: the problem that the endpoint would have answered.",
        },
        "problem_url": _URL,
        "callback": mapping(callback, required=callback, title="The callback of its end"),
    }
    order: Node = {
        "endpoint": {"type": "string", "description": "The name of an endpoint."},
        "parameters": {"type": "object", "additionalProperties": _SCALAR},
        "input": {"description": "What the endpoint takes as the JSON body of a request."},
        "callback": _URL | {"description": "Whom to tell of its end, as Standard Webhooks has it."},
    }
    jobs: Node = {
        "jobs": {"type": "array", "items": ref("schemas", "Job")},
        "next": {"type": ["string", "null"], "description": "The path of the next page."},
    }
    return {
        "Order": mapping(order, required=["endpoint"], title="What a job is to do"),
        "Job": mapping(always | ended, required=always, title="A job"),
        "Jobs": mapping(jobs, required=jobs, title="A page of jobs"),
    }
