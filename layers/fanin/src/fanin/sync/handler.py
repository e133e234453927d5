"""The Lambda handler that makes one call after another, with neither FastAPI nor httpx."""

import re
import time
from collections.abc import Callable
from typing import Any

from fanin import contract
from fanin.aggregate import Aggregation
from fanin.config import Config, Endpoint
from fanin.config.parameters import Parameters
from fanin.contract import Answer
from fanin.errors import unknown_path, wrong_method
from fanin.execution import sequential
from fanin.http_event import HttpRequest
from fanin.lambda_runtime import Handler, Invocation, http_handler, log_failures
from fanin.outcome import Clock, Outcome
from fanin.pipeline import Call
from fanin.plan import Plan


class _Route:
    def __init__(self, endpoint: Endpoint, config: Config, prefix: str) -> None:
        self.path = re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(prefix + endpoint.path)))
        self.plan = Plan.of(endpoint, config.sources)
        self.parameters = Parameters(endpoint.all_parameters)


def sync_handler(
    config: Config, fetch: Callable[[Call], Outcome[Any]], *, prefix: str = "/sync", clock: Clock = time.monotonic
) -> Handler:
    """Make the Lambda handler.

    Args:
        config: what is served.
        fetch: makes a call of any source, and gives its failure as an outcome.
        prefix: what stands before the endpoints' paths.
        clock: the clock of all deadlines.
    """
    routes = [_Route(endpoint, config, prefix) for endpoint in config.endpoints.values()]

    def serve(request: HttpRequest, invocation: Invocation) -> Answer:
        for route in routes:
            if found := route.path.fullmatch(request.path):
                if request.method != "GET":
                    raise wrong_method(["GET"])
                parameters = route.parameters.check(dict(request.query) | found.groupdict())
                deadline = invocation.deadline_within(route.plan.endpoint.timeout, clock)
                result = sequential.run(Aggregation(route.plan, parameters, deadline, clock), fetch)
                log_failures(result, invocation)
                return contract.answer(result, invocation.request_id)
        raise unknown_path()

    return http_handler(serve, clock)
