"""What the functions log in containers is what they log in Lambda. Here their layers are the template's own."""

import json
from pathlib import Path

import pytest

from fanin.local.containers import sam_local
from fanin.local.containers.sam_local import Sandbox
from fanin.local.upstream.client import UpstreamClient
from tests.events.fixtures import EVENTS


@pytest.mark.parametrize(("folder", "function"), [("gateway", "GatewayFunction"), ("sync", "SyncFunction")])
def test_a_request_is_one_line_without_metrics(
    template: Path, sandbox: Sandbox, upstream: UpstreamClient, folder: str, function: str
) -> None:
    """Which nobody reads there."""
    upstream.reset()
    event = EVENTS / folder / "http-api-get.json"
    built = template.with_name("template.yaml")
    response, said = sam_local.invoke_with_logs(built, function, event, sandbox)
    (line,) = [json.loads(text) for text in said.splitlines() if text.startswith("{")]
    assert (line["level"], line["logger"], line["message"]) == ("INFO", "fanin", "request")
    assert (line["status"], line["cold_start"], line["complete"]) == (200, True, True)
    assert line["request_id"] == response["headers"]["x-request-id" if folder == "gateway" else "X-Request-Id"]
