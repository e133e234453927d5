"""What the API's description says of who may ask."""

from typing import TYPE_CHECKING

from fanin.callers.tickets import too_many
from fanin.config import Config
from fanin.contract import answers
from fanin.contract.answers import Answer
from fanin.engine.refusals import callers_unavailable, not_allowed, not_authenticated
from fanin.entrypoints.fastapi.openapi_components import JSON, Node, problem_response, ref

if TYPE_CHECKING:
    from fanin.config.callers import Callers

_REQUEST_ID = "JKJaXmPLvHcESHA="


def schemes(config: Config) -> dict[str, Node]:
    """Describe the credentials of each of [callers], by its name."""
    return {
        name: {**callers.table.security, "description": callers.table.asks_for}
        for name, callers in config.callers.items()
    }


def responses() -> dict[str, Node]:
    """Describe the answers to those who may not ask."""
    unknown = not_authenticated("no authorizer says who asks", 'Bearer realm="staff"')
    unavailable = callers_unavailable("it cannot be found out in time who asks")
    return {
        "NotAuthenticated": _refusal("It is not known who asks.", answers.refusal(unknown, _REQUEST_ID)),
        "NotAllowed": _refusal("Who asks may not.", answers.refusal(not_allowed("a scope is missing"), _REQUEST_ID)),
        "CallersUnavailable": _refusal(
            "Nobody can say at present who asks.", answers.refusal(unavailable, _REQUEST_ID)
        ),
    }


def describe_tickets(operation: Node, config: Config) -> None:
    """Write what `POST /tickets` answers into its operation."""
    operation["operationId"] = "tickets"
    operation["security"] = [{name: []} for name in config.callers]
    body: Node = {
        "type": "object",
        "title": "A one-time ticket",
        "required": ["ticket", "expires_in"],
        "properties": {
            "ticket": {"type": "string", "description": "What stands for the caller in `?ticket=`, once."},
            "expires_in": {"type": "integer", "minimum": 0, "description": "Seconds for which it is good."},
        },
    }
    many = too_many("a caller gets 60 tickets in a minute", 30)
    operation["responses"] = {
        "200": {"description": "A ticket for a WebSocket or an `EventSource`.", "content": {JSON: {"schema": body}}},
        "401": ref("responses", "NotAuthenticated"),
        "403": ref("responses", "NotAllowed"),
        "429": _refusal("The caller has had too many tickets.", answers.refusal(many, _REQUEST_ID)),
        "503": ref("responses", "CallersUnavailable"),
        "default": ref("responses", "Refused"),
    }


def describe(operation: Node, callers: "Callers | None", *, allow: bool = False) -> None:
    """Write into an operation who may ask, and what others are answered.

    Args:
        operation: the operation, with its answers.
        callers: who may ask; None if anyone may.
        allow: whether some requests are refused for what they ask.
    """
    answered: dict[str, Node] = operation["responses"]
    if callers:
        operation["security"] = [{callers.name: []}]
        answered["401"] = ref("responses", "NotAuthenticated")
        answered["503"] = ref("responses", "CallersUnavailable")
    if callers or allow:
        answered["403"] = ref("responses", "NotAllowed")


def _refusal(description: str, example: Answer) -> Node:
    described = problem_response(description, "Problem", example)
    for name in ("WWW-Authenticate", "Retry-After"):
        if value := dict(example.headers).get(name):
            described["headers"][name] = {"schema": {"type": "string", "examples": [value]}}
    return described
