"""OPTIONS in the embedded AWS: an HTTP API without a CORS configuration hands it on like any other method, as AWS does.

The emulator answers it with 403 itself. This module is loaded into its interpreter, which has none of our packages.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

# ruff: noqa: SLF001 - the emulator has no other place where its answer could be left out

import importlib
from typing import Any

_OPTIONS, _STANDS_FOR_IT = "OPTIONS", "options"


def hand_on() -> None:
    """Let OPTIONS reach the route of an HTTP API that has no CORS configuration."""
    gateway: Any = importlib.import_module("ministack.services.apigateway")
    execute, match, invoke = gateway._handle_execute_in_scope, gateway._match_route, gateway._invoke_lambda_proxy

    async def executed(api_id: str, stage: str, path: str, method: str, *request: Any) -> Any:
        own = (gateway._apis.get(api_id) or {}).get("corsConfiguration")
        passed = _STANDS_FOR_IT if method == _OPTIONS and not own else method
        return await execute(api_id, stage, path, passed, *request)

    def matched(api_id: str, method: str, path: str) -> Any:
        return match(api_id, _true(method), path)

    async def invoked(
        integration: Any, api_id: str, stage: str, path: str, method: str, *request: Any, **more: Any
    ) -> Any:
        return await invoke(integration, api_id, stage, path, _true(method), *request, **more)

    gateway._handle_execute_in_scope, gateway._match_route, gateway._invoke_lambda_proxy = executed, matched, invoked


def _true(method: str) -> str:
    return _OPTIONS if method == _STANDS_FOR_IT else method
