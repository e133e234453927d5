"""The formats of sources' answers.

To add a format: write its decoder in a file of this folder, add its line to `DECODERS`, and its name
to the key `format` in config/. A decoder is imported when a source has its format.
"""

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

from fanin.config.values import Json
from fanin.engine.call import Response

type Decoder = Callable[[str, Response, int], Json]
"""Takes the source's name, a response with its body without its content coding, and the bytes of memory that the value
may take. Raises SourceTooLarge and SourceUndecodable."""

DECODERS: Mapping[str, str] = MappingProxyType(
    {
        "json": "json_of",
        "ndjson": "lines_of",
        "csv": "rows_of",
        "text": "text_of",
        "bytes": "base64_of",
        "xml": "document_of",
        "feed": "feed_of",
    }
)
"""The function that decodes each `format`, in the module of this folder that has the format's name."""


@cache
def decoder_of(form: str) -> Decoder:
    """Import the decoder of a format.

    Args:
        form: its name at `format`.
    """
    decoder: Decoder = getattr(import_module(f"{__name__}.{form}"), DECODERS[form])
    return decoder
