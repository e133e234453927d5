"""The protocol of Lambda's Runtime API, as the runtime speaks it."""

import asyncio
import base64
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from fanin.entrypoints.runtime.api import Invoked, RuntimeApi
from fanin.local.runtime.function_url import event_of
from tests.runtime.running import HERE, WITHIN, Running, Runtimes, running, started

LINES = {"accept": "application/x-ndjson"}
API = "abc.execute-api.eu-west-1.amazonaws.com"


async def records(response: httpx.Response) -> list[dict[str, object]]:
    return [json.loads(line) async for line in response.aiter_lines()]


@pytest.fixture(scope="module", params=["", "1"], ids=["without the loop", "by a loop of the function's own"])
def loop(request: pytest.FixtureRequest) -> dict[str, str]:
    """How the runtime waits for events."""
    return {"OWN_LOOP": request.param}


@pytest.fixture(scope="module")
def runtimes(loop: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtimes]:
    started = Runtimes(tmp_path_factory.mktemp("signs"), **loop)
    try:
        yield started
    finally:
        started.close()


def test_stream_goes_out_source_by_source(runtimes: Runtimes) -> None:
    async def test(at: Running) -> None:
        (at.signs / "quick").touch()
        async with httpx.AsyncClient() as client, client.stream("GET", f"{at.url}/e", headers=LINES) as response:
            lines = response.aiter_lines()
            first = json.loads(await anext(lines))
            assert (response.status_code, first["source"]) == (200, "quick")
            (at.signs / "slow").touch()
            rest = [json.loads(line) async for line in lines]
        assert [record["type"] for record in rest] == ["source", "complete"]
        again = await asyncio.to_thread(httpx.get, f"{at.url}/health")
        assert again.json() == {"status": "ok"}

    runtimes.run(test, "url")


@pytest.mark.parametrize("door", ["", "rest", "url"])
def test_answer_is_whole_where_the_door_does_not_stream(runtimes: Runtimes, door: str) -> None:
    async def test(at: Running) -> None:
        (at.signs / "quick").touch()
        (at.signs / "slow").touch()
        answered = await at.service.invoke(event_of("GET", "/e", LINES, domain=API))
        answer = json.loads(await answered.whole())
        assert (answered.mode, answered.content_type, answer["statusCode"]) == ("buffered", "application/json", 200)
        assert json.loads(answer["body"].splitlines()[-1])["complete"] is True

    runtimes.run(test, door)


