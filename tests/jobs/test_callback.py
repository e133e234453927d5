"""Callbacks: delivered at least once under one id, signed for any receiver, and not for ever."""

import json
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from fanin.errors import RequestError
from fanin.jobs.job import CALLBACK_DELAYS, CallbackState, Job
from fanin.jobs.webhook import secret_bytes, signed
from fanin.testing import fake_clock
from tests.jobs.world import SECRET, Life, World

URL = "https://hooks.example.com/done?for=me"


async def ended(world: World) -> Job:
    job_service = world.job_service()
    job = await job_service.accept(job_service.orders.order("trip", {"city": "Lisbon"}, callback=URL), "")
    await world.settle()
    done = await world.store.get(job.id)
    assert done
    return done


def test_a_job_tells_of_its_end() -> None:
    async def story() -> None:
        world = World()
        job = await ended(world)
        [request] = world.posted
        headers = dict(request.headers)
        assert (request.method, request.url, headers["webhook-id"]) == ("POST", URL, f"msg_{job.id}")
        event = json.loads(request.body or b"")
        assert event["type"] == "job.succeeded"
        assert (event["data"]["id"], event["data"]["state"]) == (job.id, "succeeded")
        assert "result" not in event["data"]
        assert job.callback
        assert (job.callback.state, job.callback.attempts, job.due) == (CallbackState.DELIVERED, 1, None)

    fake_clock.run(story())


def test_a_cancelled_job_tells_of_it() -> None:
    async def story() -> None:
        world = World()
        job_service = world.job_service()
        job = await job_service.accept(job_service.orders.order("trip", {"city": "Lisbon"}, callback=URL), "")
        await job_service.cancel(job.id, "")
        await world.settle()
        [request] = world.posted
        assert json.loads(request.body or b"")["type"] == "job.cancelled"

    fake_clock.run(story())


def test_a_receiver_that_fails_is_asked_again_with_growing_delays() -> None:
    async def story() -> None:
        world = World(receiver=lambda number: [503, 0, 429, 302, 200][number - 1])
        job = await ended(world)
        assert job.callback
        assert (job.callback.state, job.callback.attempts) == (CallbackState.DELIVERED, 5)
        assert len({dict(request.headers)["webhook-id"] for request in world.posted}) == 1
        stamps = [int(dict(request.headers)["webhook-timestamp"]) for request in world.posted]
        waits = [later - earlier for earlier, later in pairwise(stamps)]
        assert waits == [pytest.approx(delay, abs=122) for delay in CALLBACK_DELAYS[:4]]

    fake_clock.run(story())


def test_a_receiver_that_never_takes_it_is_given_up() -> None:
    async def story() -> None:
        world = World(receiver=lambda _: 500)
        job = await ended(world)
        assert job.callback
        assert job.callback.state is CallbackState.FAILED
        assert len(world.posted) == len(CALLBACK_DELAYS) + 1
        assert job.due is None

    fake_clock.run(story())


def test_a_receiver_that_is_gone_is_not_asked_again() -> None:
    async def story() -> None:
        world = World(receiver=lambda _: 410)
        job = await ended(world)
        assert job.callback
        assert job.callback.state is CallbackState.FAILED
        assert len(world.posted) == 1

    fake_clock.run(story())


def test_workers_that_are_always_ended_give_up_too() -> None:
    async def story() -> None:
        world = World(receiver=lambda _: 500)
        job_service = world.job_service()
        job = await job_service.accept(job_service.orders.order("trip", {"city": "Lisbon"}, callback=URL), "")
        await job_service.cancel(job.id, "")
        await world.settle(lambda: Life(2))
        done = await world.store.get(job.id)
        assert done
        assert done.callback
        assert done.callback.state is CallbackState.FAILED
        assert len(world.posted) <= len(CALLBACK_DELAYS) + 1

    fake_clock.run(story())


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/x",
        "https://hooks.example.com:8443/x",
        "https://hooks.example.com.evil.example/x",
        "https://hooks.example.com@evil.example/x",
        "https://evil.example\\@hooks.example.com/x",
        "https://hooks.example.com/#x",
        "https://hooks.example.com/\r\nX: y",
        "https://127.0.0.1/x",
        "ftp://hooks.example.com/x",
        "//hooks.example.com/x",
        "https://hooks.example.com:99999/x",
        7,
    ],
)
def test_only_the_origins_of_the_file_are_called_back(url: object) -> None:
    with pytest.raises(RequestError) as refused:
        World().job_service().orders.order("trip", {"city": "Lisbon"}, callback=url)
    assert (refused.value.status, refused.value.problem) == (422, "callback-refused")


def test_another_library_takes_the_signature() -> None:
    body = '{"type":"job.succeeded","data":{"à":1}}'.encode()
    now = datetime.now(UTC).timestamp()
    headers = dict(signed("msg_1", body, secret=SECRET, now=now))
    assert Webhook(SECRET).verify(body, headers)["type"] == "job.succeeded"
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body, headers | {"webhook-id": "msg_2"})


@pytest.mark.parametrize(
    "secret",
    [
        *("", "whsec_", "whsec_c2hvcnQ=", "whsec_%%%", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        "whsec_MfKQ9r8GKYqrTwjUPD8I%LPZIo2LaLaSw",  # a letter that is none of base64's, which receivers refuse
    ],
)
def test_what_is_no_secret_signs_nothing(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        secret_bytes(secret)
