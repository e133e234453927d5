"""ndjson: a JSON text in each line (also called JSON Lines), read as a list."""

import orjson

from fanin.config.values import Json
from fanin.engine.call import Response
from fanin.engine.footprint import fits
from fanin.sources.decoders.json import may_be_deep, not_too_deep, too_large, undecodable, without_mark


def value_of(source: str, response: Response, memory: int) -> Json:
    """Read the lines of a body, empty ones left out; the arguments and errors of a `Decoder`."""
    body = without_mark(response.body)
    if not fits(b"[%b]" % body.replace(b"\n", b","), memory):
        raise too_large(source, memory)
    values: list[Json] = []
    for number, line in enumerate(body.split(b"\n"), 1):
        if line and not line.isspace():
            try:
                values.append(orjson.loads(line))
            except orjson.JSONDecodeError as error:
                raise undecodable(source, error, f" in line {number}") from error
    return not_too_deep(source, values) if may_be_deep(body) else values