def test_answer_is_whole_under_sam_local_and_the_log_says_so(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async def whole() -> None:
        async with running(tmp_path, FANIN_STREAM="url", AWS_SAM_LOCAL="true") as at:
            answered = await at.service.invoke(event_of("GET", "/health", {}))
            assert (answered.mode, json.loads(await answered.whole())["statusCode"]) == ("buffered", 200)

    asyncio.run(whole())
    assert "sam local cannot stream" in "".join(capfd.readouterr())


def test_failure_behind_the_first_byte_is_told_in_trailers_without_a_clients_data(runtimes: Runtimes) -> None:
    async def test(at: Running) -> None:
        answered = await at.service.invoke(event_of("GET", "/cut", {}))
        assert await answered.whole()
        assert answered.trailers["lambda-runtime-function-error-type"].startswith("Runtime.")
        body = json.loads(base64.b64decode(answered.trailers["lambda-runtime-function-error-body"]))
        assert body["errorMessage"] == "fanin failed; its log says why"
        with pytest.raises(httpx.HTTPError):
            await asyncio.to_thread(httpx.get, f"{at.url}/cut")
        assert (await asyncio.to_thread(httpx.get, f"{at.url}/health")).status_code == 200

    runtimes.run(test, "url")


def test_work_behind_the_answer_is_done_before_the_next_event_is_asked_for(runtimes: Runtimes) -> None:
    async def test(at: Running) -> None:
        answer = await asyncio.to_thread(httpx.get, f"{at.url}/behind")
        assert answer.status_code == 200
        before = at.service.nexts
        next_one = asyncio.create_task(asyncio.to_thread(httpx.get, f"{at.url}/health"))
        (at.signs / "behind").touch()
        await at.done("done")
        assert (await next_one).status_code == 200
        assert at.service.nexts > before

    runtimes.run(test)


def test_work_behind_the_answer_ends_with_the_invocation(runtimes: Runtimes) -> None:
    async def test(at: Running) -> None:
        answered = await at.service.invoke(event_of("GET", "/behind", {}), seconds=3)
        assert json.loads(await answered.whole())["statusCode"] == 200
        assert (await asyncio.to_thread(httpx.get, f"{at.url}/health")).status_code == 200
        assert not (at.signs / "done").exists()

    runtimes.run(test)


def test_each_invocation_has_its_trace_on_one_loop(runtimes: Runtimes) -> None:
    async def test(at: Running) -> None:
        first, second = [(await asyncio.to_thread(httpx.get, f"{at.url}/trace")).json() for _ in range(2)]
        assert first == second
        assert first["trace"].startswith("Root=1-")

    runtimes.run(test)


@pytest.mark.parametrize("door", ["", "url"])
def test_cookies_and_head(runtimes: Runtimes, door: str) -> None:
    async def test(at: Running) -> None:
        answer = await asyncio.to_thread(httpx.get, f"{at.url}/cookies")
        assert answer.headers.get_list("set-cookie") == ["a=1; Path=/; SameSite=lax", "b=2; Path=/; SameSite=lax"]
        assert (await asyncio.to_thread(httpx.head, f"{at.url}/health")).status_code == 200
        assert (await asyncio.to_thread(httpx.get, f"{at.url}/nowhere")).status_code == 404

    runtimes.run(test, door)


def test_event_that_is_not_http_is_answered(runtimes: Runtimes) -> None:
    async def test(at: Running) -> None:
        answered = await at.service.invoke({"Records": [{"messageId": "a"}]})
        assert json.loads(await answered.whole())["batchItemFailures"] == [{"itemIdentifier": "a"}]

    runtimes.run(test)


@pytest.mark.parametrize("odd", [10**400, "\ud800"])
def test_event_that_cannot_be_read_is_reported_and_ends_no_runtime(runtimes: Runtimes, odd: int | str) -> None:
    """Numbers and texts that AWS may write, and orjson does not read."""

    async def test(at: Running) -> None:
        failed = await at.service.invoke({"version": "2.0", "odd": odd})
        assert (failed.error, json.loads(await failed.whole())["errorType"]) == ("Runtime.JSONDecodeError",) * 2
        assert (await asyncio.to_thread(httpx.head, f"{at.url}/health")).status_code == 200

    runtimes.run(test)


def test_handler_that_is_no_applications_is_called(runtimes: Runtimes) -> None:
    async def test(at: Running) -> None:
        answered = await at.service.invoke({"a": 1})
        assert json.loads(await answered.whole()) == {"sent": {"a": 1}, "id": answered.id, "left": True}
        failed = await at.service.invoke({"fails": True})
        assert (failed.error, json.loads(await failed.whole())["errorType"]) == ("Runtime.KeyError", "Runtime.KeyError")

    runtimes.run(test, handler="application.plain")


def test_failure_of_the_init_phase_is_reported(tmp_path: Path) -> None:
    async def whole() -> None:
        async with running(tmp_path, FAILS="1") as at:
            assert at.service.init_error
            assert at.service.init_error["errorType"] == "Runtime.ValueError"
            assert await asyncio.to_thread(at.process.wait, WITHIN) == 1
            assert at.service.nexts == 0

    asyncio.run(whole())


def test_sigterm_ends_the_process_in_order_while_it_waits_and_under_way(loop: dict[str, str], tmp_path: Path) -> None:
    """What is under way is answered first, if it takes no longer than it may: here, as long as a busy machine needs."""

    async def whole() -> None:
        async with running(tmp_path, **loop) as at:
            for _ in range(3):
                assert (await asyncio.to_thread(httpx.get, f"{at.url}/health")).status_code == 200
            at.process.terminate()
            assert await asyncio.to_thread(at.process.wait, WITHIN) == 0
        async with running(tmp_path, LAST_SECONDS=f"{WITHIN}", **loop) as at:
            answered = asyncio.create_task(at.service.invoke(event_of("GET", "/e", {})))
            while not at.service.is_busy:  # noqa: ASYNC110 - by the runtime
                await asyncio.sleep(0.005)
            before = at.service.nexts
            at.process.terminate()
            for name in ("quick", "slow"):
                (at.signs / name).touch()
            assert json.loads(await (await answered).whole())["statusCode"] == 200
            assert await asyncio.to_thread(at.process.wait, WITHIN) == 0
            assert at.service.nexts == before

    asyncio.run(whole())


def test_stream_of_a_runtime_that_ends_is_broken(tmp_path: Path) -> None:
    async def whole() -> None:
        (tmp_path / "quick").touch()
        async with (
            running(tmp_path, FANIN_STREAM="url") as at,
            httpx.AsyncClient() as client,
            client.stream("GET", f"{at.url}/e", headers=LINES) as response,
        ):
            lines = response.aiter_lines()
            assert json.loads(await anext(lines))["source"] == "quick"
            at.process.kill()
            with pytest.raises(httpx.TransportError):
                await anext(lines)

    asyncio.run(whole())


def test_connection_that_is_lost_behind_the_trailers_ends_no_runtime() -> None:
    """Lambda may close it once it has them; AWS's emulator does. The next event comes over another."""
    heads = list[bytes]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        if heads[-1].startswith(b"POST"):
            await reader.readuntil(b"0\r\nLambda-Runtime-Function-Error-Type")
            writer.transport.abort()
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            await writer.drain()
            writer.close()

    async def whole() -> None:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            host, port = server.sockets[0].getsockname()
            api = RuntimeApi(f"{host}:{port}")
            stream = await api.begin_stream(Invoked("a"), b"{}")
            await stream.end(ValueError())
            assert (await api.next()).body == b"{}"
            await api.close()

    asyncio.run(whole())
    assert [head.split()[0] for head in heads] == [b"POST", b"GET"]


def test_event_goes_to_the_runtime_that_is_there(tmp_path: Path) -> None:
    """Not to one that had asked for it, and has ended."""

    async def whole() -> None:
        async with running(tmp_path) as at:
            at.process.kill()
            at.process.wait()
            event = asyncio.create_task(at.service.invoke(event_of("GET", "/health", {})))
            given = {"LAMBDA_TASK_ROOT": str(HERE), "_HANDLER": "application.handler", "SIGNS": str(tmp_path)}
            second = started(at.service.address, given)
            try:
                assert json.loads(await (await event).whole())["statusCode"] == 200
            finally:
                second.kill()
                second.wait()

    asyncio.run(whole())


def test_answer_that_does_not_begin_in_time_is_given_up(runtimes: Runtimes) -> None:
    """And what nobody waits for any more is not handed over."""

    async def test(at: Running) -> None:
        first = asyncio.create_task(at.service.invoke(event_of("GET", "/e", {})))
        while not at.service.is_busy:  # noqa: ASYNC110 - by the runtime
            await asyncio.sleep(0.005)
        with pytest.raises(TimeoutError):
            await at.service.invoke(event_of("GET", "/given-up", {}), seconds=0.01)
        before = at.service.nexts
        for name in ("quick", "slow"):
            (at.signs / name).touch()
        assert json.loads(await (await first).whole())["statusCode"] == 200
        assert (await asyncio.to_thread(httpx.get, f"{at.url}/health")).json() == {"status": "ok"}
        assert at.service.nexts - before <= 2

    runtimes.run(test)


def test_snapshot_is_waited_for_and_a_lost_runtime_api_ends_the_process(loop: dict[str, str], tmp_path: Path) -> None:
    async def whole() -> None:
        async with running(tmp_path, AWS_LAMBDA_INITIALIZATION_TYPE="snap-start", **loop) as at:
            assert (await asyncio.to_thread(httpx.get, f"{at.url}/health")).status_code == 200
            assert at.service.restored == 1
            at.service.hang_up()
            assert await asyncio.to_thread(at.process.wait, WITHIN) != 0

    asyncio.run(whole())
