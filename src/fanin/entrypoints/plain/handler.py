"""The Lambda handler with neither FastAPI nor httpx: one call after another, or all at once in threads."""

import re
import time
from collections.abc import Mapping

from fanin.config import Config, Endpoint
from fanin.config.parameters import Parameters
from fanin.contract import answers
from fanin.contract.answers import Answer
from fanin.engine.aggregation import Aggregation
from fanin.engine.execution import BlockingRun
from fanin.engine.outcome import Clock
from fanin.engine.plan import Plan
from fanin.entrypoints.aws_lambda.event import HttpRequest
from fanin.entrypoints.aws_lambda.handler import Handler, Invocation, Seeing, http_handler
from fanin.errors import unknown_path, wrong_method


class _Route:
    def __init__(self, endpoint: Endpoint, config: Config, prefix: str, run: BlockingRun) -> None:
        self.run = run
        self.path = re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(prefix + endpoint.path)))
        self.plan = Plan.of(endpoint, config.sources)
        self.parameters = Parameters(endpoint.all_parameters)


def sync_handler(
    config: Config,
    models: Mapping[str, BlockingRun],
    *,
    clock: Clock = time.monotonic,
    seeing: Seeing = Seeing(),  # noqa: B008 - frozen
) -> Handler:
    """Make the Lambda handler.

    Args:
        config: what is served.
        models: what runs the calls, for each prefix of the endpoints' paths.
        clock: the clock of all deadlines.
        seeing: how the function is seen from outside.
    """
    routes = [
        _Route(endpoint, config, prefix, run)
        for prefix, run in models.items()
        for endpoint in config.endpoints.values()
    ]

    def serve(request: HttpRequest, invocation: Invocation) -> Answer:
        for route in routes:
            if found := route.path.fullmatch(request.path):
                if request.method != "GET":
                    raise wrong_method(["GET"])
                parameters = route.parameters.check(dict(request.query) | found.groupdict())
                deadline = invocation.deadline_within(route.plan.endpoint.timeout, clock)
                aggregation = Aggregation(
                    route.plan, parameters, deadline, clock, request.headers, trace_context=invocation.trace_context
                )
                result = route.run(aggregation)
                invocation.results.append(result)
                return answers.answer(result, invocation.request_id, request.headers.get("if-none-match", ""))
        raise unknown_path()

    return http_handler(serve, clock, seeing)
