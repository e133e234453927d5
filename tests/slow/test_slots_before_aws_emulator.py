"""Many invocations at once before AWS's own emulator, which hands them over as Lambda Managed Instances does.

It starts `/opt/bootstrap` in `/var/task` as a user of its own. So it has a view of the file system of its own, for
which these tests have to be root's.
"""

import concurrent.futures
import http.client
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from fanin.local.process import ports
from fanin.local.runtime.function_url import event_of
from tests.runtime.emulator import PROGRAM, answering
from tests.runtime.running import HERE, WITHIN, WRAPPER

SLOTS = 10
_INVOKE = "/2015-03-31/functions/function/invocations"
_TOP = Path(*Path(sys.base_prefix).parts[:2])
_VIEW = f"""
set -e
mount --make-rprivate /
mount --bind "$OPT" /opt
mount -t tmpfs tmpfs /var
mkdir /var/task /var/python
mount --bind {sys.base_prefix} /var/python
if [ ! {_TOP} -ef /usr ]; then
  mount -t tmpfs -o mode=755 tmpfs {_TOP}
  mkdir -p {sys.base_prefix}
  mount --bind /var/python {sys.base_prefix}
fi
cd /var/task
exec "$@"
"""

pytestmark = [
    pytest.mark.skipif(not PROGRAM.exists(), reason="SAM has no emulator of AWS's for this machine"),
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="the emulator wants a root's view"),
]


def invoked(port: int, event: Any) -> tuple[int, bytes]:
    """Hand over an event, as often as there is no slot for it: the emulator refuses it then, and Lambda waits."""
    while (answered := once(port, event))[0] == 400:
        time.sleep(0.02)
    return answered


def once(port: int, event: Any) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection(ports.LOOPBACK, port, timeout=WITHIN)) as connection:
        connection.request("POST", _INVOKE, json.dumps(event))
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.fixture
def signs() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are for nobody else
        (folder := Path(name)).chmod(0o777)
        for source in ("quick", "slow"):
            (folder / source).touch()
        yield folder


@pytest.fixture(params=["1", "2"], ids=["one process", "two processes"])
def emulator(signs: Path, request: pytest.FixtureRequest) -> Iterator[int]:
    (opt := signs / "opt").mkdir()
    (bootstrap := opt / "bootstrap").write_text(
        f"#!/bin/sh\nexport LAMBDA_TASK_ROOT={HERE}\nexec {WRAPPER} {sys.executable} /var/runtime/bootstrap.py\n"
    )
    bootstrap.chmod(0o755)
    port, api = ports.free(), ports.free()
    given = {**os.environ, "AWS_LAMBDA_FUNCTION_TIMEOUT": "20", "_HANDLER": "application.handler", "OPT": str(opt)}
    given |= {"SIGNS": str(signs), "AWS_LAMBDA_MAX_CONCURRENCY": f"{SLOTS}", "FANIN_PROCESSES": request.param}
    given["FANIN_STREAM"] = "url"
    own = ["--runtime-interface-emulator-address", f"{ports.LOOPBACK}:{port}"]
    own += ["--runtime-api-address", f"{ports.LOOPBACK}:{api}"]
    command = ["unshare", "--mount", "sh", "-c", _VIEW, "sh", str(PROGRAM), *own]
    with answering(command, given, signs, port):
        yield port


def test_as_many_as_there_are_slots_are_answered_at_once(emulator: int, signs: Path) -> None:
    """Each waits for a file, which is made when all are under way. Then streams, whole answers and a broken one."""
    with concurrent.futures.ThreadPoolExecutor(SLOTS) as threads:
        for _ in range(3):
            waiting = [threads.submit(invoked, emulator, event_of("GET", "/wait/all", {})) for _ in range(SLOTS)]
            deadline = time.monotonic() + WITHIN
            while len(list(signs.glob("all waits *"))) < SLOTS and time.monotonic() < deadline:
                time.sleep(0.01)
            assert not any(each.done() for each in waiting)
            (signs / "all").touch()
            answered = [each.result() for each in waiting]
            for sign in signs.glob("all*"):
                sign.unlink()
            assert {status for status, _ in answered} == {200}
            assert len({body for _, body in answered}) == SLOTS
            stream = event_of("GET", "/e", {"accept": "application/x-ndjson"})
            events = [stream, event_of("GET", "/health", {}), event_of("GET", "/nowhere", {}), {"Records": []}]
            answers = list(threads.map(lambda event: invoked(emulator, event), events * 2))
            assert {status for status, _ in answers} == {200}
            assert answers[0][1].split(b"\0" * 8)[1].count(b'"type"') >= 3
            assert [json.loads(body.split(b"\0" * 8)[0])["statusCode"] for _, body in answers[:4]] == [
                200,
                200,
                404,
                400,
            ]
            invoked(emulator, event_of("GET", "/cut", {}))
            assert invoked(emulator, event_of("GET", "/health", {}))[0] == 200
