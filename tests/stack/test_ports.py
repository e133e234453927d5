"""Ports for programs that are about to start."""

import asyncio
import socket

from fanin.local.process import ports


def test_a_free_port_is_none_that_somebody_gets_who_asks_for_any() -> None:
    """It would be taken again before the program that it is for has it."""
    with ports.take(0) as any_one:
        given = any_one.getsockname()[1]
    found = {ports.free() for _ in range(100)}
    assert max(found) < given
    assert len(found) > 90


def test_a_server_at_a_taken_port_sends_a_body_before_its_head_is_acknowledged() -> None:
    """A browser, which acknowledges late, would wait 40 ms for each answer."""

    async def undelayed() -> int:
        accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connected: socket.socket = writer.get_extra_info("socket")
            accepted.set_result(connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with ports.take(0) as at:
            async with await asyncio.start_server(answer, sock=at):
                _, writer = await asyncio.open_connection(*at.getsockname())
                found = await accepted
                writer.close()
                await writer.wait_closed()
                return found

    assert asyncio.run(undelayed())
