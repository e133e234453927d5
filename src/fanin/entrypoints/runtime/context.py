"""What Lambda says of an invocation beside its event. Nothing of it is the process's: many can be under way at once."""

import json
import time
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cached_property
from types import SimpleNamespace
from typing import Any

trace: ContextVar[str] = ContextVar("trace", default="")
"""X-Ray's header of the invocation that this task, or thread, works for."""

_CLIENT = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")


class Context:
    """Lambda's context of an invocation, as AWS's own runtime gives it.

    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html

    Args:
        headers: those of the event, names in lower case.
        environment: the function's.
    """

    def __init__(self, headers: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self.aws_request_id = headers.get("lambda-runtime-aws-request-id", "")
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn", "")
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        self.function_name = environment.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = environment.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = environment.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = environment.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self._headers = headers
        self._deadline = int(headers.get("lambda-runtime-deadline-ms", "0")) / 1000

    @cached_property
    def client_context(self) -> Any:
        """What a mobile client sent beside the event, with `custom`, `env` and `client`; None if there is nothing.

        Raises:
            ValueError: it is not JSON.
        """
        sent = self._json("lambda-runtime-client-context")
        if sent is None:
            return None
        client = sent.get("client")
        told = None if client is None else SimpleNamespace(**{name: client.get(name) for name in _CLIENT})
        return SimpleNamespace(custom=sent.get("custom"), env=sent.get("env"), client=told)

    @cached_property
    def identity(self) -> Any:
        """The identity of Cognito's that asked; its ids are None if none did.

        Raises:
            ValueError: what Lambda says of it is not JSON.
        """
        said = self._json("lambda-runtime-cognito-identity") or {}
        one, pool = said.get("cognitoIdentityId"), said.get("cognitoIdentityPoolId")
        return SimpleNamespace(cognito_identity_id=one, cognito_identity_pool_id=pool)

    def get_remaining_time_in_millis(self) -> int:
        """Give the milliseconds until Lambda ends the invocation, or with many slots ceases to wait for it."""
        return max(0, int((self._deadline - time.time()) * 1000))

    def _json(self, name: str) -> Any:
        return json.loads(header) if (header := self._headers.get(name)) else None
