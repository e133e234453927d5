"""Many invocations at once, as Lambda Managed Instances hands them over."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

import httpx
import pytest

from fanin.config.format import GATEWAY_LIMIT
from fanin.local.runtime.function_url import event_of
from tests import loops
from tests.runtime.running import WITHIN, Running, Runtimes

LINES = {"accept": "application/x-ndjson"}
SLOTS = 50

type Test = Callable[[Running], Awaitable[None]]

until = partial(loops.until, within=WITHIN)


@pytest.fixture(scope="module")
def runtimes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtimes]:
    started = Runtimes(tmp_path_factory.mktemp("signs"))
    try:
        yield started
    finally:
        started.close()


async def asked(at: Running, path: str, said: dict[str, str] | None = None) -> dict[str, Any]:
    answered = await at.service.invoke(event_of("GET", path, {}), WITHIN, said)
    answer: dict[str, Any] = json.loads(await answered.whole())
    return answer


def one_of_many(number: int, *, fails: bool = False) -> tuple[dict[str, Any], dict[str, str]]:
    """Give an event, and what Lambda says of it beside that: each is another's in every part."""
    sent = {"n": number, "fails": fails}
    event = event_of("POST", "/together", {"content-type": "application/json"}, json.dumps(sent).encode())
    event["requestContext"]["requestId"] = f"request-{number}"
    event["requestContext"]["authorizer"] = {"lambda": {"user": f"user-{number}"}}
    said = {"Lambda-Runtime-Trace-Id": f"Root=1-5bef4de7-{number:024x};Parent=9a9197af755a6419;Sampled=1"}
    return event, {
        **said,
        "Lambda-Runtime-Aws-Tenant-Id": f"tenant-{number}",
        "Lambda-Runtime-Invocation-Id": f"i-{number}",
    }


def test_each_of_many_at_once_has_its_own_answer_and_context(
    runtimes: Runtimes, capfd: pytest.CaptureFixture[str]
) -> None:
    """All fifty are under way before the first is answered. One of them fails, and no other has a part in it."""

    async def test(at: Running) -> None:
        capfd.readouterr()
        events = [one_of_many(number, fails=number == 7) for number in range(SLOTS)]
        began = time.time()
        many = await asyncio.gather(
            *(at.service.invoke(event, 20.0 + n, said) for n, (event, said) in enumerate(events))
        )
        took = time.time() - began
        for number, answered in enumerate(many):
            answer = json.loads(await answered.whole())
            headers = {name.lower(): value for name, value in answer["headers"].items()}
            assert (answered.token, headers["x-request-id"]) == (f"i-{number}", f"request-{number}")
            if number == 7:
                assert answer["statusCode"] == 500
                continue
            told = json.loads(answer["body"])
            trace = events[number][1]["Lambda-Runtime-Trace-Id"]
            assert -0.5 <= told.pop("deadline") - began - min(GATEWAY_LIMIT, 20.0 + number) <= took
            assert told == {
                "body": {"n": number, "fails": False},
                "claims": {"user": f"user-{number}"},
                "id": f"request-{number}",
                "trace id": f"5bef4de7{number:024x}",
                "trace": trace,
                "in a thread": trace,
                "in a task": trace,
            }
        lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
        inside = {line["body"]: line for line in lines if line["message"] == "in the handler"}
        assert {n: (line["request_id"], line["tenant_id"]) for n, line in inside.items()} == {
            n: (f"request-{n}", f"tenant-{n}") for n in range(SLOTS) if n != 7
        }
        assert {line["request_id"] for line in lines if line["level"] == "ERROR"} == {"request-7"}

    runtimes.run(test, slots=SLOTS)


def test_a_slow_one_holds_up_no_other(runtimes: Runtimes) -> None:
    async def test(at: Running) -> None:
        slow = [asyncio.create_task(asked(at, "/wait/slow")) for _ in range(SLOTS - 1)]
        await until(lambda: at.service.idle == 1)
        for _ in range(2 * SLOTS):
            assert (await asked(at, "/health"))["statusCode"] == 200
        assert not any(each.done() for each in slow)
        (at.signs / "slow").touch()
        assert {answer["statusCode"] for answer in await asyncio.gather(*slow)} == {200}

    runtimes.run(test, slots=SLOTS)


