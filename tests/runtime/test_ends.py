"""How a process of the runtime ends in order, shares itself out, and says who used the processor."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from fanin.entrypoints.runtime.api import Event, RuntimeApi, RuntimeApiError
from fanin.entrypoints.runtime.context import Context
from fanin.entrypoints.runtime.processes import are_several, processors, shares, shares_of
from fanin.entrypoints.runtime.shares import Shares
from fanin.entrypoints.runtime.slots import LAST_SECONDS, Slots
from fanin.testing import fake_clock


class Api:
    """A Runtime API with some events, and then none.

    Args:
        events: how many seconds each takes to be served; an error is raised in place of an event.
    """

    def __init__(self, *events: float | Exception) -> None:
        self.events = list(events)
        self.closed = self.asked = 0
        self.failed = list[str]()

    async def next(self) -> Event:
        self.asked += 1
        if not self.events:
            await asyncio.Event().wait()
        event = self.events.pop(0)
        if isinstance(event, Exception):
            raise event
        return Event({"lambda-runtime-aws-request-id": f"{event}"}, b"")

    async def fail(self, path: str, _: BaseException, **__: str) -> None:
        self.failed.append(path)

    async def close(self) -> None:
        self.closed += 1


Log = list[str]


def serving(log: Log) -> Callable[..., Any]:
    async def serve(event: Event, _: RuntimeApi, answered: Callable[[], None]) -> None:
        seconds = event.headers["lambda-runtime-aws-request-id"]
        try:
            if float(seconds) < 0:
                raise ValueError
            await asyncio.sleep(float(seconds))
            answered()
            log.append(f"{seconds} answered at {fake_clock.now():.2f}")
        except asyncio.CancelledError:
            log.append(f"{seconds} cut at {fake_clock.now():.2f}")
            raise

    return serve


def ended(api: Api, log: Log, number: int, at: float, *, alone: bool) -> float:
    """Run slots, end them at a second, and give the second at which they have ended."""

    async def whole() -> float:
        slots = Slots(serving(log), lambda: cast("RuntimeApi", api), number, alone=alone)
        asyncio.get_running_loop().call_later(at, slots.end)
        await slots.run()
        return fake_clock.now()

    return fake_clock.run(whole())


@pytest.mark.parametrize("alone", [True, False], ids=["one slot", "several slots"])
def test_at_the_end_no_event_is_asked_for_any_more(*, alone: bool) -> None:
    api, log = Api(1.0), Log()
    assert ended(api, log, 1, 5.0, alone=alone) == 5.0
    assert (log, api.asked, api.closed) == (["1.0 answered at 1.00"], 2, 1)


@pytest.mark.parametrize("alone", [True, False], ids=["one slot", "several slots"])
def test_at_the_end_what_is_under_way_is_answered_and_then_cut(*, alone: bool) -> None:
    api, log = Api(1.1), Log()
    assert ended(api, log, 1, 1.0, alone=alone) == pytest.approx(1.1)
    assert (log, api.asked) == (["1.1 answered at 1.10"], 1)
    log = Log()
    assert ended(Api(9.0), log, 1, 1.0, alone=alone) == pytest.approx(1.0 + LAST_SECONDS)
    assert log == [f"9.0 cut at {1.0 + LAST_SECONDS:.2f}"]


def test_of_several_slots_each_ends_when_it_can() -> None:
    api, log = Api(1.1, 9.0, 1.2, 0.5), Log()
    assert ended(api, log, 4, 1.0, alone=False) == pytest.approx(1.0 + LAST_SECONDS)
    assert log == ["0.5 answered at 0.50", "1.1 answered at 1.10", "1.2 answered at 1.20", "9.0 cut at 1.25"]
    assert (api.asked, api.closed) == (5, 4)


def test_an_event_is_asked_for_several_times_on_several_slots_only() -> None:
    """Lambda refuses more questions at once than there are slots, and one whose connection was lost may still count."""
    down = RuntimeApiError("/next answered with 500")
    api, log = Api(down, ConnectionResetError(), 1.0), Log()
    ended(api, log, 1, 5.0, alone=False)
    assert (log, api.asked) == (["1.0 answered at 1.30"], 4)
    with pytest.raises(RuntimeApiError):
        ended(Api(down), log, 1, 5.0, alone=True)
    with pytest.raises(ExceptionGroup):
        ended(Api(*[down] * 5), log, 1, 50.0, alone=False)


def test_what_fails_unanswered_is_reported_and_the_slot_goes_on() -> None:
    api, log = Api(-1.0, 1.0), Log()
    ended(api, log, 1, 5.0, alone=False)
    assert (log, api.failed) == (["1.0 answered at 1.00"], ["/invocation/-1.0/error"])


@pytest.mark.parametrize(
    ("slots", "processes", "each"),
    [(1, 4, [1]), (5, 2, [3, 2]), (50, 2, [25, 25]), (2, 8, [1, 1]), (7, 0, [7])],
)
def test_slots_are_shared_out(slots: int, processes: int, each: list[int]) -> None:
    assert shares(slots, processes) == each


def test_processes_are_as_many_as_processors_or_as_the_variable_says(tmp_path: Path) -> None:
    (quota := tmp_path / "cpu.max").write_text("100000 100000\n")
    assert processors(quota) == 1
    quota.write_text("max 100000\n")
    assert processors(quota) == processors(tmp_path / "missing") >= 1
    assert shares_of({"AWS_LAMBDA_MAX_CONCURRENCY": "6", "FANIN_PROCESSES": "3"}) == [2, 2, 2]
    assert (shares_of({}), are_several({})) == ([1], False)
    assert are_several({"AWS_LAMBDA_MAX_CONCURRENCY": "2"})


def test_what_the_process_used_is_shared_out_among_those_under_way() -> None:
    used = 0.0
    clock = Shares(lambda: used)
    with clock.one():
        first = clock()
        used += 1.0  # alone
        with clock.one():
            second = clock()
            used += 2.0  # by two
            assert (clock() - first, clock() - second) == (2.0, 1.0)
        used += 1.0  # alone again
        assert clock() - first == 3.0
    used += 5.0  # by none
    with clock.one():
        assert clock() == clock()


def test_a_context_has_all_that_aws_gives() -> None:
    headers = {
        "lambda-runtime-aws-request-id": "id",
        "lambda-runtime-client-context": '{"custom": {"a": 1}, "env": {"b": 2}, "client": {"app_title": "App"}}',
        "lambda-runtime-cognito-identity": '{"cognitoIdentityId": "i", "cognitoIdentityPoolId": "p"}',
        "lambda-runtime-aws-tenant-id": "tenant",
    }
    context = Context(headers, {"AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512"})
    assert (context.aws_request_id, context.tenant_id, context.function_name) == ("id", "tenant", "f")
    assert (context.memory_limit_in_mb, context.get_remaining_time_in_millis()) == ("512", 0)
    client = context.client_context
    assert (client.custom, client.env, client.client.app_title, client.client.installation_id) == (
        {"a": 1},
        {"b": 2},
        "App",
        None,
    )
    assert (context.identity.cognito_identity_id, context.identity.cognito_identity_pool_id) == ("i", "p")
    other = Context({}, {})
    assert (other.client_context, other.identity.cognito_identity_id, other.tenant_id) == (None, None, None)
