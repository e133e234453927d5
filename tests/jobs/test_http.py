"""/jobs over the gateway's handler, its store in memory."""

import asyncio
import json
from collections.abc import Iterator
from random import Random
from typing import Any, override

import pytest

from fanin.config import Config
from fanin.engine.call import Call
from fanin.engine.catalogue import Catalogue
from fanin.engine.outcome import Outcome
from fanin.entrypoints.aws_lambda.asgi import asgi_handler
from fanin.entrypoints.fastapi.app import gateway_app
from fanin.jobs.job import Job
from fanin.jobs.message import JobMessage
from fanin.jobs.results import MAX_IN_TABLE, StoredResults
from fanin.jobs.service import JobService
from fanin.stores.errors import StoreUnavailable
from fanin.stores.memory.bucket import MemoryBucket
from fanin.testing.fake_clock import FakeClockLoop
from tests.jobs.world import CONFIG, World
from tests.unit.lambda_events import FakeContext, payload_2

ALICE = {"authorizer": {"jwt": {"claims": {"iss": "https://id.example", "sub": "alice"}, "scopes": None}}}
BOB = {"authorizer": {"jwt": {"claims": {"iss": "https://id.example", "sub": "bob"}, "scopes": None}}}
TRIP = {"endpoint": "trip", "parameters": {"city": "Lisbon"}}


class Client:
    """Asks a gateway whose jobs are in memory, and lets them run."""

    def __init__(self, config: Config = CONFIG) -> None:
        self.world = World(config=config)
        self.loop = FakeClockLoop()
        self.job_service = self.world.job_service()
        self.serve(self.job_service)

    def serve(self, job_service: JobService | None) -> None:
        pipelines = dict.fromkeys(self.world.config.sources, self.world._fetch)
        app = gateway_app(Catalogue(self.world.config, self.loop.time), pipelines, job_service=job_service)
        self.handler = asgi_handler(app, loop=self.loop, clock=self.loop.time)

    def ask(
        self, method: str, target: str, body: Any = None, *, who: dict[str, Any] | None = None, **headers: str
    ) -> tuple[int, dict[str, str], Any]:
        path, _, query = target.partition("?")
        event = payload_2(path, query, method=method)
        event["headers"] |= {"content-type": "application/json"} if body is not None else {}
        event["headers"] |= {name.replace("_", "-"): value for name, value in headers.items()}
        event["requestContext"] |= who or {}
        if body is not None:
            event["body"] = body if isinstance(body, str) else json.dumps(body)
        response = self.handler(event, FakeContext())
        answered = {name.lower(): value for name, value in response["headers"].items()}
        return response["statusCode"], answered, json.loads(response["body"])

    def settle(self) -> None:
        self.loop.run_until_complete(self.world.settle())


@pytest.fixture
def client() -> Iterator[Client]:
    asking = Client()
    yield asking
    asking.loop.close()
    asyncio.set_event_loop(None)


ORDER = {"endpoint": "order", "parameters": {"city": "Lisbon"}, "input": {"item": 7}}


def test_the_input_of_an_endpoint_is_recorded_and_checked_again_when_the_job_runs(client: Client) -> None:
    status, headers, job = client.ask("POST", "/jobs", ORDER)
    assert (status, job["parameters"], "input" in job) == (202, {"city": "Lisbon"}, False)
    assert client.world.store.written(job["id"]).input == {"item": 7}
    client.settle()
    _, _, job = client.ask("GET", headers["location"])
    assert (job["state"], job["status"], job["result"]) == ("succeeded", 201, {"geo": {"lat": 1}})


@pytest.mark.parametrize(
    ("change", "status", "problem"),
    [
        ({"input": {}}, 422, "bad-input"),
        ({"input": None}, 422, "bad-input"),
        ({"endpoint": "trip"}, 422, "bad-input"),
        ({"input": {"item": "x" * 63_990}}, 413, "body-too-large"),
    ],
    ids=["wrong", "missing", "not taken", "too large"],
)
def test_an_input_that_is_none_makes_no_job(client: Client, change: dict[str, Any], status: int, problem: str) -> None:
    refused, _, body = client.ask("POST", "/jobs", ORDER | change)
    assert (refused, body["type"].rpartition("/")[2]) == (status, problem)


def test_a_post_may_become_a_job_with_its_body(client: Client) -> None:
    sent: dict[str, Any] = {"content_type": "application/json", "prefer": "respond-async"}
    status, headers, job = client.ask("POST", "/order/Lisbon", {"item": 7}, **sent)
    assert (status, headers["preference-applied"]) == (202, "respond-async")
    assert client.world.store.written(job["id"]).input == {"item": 7}
    status, _, body = client.ask("POST", "/order/Lisbon", {}, **sent)
    assert (status, body["input"]) == (422, {"/item": "it is required"})