def test_work_behind_an_answer_holds_up_no_slot(runtimes: Runtimes) -> None:
    """The next event is asked for before it ends. Twice as many invocations as slots are under way, and no more."""

    async def test(at: Running) -> None:
        await until(lambda: at.service.idle == 2)
        for _ in range(4):
            assert (await asked(at, "/behind"))["statusCode"] == 200
            await until(lambda: at.service.idle == 2)
        assert (await asked(at, "/behind"))["statusCode"] == 200
        assert (await asked(at, "/health"))["statusCode"] == 200
        await until(lambda: at.service.idle == 1)
        assert not (at.signs / "done").exists()
        (at.signs / "behind").touch()
        await until(lambda: at.service.idle == 2 and len(list(at.signs.glob("done ?*"))) == 5)

    runtimes.run(test, slots=2)


def test_only_the_one_whose_time_is_over_is_cancelled(runtimes: Runtimes) -> None:
    async def test(at: Running) -> None:
        other = asyncio.create_task(asked(at, "/wait/other"))
        ends = {"Lambda-Runtime-Deadline-Ms": f"{(time.time() + 3) * 1000:.0f}"}
        assert (await asked(at, "/cancelled", ends))["statusCode"] == 500
        await at.done("cancelled")
        assert not other.done()
        (at.signs / "other").touch()
        assert (await other)["statusCode"] == 200
        await until(lambda: at.service.idle == 2)

    runtimes.run(test, slots=2)


def test_an_answer_that_comes_too_late_ends_no_process(runtimes: Runtimes) -> None:
    """Lambda has given its invocation up, and refuses it."""

    async def test(at: Running) -> None:
        late = asyncio.create_task(at.service.invoke(event_of("GET", "/wait/late", {})))
        await until(lambda: at.service.is_busy)
        at.service.give_up()
        (at.signs / "late").touch()
        await until(lambda: at.service.idle == 2)
        late.cancel()
        assert (await asked(at, "/health"))["statusCode"] == 200

    runtimes.run(test, slots=2)


def test_streams_go_out_on_several_slots_at_once(runtimes: Runtimes) -> None:
    async def test(at: Running) -> None:
        (at.signs / "quick").touch()

        async def stream(client: httpx.AsyncClient) -> list[str]:
            async with client.stream("GET", f"{at.url}/e", headers=LINES) as response:
                lines = response.aiter_lines()
                records = [json.loads(await anext(lines))]
                begun.append(records[0])
                if len(begun) == 10:
                    (at.signs / "slow").touch()
                return [record["type"] for record in [*records, *[json.loads(line) async for line in lines]]]

        begun: list[Any] = []
        async with httpx.AsyncClient(limits=httpx.Limits(max_connections=None)) as client:
            streams = await asyncio.gather(*(stream(client) for _ in range(10)))
            assert streams == [["source", "source", "complete"]] * 10
            broken = await asyncio.gather(*(client.get(f"{at.url}/cut") for _ in range(3)), return_exceptions=True)
            assert [isinstance(each, httpx.TransportError) for each in broken] == [True] * 3
            assert (await client.get(f"{at.url}/health")).status_code == 200

    runtimes.run(test, "url", slots=10)


def test_an_event_that_cannot_be_read_is_reported(runtimes: Runtimes) -> None:
    async def test(at: Running) -> None:
        failed = await at.service.invoke({"version": "2.0", "huge": 10**400})  # orjson reads no such number
        assert (failed.error, json.loads(await failed.whole())["errorType"]) == ("Runtime.JSONDecodeError",) * 2
        assert (await asked(at, "/health"))["statusCode"] == 200

    runtimes.run(test, slots=2)
