"""An application under Uvicorn, in a thread of the tests."""

import contextlib
import threading
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from fanin.entrypoints.websocket.limits import MAX_MESSAGE_OUT
from fanin.local.process import ports


@contextlib.contextmanager
def serving(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serve an application as long as the context lasts; gives its host and port."""
    config = uvicorn.Config(
        app, ws="websockets-sansio", ws_max_size=MAX_MESSAGE_OUT, lifespan="off", log_level="warning"
    )
    server = uvicorn.Server(config)
    with ports.take(port) as at:
        at.listen(1024)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [at]})
        thread.start()
        host, port = at.getsockname()
        try:
            yield f"{host}:{port}"
        finally:
            server.should_exit = server.force_exit = True
            thread.join()