def test_the_same_key_with_another_input_is_refused(client: Client) -> None:
    assert client.ask("POST", "/jobs", ORDER, idempotency_key="a-key")[0] == 202
    assert client.ask("POST", "/jobs", ORDER | {"input": {"item": 8}}, idempotency_key="a-key")[0] == 422


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "json"])
def test_what_a_page_can_send_unasked_is_no_order(client: Client, content_type: str) -> None:
    """Browsers ask before they send JSON to another origin, and before nothing else that is a body."""
    status, _, problem = client.ask("POST", "/jobs", TRIP, content_type=content_type)
    assert (status, problem["type"].rpartition("/")[2]) == (415, "unsupported-media-type")
    assert client.ask("POST", "/jobs", TRIP, content_type="Application/JSON; charset=utf-8")[0] == 202


def test_a_job_is_handed_in_done_and_shown(client: Client) -> None:
    status, headers, job = client.ask("POST", "/jobs", TRIP)
    assert (status, job["state"], job["endpoint"]) == (202, "queued", "trip")
    assert headers["location"] == f"/jobs/{job['id']}"
    assert "preference-applied" not in headers
    assert int(headers["retry-after"]) >= 1
    client.settle()
    status, headers, job = client.ask("GET", headers["location"])
    assert (status, job["state"], job["status"], job["complete"]) == (200, "succeeded", 200, True)
    assert job["result"] == {"geo": {"lat": 1}, "weather": {"lat": 1}}
    assert job["progress"] == {"geo": "fresh", "weather": "fresh"}
    assert job["created"] <= job["started"] <= job["ended"] <= job["expires"]
    assert "retry-after" not in headers
    assert headers["cache-control"] == "no-store"


def test_a_job_that_fails_shows_the_problem(client: Client) -> None:
    def broken(_: Call) -> Outcome[Any]:
        raise ZeroDivisionError("by a bug")

    client.world.answer = broken
    _, _, job = client.ask("POST", "/jobs", TRIP)
    client.settle()
    _, _, job = client.ask("GET", f"/jobs/{job['id']}")
    assert (job["state"], job["problem"]["type"].rpartition("/")[2]) == ("dead", "job-set-aside")
    assert "ZeroDivision" not in json.dumps(job)


def test_an_endpoint_asked_with_a_preference_becomes_a_job(client: Client) -> None:
    status, headers, job = client.ask("GET", "/trip/Lisbon", Prefer="respond-async, wait=5")
    assert (status, headers["preference-applied"], job["parameters"]) == (202, "respond-async", {"city": "Lisbon"})
    client.settle()
    status, _, job = client.ask("GET", headers["location"])
    assert job["result"]["geo"] == {"lat": 1}


def test_without_the_preference_an_endpoint_answers_itself(client: Client) -> None:
    status, headers, body = client.ask("GET", "/trip/Lisbon")
    assert (status, body["geo"]) == (200, {"lat": 1})
    assert "preference-applied" not in headers


def test_the_same_key_and_order_come_to_the_same_job(client: Client) -> None:
    _, _, first = client.ask("POST", "/jobs", TRIP, Idempotency_Key='"k1"')
    client.settle()
    status, headers, again = client.ask("POST", "/jobs", TRIP, Idempotency_Key='"k1"')
    assert (status, headers["location"], again["state"]) == (202, f"/jobs/{first['id']}", "succeeded")
    _, _, by_preference = client.ask("GET", "/trip/Lisbon", Prefer="respond-async", Idempotency_Key='"k1"')
    assert by_preference["id"] == first["id"]


def test_the_same_key_and_another_order_are_refused(client: Client) -> None:
    client.ask("POST", "/jobs", TRIP, Idempotency_Key='"k1"')
    other = {"endpoint": "trip", "parameters": {"city": "Porto"}}
    status, _, problem = client.ask("POST", "/jobs", other, Idempotency_Key='"k1"')
    assert (status, problem["type"].rpartition("/")[2]) == (422, "idempotency-key-reused")


def test_a_key_is_kept_for_a_day(client: Client) -> None:
    _, _, first = client.ask("POST", "/jobs", TRIP, Idempotency_Key='"k1"')
    client.loop.advance(86_399)
    _, _, second = client.ask("POST", "/jobs", TRIP, Idempotency_Key='"k1"')
    client.loop.advance(2)
    _, _, third = client.ask("POST", "/jobs", TRIP, Idempotency_Key='"k1"')
    assert first["id"] == second["id"] != third["id"]


