"""Jobs of endpoints with a caller: who may hand them in, what their runs know of who asked, and whose they are."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from fanin.callers.kinds import Around
from fanin.compose.front_door import front_door
from fanin.credentials.secrets.places import EnvironmentVariables
from fanin.credentials.secrets.redaction import Redaction
from fanin.engine.call import Call
from fanin.engine.catalogue import Catalogue
from fanin.engine.outcome import Outcome
from fanin.entrypoints.aws_lambda.asgi import asgi_handler
from fanin.entrypoints.fastapi.app import gateway_app
from fanin.errors import RequestError
from fanin.jobs.service import JobService
from fanin.sources.reach import Reach
from fanin.sources.tls import tls_context
from tests.jobs.test_http import Client as OpenClient
from tests.unit.scenario import config_of

CONFIG = config_of("""
[callers.staff]
authorizer = { scopes = ["orders"] }
[callers.services]
iam = {}
[sources.own]
url = "https://crm.example/{caller.tenant}/{id}"
[sources.free]
url = "https://free.example/"
[endpoints.own]
path = "/own/{id}"
caller = "staff"
sources = ["own"]
allow = "parameters.id != 'secret'"
[endpoints.free]
path = "/free"
sources = ["free"]
""")
OWN = {"endpoint": "own", "parameters": {"id": "7"}}


def staff(sub: str, scope: str = "orders", **claims: str) -> dict[str, Any]:
    told = {"iss": "https://id.example", "sub": sub, "tenant": "acme", "scope": scope, **claims}
    return {"authorizer": {"jwt": {"claims": told, "scopes": None}}}


ADA, BOB = staff("ada@example.com"), staff("bob@example.com")


class Client(OpenClient):
    """Asks a gateway that knows callers."""

    def serve(self, job_service: JobService | None) -> None:
        self.urls: list[str] = []

        async def fetch(call: Call) -> Outcome[Any]:
            self.urls.append(call.request.url)
            return Outcome({"url": call.request.url})

        self.world._fetch = fetch  # type: ignore[method-assign]
        around = Around({}, Redaction(), EnvironmentVariables({}), self.loop.time, time.time)
        door = front_door(self.world.config.callers, around, Reach({}, tls_context, self.loop.time), _no_aws, _no_aws)
        catalogue = Catalogue(self.world.config, self.loop.time)
        pipelines = dict.fromkeys(self.world.config.sources, fetch)
        app = gateway_app(catalogue, pipelines, door=door, job_service=job_service)
        self.handler = asgi_handler(app, loop=self.loop, clock=self.loop.time)


def _no_aws() -> Any:
    raise NotImplementedError


@pytest.fixture
def client() -> Iterator[Client]:
    asking = Client(CONFIG)
    yield asking
    asking.loop.close()
    asyncio.set_event_loop(None)


def problem_of(answer: tuple[int, dict[str, str], Any]) -> tuple[int, str]:
    status, _, body = answer
    return status, body["type"].rpartition("/")[2]


def test_a_run_knows_who_asked(client: Client) -> None:
    status, headers, job = client.ask("POST", "/jobs", OWN, who=ADA)
    assert status == 202
    assert "ada@" not in str(job)
    client.settle()
    _, _, job = client.ask("GET", headers["location"], who=ADA)
    assert (job["state"], job["result"]) == ("succeeded", {"own": {"url": "https://crm.example/acme/7"}})
    assert "ada@" not in str({**job, "result": None})


@pytest.mark.parametrize(
    ("order", "who", "refused"),
    [
        (OWN, None, (401, "not-authenticated")),
        ({"endpoint": "own", "parameters": {}}, None, (401, "not-authenticated")),
        (OWN, staff("ada", "other"), (403, "not-allowed")),
        ({"endpoint": "own", "parameters": {"id": "secret"}}, ADA, (403, "not-allowed")),
        ({"endpoint": "own", "parameters": {}}, ADA, (422, "bad-parameter")),
        (OWN, {"authorizer": {"iam": {"userArn": "arn:aws:iam::123456789012:user/x"}}}, (401, "not-authenticated")),
    ],
)
def test_who_may_not_ask_hands_in_no_job(
    client: Client, order: dict[str, Any], who: dict[str, Any] | None, refused: tuple[int, str]
) -> None:
    assert problem_of(client.ask("POST", "/jobs", order, who=who)) == refused
    client.settle()
    assert client.urls == []


def test_who_may_not_ask_hands_in_no_job_by_preference_either(client: Client) -> None:
    assert problem_of(client.ask("GET", "/own/7", Prefer="respond-async")) == (401, "not-authenticated")
    assert problem_of(client.ask("GET", "/own/secret", who=ADA, Prefer="respond-async")) == (403, "not-allowed")
    status, headers, _ = client.ask("GET", "/own/7", who=ADA, Prefer="respond-async")
    assert status == 202
    assert client.ask("GET", headers["location"], who=ADA)[0] == 200


def test_a_job_is_its_callers_and_nobody_elses(client: Client) -> None:
    """Whatever else they are, and whichever token they have."""
    _, headers, job = client.ask("POST", "/jobs", OWN, who=ADA)
    for method in ("GET", "DELETE"):
        assert problem_of(client.ask(method, headers["location"], who=BOB)) == (404, "unknown-job")
        assert problem_of(client.ask(method, headers["location"])) == (401, "not-authenticated")
    again = staff("ada@example.com", iat="2")
    assert client.ask("GET", headers["location"], who=again)[2]["id"] == job["id"]
    assert client.ask("DELETE", headers["location"], who=again)[2]["state"] == "cancelled"


def test_a_job_is_found_for_its_caller_and_for_nobody_else_where_it_is_followed(client: Client) -> None:
    """As over WebSocket, which follows jobs of nobody, too: whoever knows the id of one may."""
    _, _, hers = client.ask("POST", "/jobs", OWN, who=ADA)
    _, _, nobodys = client.ask("POST", "/jobs", {"endpoint": "free", "parameters": {}})
    find, owner = client.job_service.find_any, client.world.store.written(hers["id"]).owner
    assert owner
    assert client.loop.run_until_complete(find(hers["id"], owner)).id == hers["id"]
    for other in ("", "staff 0", owner[:-1]):
        with pytest.raises(RequestError) as refused:
            client.loop.run_until_complete(find(hers["id"], other))
        assert (refused.value.status, refused.value.problem) == (404, "unknown-job")
        assert client.loop.run_until_complete(find(nobodys["id"], other)).id == nobodys["id"]


def test_callers_see_their_own_jobs_in_the_list(client: Client) -> None:
    _, _, hers = client.ask("POST", "/jobs", OWN, who=ADA)
    client.ask("POST", "/jobs", OWN, who=BOB)
    assert [job["id"] for job in client.ask("GET", "/jobs", who=ADA)[2]["jobs"]] == [hers["id"]]
    assert problem_of(client.ask("GET", "/jobs")) == (403, "identity-needed")


def test_idempotency_keys_of_two_callers_do_not_meet(client: Client) -> None:
    _, _, hers = client.ask("POST", "/jobs", OWN, who=ADA, Idempotency_Key='"k"')
    _, _, his = client.ask("POST", "/jobs", OWN, who=BOB, Idempotency_Key='"k"')
    _, _, again = client.ask("POST", "/jobs", OWN, who=staff("ada@example.com", iat="2"), Idempotency_Key='"k"')
    assert hers["id"] == again["id"] != his["id"]


def test_a_job_that_anyone_may_ask_for_is_whose_it_was(client: Client) -> None:
    _, headers, _ = client.ask("POST", "/jobs", {"endpoint": "free"})
    assert client.ask("GET", headers["location"])[0] == 200
    client.settle()
    assert client.urls == ["https://free.example/"]
