"""Two environments that begin with one snapshot, and an API that they call."""

import asyncio
import json
from pathlib import Path
from typing import Any

from fanin.local.runtime.function_url import event_of
from tests.runtime.running import HERE, WITHIN, Running


class Api:
    """An API that tells each caller which connection it came by, and keeps connections."""

    def __init__(self) -> None:
        self.connections = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer what comes over a connection."""
        self.connections += 1
        number = self.connections
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                body = json.dumps({"connection": number}).encode()
                head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def environment(folder: Path, url: str) -> dict[str, str]:
    """Give the variables of the function in `snapshot.py`."""
    (folder / "fanin.toml").write_text(
        f'fanin = 1\n[sources.s]\nurl = "{url}"\n[endpoints.e]\npath = "/e"\nsources = ["s"]\n'
    )
    return {
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
        "FANIN_ALLOW": "127.0.0.0/8:*",
        "FANIN_CACHE": "off",
        "FANIN_CONFIG": str(folder / "fanin.toml"),
        "LAMBDA_TASK_ROOT": str(HERE),
    }


async def nothing_is_shared(at: Running, api: Api) -> None:
    """Have both environments serve, and hold what they say of themselves against each other and the snapshot."""
    async with asyncio.timeout(WITHIN):
        while at.service.restored < 2:  # noqa: ASYNC110 - by other processes
            await asyncio.sleep(0.005)
    primed = json.loads((at.signs / "primed").read_text())
    both: list[dict[str, Any]] = []
    for _ in range(2):
        async with asyncio.timeout(WITHIN):
            while at.service.idle < 2:  # noqa: ASYNC110 - likewise; else one of them could take both events
                await asyncio.sleep(0.005)
        invoked = [at.service.invoke(event_of("GET", "/who", {}), said={"Lambda-Runtime-Trace-Id": ""}) for _ in "ab"]
        told = [json.loads(await answered.whole()) for answered in await asyncio.gather(*invoked)]
        both = [json.loads(answer["body"]) for answer in told]
        assert {answer["process"] for answer in both} >= {at.process.pid}
        assert len({answer["process"] for answer in both}) == 2
        for name in ("connection", "lease holder", "random", "uuid", "trace", "call"):
            assert len({primed[name], both[0][name], both[1][name]}) == 3, name
    assert (primed["connection"], api.connections) == (1, 3)  # each keeps its own
    for answer in both:
        assert (at.signs / f"restored {answer['process']}").exists()