def test_keys_of_two_owners_do_not_meet(client: Client) -> None:
    _, _, hers = client.ask("POST", "/jobs", TRIP, who=ALICE, Idempotency_Key='"k1"')
    _, _, his = client.ask("POST", "/jobs", TRIP, who=BOB, Idempotency_Key='"k1"')
    assert hers["id"] != his["id"]


def test_a_refused_order_uses_up_no_key(client: Client) -> None:
    status, _, _ = client.ask("POST", "/jobs", {"endpoint": "trip"}, Idempotency_Key='"k1"')
    assert status == 422
    status, _, _ = client.ask("POST", "/jobs", TRIP, Idempotency_Key='"k1"')
    assert status == 202


def test_a_job_belongs_to_who_made_it(client: Client) -> None:
    _, headers, _ = client.ask("POST", "/jobs", TRIP, who=ALICE)
    assert client.ask("GET", headers["location"], who=ALICE)[0] == 200
    for other in (BOB, None):
        for method in ("GET", "DELETE"):
            status, _, problem = client.ask(method, headers["location"], who=other)
            assert (status, problem["type"].rpartition("/")[2]) == (404, "unknown-job")


def test_headers_do_not_say_who_one_is(client: Client) -> None:
    _, headers, _ = client.ask("POST", "/jobs", TRIP, who=ALICE)
    forged = json.dumps(ALICE["authorizer"])
    assert client.ask("GET", headers["location"], X_Authorizer=forged, Authorization="Bearer alice")[0] == 404


def test_jobs_are_listed_by_pages_the_newest_first(client: Client) -> None:
    ids = []
    for _ in range(5):
        ids.append(client.ask("POST", "/jobs", TRIP, who=ALICE)[2]["id"])
        client.loop.advance(1)
    client.ask("POST", "/jobs", TRIP, who=BOB)
    seen, target = [], "/jobs?limit=2"
    while target:
        status, headers, page = client.ask("GET", target, who=ALICE)
        assert status == 200
        assert ("link" in headers) == bool(page["next"])
        seen += [job["id"] for job in page["jobs"]]
        target = page["next"]
    assert seen == ids[::-1]


def test_without_an_identity_nothing_is_listed(client: Client) -> None:
    client.ask("POST", "/jobs", TRIP)
    status, _, problem = client.ask("GET", "/jobs")
    assert (status, problem["type"].rpartition("/")[2]) == (403, "identity-needed")


def test_a_job_is_cancelled_once_and_for_all(client: Client) -> None:
    _, headers, _ = client.ask("POST", "/jobs", TRIP)
    assert client.ask("DELETE", headers["location"])[2]["state"] == "cancelled"
    assert client.ask("DELETE", headers["location"])[0] == 200
    client.settle()
    assert client.world.calls == []
    assert client.ask("GET", headers["location"])[2]["state"] == "cancelled"


def test_a_job_that_has_ended_is_not_cancelled(client: Client) -> None:
    _, headers, _ = client.ask("POST", "/jobs", TRIP)
    client.settle()
    status, _, problem = client.ask("DELETE", headers["location"])
    assert (status, problem["type"].rpartition("/")[2]) == (409, "job-ended")


def test_a_job_is_kept_for_a_week(client: Client) -> None:
    _, headers, _ = client.ask("POST", "/jobs", TRIP)
    client.loop.advance(7 * 86400 - 10)
    assert client.ask("GET", headers["location"])[0] == 200
    client.loop.advance(20)
    assert client.ask("GET", headers["location"])[0] == 404


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        ("{", 400, "malformed-body"),
        ([], 422, "bad-job"),
        ({"endpoint": 1}, 422, "bad-job"),
        ({**TRIP, "retries": 3}, 422, "bad-job"),
        ({"endpoint": "trip", "parameters": []}, 422, "bad-job"),
        ({"endpoint": "nowhere"}, 422, "bad-job"),
        ({"endpoint": "trip"}, 422, "bad-parameter"),
        ({"endpoint": "trip", "parameters": {"city": "Lisbon", "town": "x"}}, 422, "bad-parameter"),
        ({"endpoint": "trip", "parameters": {"city": ".."}}, 422, "bad-parameter"),
        ({"endpoint": "trip", "parameters": {"city": {"a": 1}}}, 422, "bad-parameter"),
        ({**TRIP, "callback": "https://evil.example/"}, 422, "callback-refused"),
        ({**TRIP, "callback": False}, 422, "callback-refused"),
        ({**TRIP, "callback": 0}, 422, "callback-refused"),
        ({**TRIP, "callback": {}}, 422, "callback-refused"),
        ({**TRIP, "callback": "x" * 65_000}, 413, "body-too-large"),
    ],
)
def test_what_cannot_be_a_job_is_refused(client: Client, body: Any, status: int, problem: str) -> None:
    answered, _, given = client.ask("POST", "/jobs", body)
    assert (answered, given["type"].rpartition("/")[2]) == (status, problem)
    assert client.world.waiting == []


