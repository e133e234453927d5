"""The front door hands a handshake on whole: who connects is found out behind it."""

import json
from collections.abc import Iterator

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from fanin.local.process import ports
from fanin.local.stack import front_door
from tests.contract.own.test_api_keys import GOOD, REVOKED
from tests.websocket.hearing import hear
from tests.websocket.server import serving
from tests.websocket.shaking import UnderAsgi
from tests.websocket.test_callers import ticket_of

OWN = json.dumps({"action": "subscribe", "id": "a", "endpoint": "own", "params": {"id": "7"}})


@pytest.fixture
def way() -> Iterator[UnderAsgi]:
    made = UnderAsgi()
    yield made
    made.close()


@pytest.fixture
def url(way: UnderAsgi) -> Iterator[str]:
    """Give the door's URL; a server stands behind it for the WebSocket API."""
    at = ports.take(0)
    with serving(way.app) as behind, front_door.serve(at, f"http://{behind}", f"ws://{behind}/live"):
        yield f"ws://127.0.0.1:{at.getsockname()[1]}/live"


def test_a_header_a_subprotocol_and_a_ticket_are_handed_on(way: UnderAsgi, url: str) -> None:
    offered = [Subprotocol("fanin"), Subprotocol(f"fanin.bearer.{GOOD}")]
    for client, selected in (
        (connect(url, additional_headers={"X-Api-Key": GOOD}), None),
        (connect(url, subprotocols=offered), "fanin"),
        (connect(f"{url}?ticket={ticket_of(way)}"), None),
    ):
        with client:
            client.send(OWN)
            assert hear(client)["value"] == "https://own.example/acme/7"
            assert client.subprotocol == selected


def test_a_refusal_is_handed_back(url: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(url, additional_headers={"X-Api-Key": REVOKED})
    assert refused.value.response.status_code == 401
