"""A connection to PostgreSQL that is cut, as its server sees it."""

import select
import socket
from types import SimpleNamespace
from typing import Any

from fanin.sources.sql.postgresql.bounded import BoundedConnection


def test_what_was_cut_is_reset_once_it_is_closed() -> None:
    """A server that sends would else wait for a minute, until it is known that nobody reads any more."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = socket.create_connection(listening.getsockname())
        server, _ = listening.accept()
        with server:
            cut: Any = SimpleNamespace(fileno=client.fileno)
            BoundedConnection.cut(cut)
            client.close()
            (poll := select.poll()).register(server, 0)
            ((_, seen),) = poll.poll(10_000)
            assert seen & select.POLLERR
