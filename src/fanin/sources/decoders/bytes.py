"""bytes: the body as it is; in JSON its base64 (RFC 4648, section 4)."""

from base64 import b64encode

from fanin.engine.call import Response
from fanin.engine.footprint import memory_of
from fanin.sources.decoders.json import too_large


def value_of(source: str, response: Response, memory: int) -> str:
    """Write a body as base64; the arguments and errors of a `Decoder`."""
    if memory_of(texts=1, characters=2 * len(response.body), wide=False) > memory:
        raise too_large(source, memory)
    return b64encode(response.body).decode("ascii")
