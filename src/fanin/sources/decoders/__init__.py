"""From a source's answer to the value that it holds, by the source's `format`.

To add a format: write its decoder in a file of this folder, add its line to `DECODERS`, and its name
to the key `format` in config/.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from fanin.config import Source
from fanin.config.values import Json
from fanin.engine.call import NO_CONTENT, NoContent, Response
from fanin.sources.decoders.json import json_of
from fanin.sources.status import check_status

type Decoder = Callable[[str, bytes, int], Json]
"""Takes the source's name, the body without its content coding, and its `max_bytes`, which bounds memory as well.
Raises SourceTooLarge and SourceUndecodable."""

DECODERS: Mapping[str, Decoder] = MappingProxyType({"json": json_of})
"""The decoder of each `format`."""


_WITHOUT_CONTENT = frozenset((204, 205))
"""Statuses of success whose answers have no content (RFC 9110, sections 15.3.5 and 15.3.6)."""


def decoded(source: Source, response: Response) -> Json | NoContent:
    """Read a response: first its status, then its body.

    Args:
        source: the source that it is from.
        response: the whole response.

    Returns:
        the value; `NO_CONTENT` if the status says that there is none.

    Raises:
        NotFound, SourceUnavailable, SourceRejected: the status means so, as `check_status` says.
        SourceTooLarge: its values would take too much memory.
        SourceUndecodable: the body is not in the source's format.
    """
    check_status(source.name, response)
    if response.status in _WITHOUT_CONTENT:
        return NO_CONTENT
    return DECODERS[source.format](source.name, response.body, source.max_bytes)
