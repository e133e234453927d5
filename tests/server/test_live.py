"""Answers as they arrive, from the server's own WebSockets, spoken by somebody else's client."""

import json

from websockets.sync.client import connect

from fanin.local.upstream.process import Upstream


def test_each_source_arrives_then_complete(url: str, upstream: Upstream) -> None:
    upstream.reset()
    with connect(f"{url.replace('http', 'ws', 1)}/live") as live:
        live.send(json.dumps({"action": "subscribe", "id": "a", "endpoint": "trip", "params": {"city": "Lisbon"}}))
        messages = [json.loads(live.recv(30)) for _ in range(7)]
    assert [message["n"] for message in messages] == list(range(1, 8))
    assert {message["source"] for message in messages[:-1]} == {"geo", "weather", "air", "country", "rates", "summary"}
    assert messages[-1]["complete"] is True
