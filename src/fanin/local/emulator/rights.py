"""Rights in the embedded AWS: each decision noted, and one made as AWS makes it where the emulator does not.

With AUTH=true the emulator holds a request to the policies of the role that signed it. This module is loaded into its
interpreter, which has none of our packages.
"""

import contextvars
import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_MANY = "ssm:GetParameters"
"""The emulator knows one parameter's resource by its name; of several in one request it asks for a right to all."""
_asked_for: contextvars.ContextVar[tuple[str, ...]] = contextvars.ContextVar("asked_for", default=())
"""The resources of the parameters that the request in hand names."""


def watch(decisions: Path) -> None:
    """Decide by the names of several parameters, and write down what is decided about requests of roles.

    Args:
        decisions: a file that receives each different decision once, as a line of JSON: `principal`, `action`,
            `resource` and `allowed`.
    """
    evaluator: Any = importlib.import_module("ministack.core.iam_evaluator")
    actions: Any = importlib.import_module("ministack.core.iam_actions")
    enforce, resource_of = evaluator.enforce, actions.extract_resource_arn
    noted: set[tuple[str, str, str, bool]] = set()

    def extract_resource_arn(service: str, *request: Any) -> Any:
        _asked_for.set(_parameters(*request) if service == "ssm" else ())
        return resource_of(service, *request)

    def enforced(  # noqa: PLR0913, PLR0917 - the emulator's
        access_key: str, action: str, service: str, region: str, resource_arn: str = "*", service_context: Any = None
    ) -> Any:
        resources = (_asked_for.get() if action == _MANY else ()) or (resource_arn,)
        for resource in resources:
            denied = enforce(access_key, action, service, region, resource, service_context)
            note(access_key, action, resource, denied is None)
            if denied:
                return denied
        return None

    def note(*decision: Any) -> None:
        access_key, action, resource, allowed = decision
        if decision in noted or evaluator.is_root_access_key(access_key):
            return
        noted.add(decision)
        principal = (evaluator.resolve_caller_identity(access_key) or {}).get("userArn", "")
        line = {"principal": principal, "action": action, "resource": resource, "allowed": allowed}
        with decisions.open("a") as file:
            file.write(json.dumps(line) + "\n")

    evaluator.enforce, actions.extract_resource_arn = enforced, extract_resource_arn


def _parameters(
    _method: str, _path: str, _headers: Mapping[str, str], body: bytes, _query: Any, region: str, account: str
) -> tuple[str, ...]:
    names = json.loads(body or b"{}").get("Names", [])
    return tuple(f"arn:aws:ssm:{region}:{account}:parameter/{name.removeprefix('/')}" for name in names)
