"""The Lambda handler with neither FastAPI nor httpx: one call after another, or all at once in threads."""

from collections.abc import Mapping

from fanin.config.path import decoded_path
from fanin.contract import answers
from fanin.contract.answers import Answer
from fanin.contract.cors import CorsPolicy
from fanin.engine.catalogue import Catalogue, ClientRequest
from fanin.engine.execution import BlockingRun
from fanin.engine.front_door import OPEN, FrontDoor
from fanin.engine.invocation import Invocation
from fanin.engine.refusals import unknown_path
from fanin.entrypoints.aws_lambda.event import HttpRequest
from fanin.entrypoints.aws_lambda.handler import Around, Handler, Observability, http_handler


def sync_handler(
    catalogue: Catalogue,
    models: Mapping[str, BlockingRun],
    *,
    door: FrontDoor = OPEN,
    observability: Observability = Observability(),  # noqa: B008 - frozen
) -> Handler:
    """Make the Lambda handler.

    Args:
        catalogue: what is served.
        models: what runs the calls, for each prefix of the endpoints' paths.
        door: says who asks.
        observability: how the function is seen from outside.
    """

    def serve(request: HttpRequest, invocation: Invocation) -> Answer:
        for prefix, run in models.items():
            if not (path := decoded_path(request.raw_path)).startswith(f"{prefix}/"):
                continue
            endpoint, in_path = catalogue.find(request.method, path.removeprefix(prefix))
            asked = ClientRequest(in_path, request.headers, request.body, query=request.query)
            caller = door.admit_blocking(endpoint, asked, invocation) if door.admit_blocking else None
            result = run(catalogue.begin(endpoint.name, asked, caller, invocation))
            invocation.results.append(result)
            return answers.answer(result, invocation.request_id, request.headers)
        raise unknown_path()

    config = catalogue.config
    around = Around(catalogue.clock, observability, CorsPolicy.of(config), config.api.problems)
    return http_handler(serve, around)
