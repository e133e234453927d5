"""The functions of fanin.toml keep the contract by the runtime, whether their door streams or not."""

import asyncio
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from fanin.local.layout import ROOT
from fanin.local.upstream.app import variables
from fanin.local.upstream.client import UpstreamClient
from fanin.local.upstream.process import Upstream
from tests.contract.ask import Ask, Question, Reply
from tests.contract.cases import CASES, Case
from tests.contract.models import served
from tests.runtime.running import WITHIN, running


@contextmanager
def url(folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Run the gateway function by the runtime, behind a function URL, on a loop of a thread's own."""
    started, ended = threading.Event(), asyncio.Event()
    at, loop = list[str](), asyncio.new_event_loop()

    async def whole() -> None:
        async with running(folder, "app.handler", **environment) as runtime:
            at.append(runtime.url)
            started.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(whole()))
    thread.start()
    try:
        assert started.wait(WITHIN)
        yield at[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()


@pytest.fixture(scope="module", params=["", "url"], ids=["buffered", "streaming"])
def functions(
    request: pytest.FixtureRequest, upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Ask]]:
    environment = {
        **variables(upstream.base_url),
        "FANIN_ALLOW": "127.0.0.0/8:*",
        "FANIN_CACHE": "off",
        "FANIN_CONFIG": str(ROOT / "fanin.toml"),
        "FANIN_STREAM": request.param,
        "FANIN_THREADS": "on",
        "LAMBDA_TASK_ROOT": str(ROOT / "functions/gateway"),
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }
    with url(tmp_path_factory.mktemp("signs"), environment) as at:
        asks = served(at, "gateway")
        yield {name: _framed(ask) for name, ask in asks.items()} if request.param else asks


def _framed(ask: Ask) -> Ask:
    """Say how long an answer is that came in chunks, as every answer of a door that streams."""

    def asked(question: Question) -> Reply:
        reply = ask(question)
        return replace(reply, headers={**reply.headers, "content-length": str(len(reply.content) or 1)})

    return asked


@pytest.fixture(scope="module")
def replies(functions: dict[str, Ask], upstream: UpstreamClient) -> Callable[[Case], dict[str, Reply]]:
    @cache
    def asked(rule: str) -> dict[str, Reply]:
        (case,) = (case for case in CASES if case.rule == rule)
        upstream.rules(case.upstream)
        return {name: ask(case.question) for name, ask in functions.items()}

    return lambda case: asked(case.rule)


@pytest.mark.parametrize("model", ["gateway", "threads"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_keeps_the_contract(case: Case, model: str, replies: Callable[[Case], dict[str, Reply]]) -> None:
    case.check(replies(case)[model])


def test_health_is_answered(functions: dict[str, Ask]) -> None:
    assert functions["gateway"](Question("/health")).body == {"status": "ok"}
