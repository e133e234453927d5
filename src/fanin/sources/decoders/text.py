"""text: the body as one text, in its charset."""

from fanin.engine.call import Response
from fanin.engine.footprint import memory_of
from fanin.sources.decoders.charset import text_in
from fanin.sources.decoders.json import too_large


def value_of(source: str, response: Response, memory: int) -> str:
    """Read a body as text; the arguments and errors of a `Decoder`."""
    if memory_of(texts=1, characters=len(response.body)) > memory:
        raise too_large(source, memory)
    return text_in(source, response)
