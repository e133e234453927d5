"""What a one-time ticket costs of AWS's services, counted as in test_costs.py."""

import json
from typing import Any

import pytest

from fanin.callers.tickets import MOST_A_MINUTE
from fanin.compose import parts
from fanin.engine.call import Runtime
from tests.abuse.test_costs import FILE, Client, client, documented, upstreams
from tests.unit.lambda_events import FakeContext, payload_2

__all__ = ["client", "upstreams"]  # fixtures


def test_tickets_cost_what_is_documented(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 1_800_000_000.0  # one minute counts all tickets: its end stays ahead
    monkeypatch.setattr(parts, "Runtime", lambda: Runtime(now=lambda: moment))
    callers = 'caller = "staff"\n[callers.staff]\nauthorizer = {}\n'
    (client._folder / "fanin.toml").write_text(FILE.replace("[variables]", f"{callers}[variables]"))
    events: Any = {"headers": {"accept": "text/event-stream"}}

    def given(status: int = 200) -> str:
        event = payload_2("/tickets", method="POST")
        event["requestContext"]["authorizer"] = {"jwt": {"claims": {"sub": "ada"}, "scopes": None}}
        answer = handler(event, FakeContext())
        assert answer["statusCode"] == status
        return str(json.loads(answer["body"]).get("ticket"))

    def used(ticket: str, status: int) -> None:
        answer = handler(payload_2("/place/Lisbon", f"ticket={ticket}", **events), FakeContext())
        assert answer["statusCode"] == status

    with client.environment_of_a_function() as handler:
        used(given(), 200)
        client.counted("")
        ticket = given()
        client.counted("a ticket is given")
        used(ticket, 200)  # its source is known to this environment by now
        client.counted("a ticket is used, or one that nobody was given")
        used(ticket, 401)
        assert client.counted("")["DeleteItem"] == 1
        used("a" * 42, 401)
        client.counted("what has not the form of a ticket")
        for _ in range(MOST_A_MINUTE - 2):
            given()
        client.counted("")
        given(429)
        client.counted("a ticket too many is refused")
    del client.told[""]
    told = {action: calls for action, calls in documented().items() if "ticket" in action}
    assert client.told == told
