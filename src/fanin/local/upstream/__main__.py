"""`python -m fanin.local.upstream --port 8100` serves the demo upstream until it is told to stop."""

import argparse
import asyncio
import os
import signal
import sys

from aiohttp import web

from fanin.local.upstream.app import create_app

_PATIENCE = 0.05
"""Seconds that requests under way get at the end; those that hang never finish, so not many."""


def main() -> int:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m fanin.local.upstream", description="Serve the demo upstream.")
    parser.add_argument("--port", type=_port, required=True, help="port to listen on; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--drip", type=float, default=1.0, metavar="SECONDS", help="time between two dripped bytes (default: 1)"
    )
    arguments = parser.parse_args()
    try:
        asyncio.run(_serve(arguments.host, arguments.port, arguments.drip))
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        print(f"cannot listen on {arguments.host}:{arguments.port}: {reason}", file=sys.stderr)
        return 1
    return 0


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError(text)
    return port


async def _serve(host: str, port: int, drip: float) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(create_app(drip), access_log=None, handler_cancellation=True, shutdown_timeout=_PATIENCE)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        address, actual_port, *_ = runner.addresses[0]
        print(f"listening on http://{f'[{address}]' if ':' in address else address}:{actual_port}", flush=True)
        await stop.wait()
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    sys.exit(main())
