"""`fanin explain`: an endpoint's plan, drawn."""

from fanin.cli.options import DEFAULT_FILE, EndpointArgument, FileOption, JsonOption, configuration, endpoint_named
from fanin.cli.plan_drawing import draw
from fanin.cli.terminal import output, print_json
from fanin.engine.worst_case import WorstCase
from fanin.entrypoints.console.plan import explained


def explain(endpoint: EndpointArgument, file: FileOption = DEFAULT_FILE, *, as_json: JsonOption = False) -> None:
    """Draw an endpoint's plan: what waits for what, and the longest that it can take."""
    config = configuration(file, as_json=as_json)
    worst = WorstCase.of(endpoint_named(endpoint, config), config.sources)
    if as_json:
        print_json(explained(worst))
    else:
        draw(worst, output())
