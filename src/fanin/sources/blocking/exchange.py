"""One request and its whole response, over requests' adapter."""

import requests
import urllib3

from fanin.engine.call import Request, Response
from fanin.sources.blocking.connection import Adapter
from fanin.sources.body import Body
from fanin.sources.wire import wire_headers

BROKEN = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)
"""How it shows that a server cannot be reached, breaks off, or takes too long."""
_CHUNK = 65_536


def exchange(adapter: Adapter, name: str, request: Request, *, max_bytes: int, timeout: float) -> Response:
    """Send a request, and read its response whole, inside of `bounded`.

    Args:
        adapter: what it is sent over.
        name: what errors call the server.
        request: what is sent.
        max_bytes: the most bytes of the body, on the wire and decoded.
        timeout: seconds of the whole call, which `bounded` holds it to.

    Raises:
        SourceTooLarge, SourceUndecodable: as `Body`.
        AddressForbidden: it has an address that may not be reached.
        Exception: one of `BROKEN`.
    """
    prepared = requests.Request(request.method, request.url, data=request.body).prepare()
    prepared.url = request.url  # as it was expanded: requests would write some characters anew
    prepared.headers.update(wire_headers(request))
    with adapter.send(prepared, stream=True, timeout=timeout) as response:
        body = Body(name, response.headers.get("content-encoding", ""), max_bytes)
        while chunk := response.raw.read(_CHUNK, decode_content=False):
            body.feed(chunk)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Response(response.status_code, headers, body.whole())
