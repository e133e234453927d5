"""Events of a WebSocket, through `sam local invoke -e`: without AWS behind it, the function still takes them."""

from pathlib import Path

import pytest

from fanin.local.containers import sam_local
from fanin.local.containers.sam_local import Sandbox
from tests.events.fixtures import EVENTS


@pytest.mark.parametrize("name", ["connect", "subscribe", "not-a-message"])
def test_an_event_of_a_connection_is_taken(name: str, template: Path, sandbox: Sandbox) -> None:
    response = sam_local.invoke(template, "LiveFunction", EVENTS / f"live/{name}.json", sandbox)
    assert response == {"statusCode": 200}