@pytest.mark.parametrize("job_id", ["x", "0" * 32, "0" * 31 + "G", "..%2f" * 5, "é" * 10])
def test_what_is_no_job_is_not_found(client: Client, job_id: str) -> None:
    status, _, problem = client.ask("GET", f"/jobs/{job_id}")
    assert status == 404
    assert problem["status"] == 404


class Linked(MemoryBucket):
    """A bucket that somebody serves."""

    @override
    def link(self, key: str, seconds: int) -> str:
        return f"https://bucket.example/{key}?signed={seconds}"


@pytest.mark.parametrize("served", [True, False])
def test_a_large_result_is_linked_where_something_serves_links(client: Client, *, served: bool) -> None:
    large = Random(1).randbytes(MAX_IN_TABLE).hex()
    client.world.answer = lambda _: Outcome({"lat": 1, "large": large})
    store = client.world.store
    store.results = StoredResults(store.table, Linked() if served else MemoryBucket())
    _, headers, job = client.ask("POST", "/jobs", TRIP)
    client.settle()
    _, _, shown = client.ask("GET", headers["location"])
    link = f"https://bucket.example/answers/{job['id']}-1.json?signed=900"
    assert shown.get("result_url") == (link if served else None)
    assert shown.get("result", {}).get("geo", {}).get("large") == (None if served else large)


def test_without_a_store_there_are_no_jobs(client: Client) -> None:
    client.serve(None)
    for method, target, body in [("POST", "/jobs", TRIP), ("GET", "/jobs", None), ("GET", f"/jobs/{'0' * 32}", None)]:
        status, _, problem = client.ask(method, target, body)
        assert (status, problem["type"].rpartition("/")[2]) == (501, "jobs-not-configured")
    assert client.ask("GET", "/trip/Lisbon", Prefer="respond-async")[0] == 200


def test_a_store_that_does_not_answer_is_said_so(client: Client) -> None:
    async def put(_: Job) -> bool:
        raise StoreUnavailable("throttled, at arn:aws:secret")

    client.world.store.put = put  # type: ignore[method-assign, assignment]
    status, _, problem = client.ask("POST", "/jobs", TRIP)
    assert (status, problem["type"].rpartition("/")[2]) == (503, "jobs-unavailable")
    assert "arn" not in problem["detail"]


def test_a_queue_that_does_not_answer_loses_no_job(client: Client) -> None:
    enqueue = client.world.enqueue

    async def unavailable(message: JobMessage, delay: float) -> None:
        raise StoreUnavailable(f"{message} {delay}")

    client.world.enqueue = unavailable  # type: ignore[method-assign]
    status, headers, _ = client.ask("POST", "/jobs", TRIP)
    client.world.enqueue = enqueue  # type: ignore[method-assign]
    assert status == 202
    client.settle()
    assert client.ask("GET", headers["location"])[2]["state"] == "succeeded"


def test_over_so_many_open_jobs_another_is_refused_until_one_has_ended(client: Client) -> None:
    """However it is handed in; a key that was used comes to its job."""
    most = client.world.config.jobs.max_open
    for number in range(most):
        assert client.ask("POST", "/jobs", TRIP, Idempotency_Key=f'"k{number}"')[0] == 202
    for refused in (client.ask("POST", "/jobs", TRIP), client.ask("GET", "/trip/Lisbon", Prefer="respond-async")):
        status, _, problem = refused
        assert (status, problem["type"].rpartition("/")[2]) == (429, "too-many-jobs")
        assert f"{most} jobs of trip are open" in problem["detail"]
    assert client.ask("POST", "/jobs", TRIP, Idempotency_Key='"k0"')[0] == 202
    assert client.ask("GET", "/trip/Lisbon")[0] == 200
    client.settle()
    assert client.ask("POST", "/jobs", TRIP)[0] == 202


def test_a_cancelled_job_makes_room(client: Client) -> None:
    most = client.world.config.jobs.max_open
    jobs = [client.ask("POST", "/jobs", TRIP)[2]["id"] for _ in range(most)]
    assert client.ask("POST", "/jobs", TRIP)[0] == 429
    assert client.ask("DELETE", f"/jobs/{jobs[0]}")[0] == 200
    assert client.ask("POST", "/jobs", TRIP)[0] == 202
    assert client.ask("POST", "/jobs", TRIP)[0] == 429
