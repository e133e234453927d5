"""What takes several starts of the runtime: its processes, handlers that are no applications, and hooks that fail."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fanin.local.layout import ROOT
from fanin.local.runtime.runtime_api import LambdaService
from tests.runtime.restoring import Api, environment, nothing_is_shared
from tests.runtime.running import HERE, WITHIN, Running, running
from tests.runtime.test_slots import asked, until

AWSS = ROOT / ".tools/lambda/bin/python"
"""An interpreter with AWS's runtime, which the measurements install."""


def test_slots_are_shared_out_among_processes_which_end_together(tmp_path: Path) -> None:
    """One that dies is replaced; SIGTERM ends them all, and the status is 0."""

    async def whole() -> None:
        environment = {"AWS_LAMBDA_MAX_CONCURRENCY": "5", "FANIN_PROCESSES": "2"}
        async with running(tmp_path, **environment) as at:
            await until(lambda: at.service.idle == 5)
            waiting = [asyncio.create_task(asked(at, "/wait/all")) for _ in range(5)]
            await until(lambda: at.service.idle == 0)
            (tmp_path / "all").touch()
            processes = [json.loads(answer["body"])["process"] for answer in await asyncio.gather(*waiting)]
            own, other = at.process.pid, next(pid for pid in processes if pid != at.process.pid)
            assert sorted(processes) == sorted([own] * 3 + [other] * 2)
            os.kill(other, signal.SIGKILL)
            await until(lambda: at.service.idle == 3)
            await until(lambda: at.service.idle == 5)
            at.process.terminate()
            assert await asyncio.to_thread(at.process.wait, WITHIN) == 0
            assert at.service.idle == 0

    asyncio.run(whole())


def test_a_handler_that_is_no_applications_is_left_to_awss_runtime(tmp_path: Path) -> None:
    """It may block, and count on being called by nobody else meanwhile."""

    async def whole() -> None:
        environment = {"AWS_LAMBDA_MAX_CONCURRENCY": "5", "FANIN_PROCESSES": "2"}
        async with running(
            tmp_path, "application.plain", bootstrap=str(tmp_path / "bootstrap.py"), **environment
        ) as at:
            assert (tmp_path / "gave way").read_text() == "5"
            assert at.service.nexts == 0

    (tmp_path / "bootstrap.py").write_text(
        "import os, pathlib, urllib.request\n"
        f"pathlib.Path({str(tmp_path / 'gave way')!r}).write_text(os.environ['AWS_LAMBDA_MAX_CONCURRENCY'])\n"
        "api = 'http://' + os.environ['AWS_LAMBDA_RUNTIME_API'] + '/2018-06-01/runtime/init/error'\n"
        "urllib.request.urlopen(urllib.request.Request(api, b'{}', method='POST'))\n"
    )
    asyncio.run(whole())


@pytest.mark.parametrize(
    ("when", "kind", "status"),
    [("before", "Runtime.BeforeSnapshotError", 64), ("after", "Runtime.AfterRestoreError", 65)],
)
def test_a_hook_that_fails_is_reported_and_ends_the_process(tmp_path: Path, when: str, kind: str, status: int) -> None:
    async def whole() -> None:
        api = Api()
        async with await asyncio.start_server(api.serve, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            async with running(tmp_path, "snapshot.handler", FAILS=when, **environment(tmp_path, url)) as at:
                assert await asyncio.to_thread(at.process.wait, WITHIN) == status
                assert (at.service.error_type, at.service.nexts) == (kind, 0)
                assert at.service.restored == (when == "after")
            server.close_clients()

    asyncio.run(whole())


def test_two_environments_of_one_snapshot_share_nothing_under_awss_runtime(tmp_path: Path) -> None:
    async def whole() -> None:
        api = Api()
        async with (
            await asyncio.start_server(api.serve, "127.0.0.1", 0) as server,
            LambdaService().serving() as service,
        ):
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            given = {**os.environ, **environment(tmp_path, url), "SIGNS": str(tmp_path)}
            given["AWS_LAMBDA_RUNTIME_API"] = service.address
            given["PYTHONPATH"] = os.pathsep.join([str(HERE), str(ROOT / "src"), *sys.path[1:]])
            process = await asyncio.to_thread(
                subprocess.Popen, [str(AWSS), "-m", "awslambdaric", "snapshot.handler"], env=given
            )
            try:
                await nothing_is_shared(Running(service, "", process, tmp_path), api)
            finally:
                process.terminate()
                service.hang_up()
                await asyncio.to_thread(process.wait, WITHIN)
                server.close_clients()

    asyncio.run(whole())
