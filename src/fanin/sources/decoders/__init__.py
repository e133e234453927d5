"""The formats of sources' answers.

To add a format: write its decoder, `value_of`, in a file of this folder that has the format's name, and add this name
to `Format` in config/answering.py. A decoder is imported when a source has its format.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module

from fanin.config.values import Json
from fanin.engine.call import Response

type Decoder = Callable[[str, Response, int], Json]
"""Takes the source's name, a response with its body without its content coding, and the bytes of memory that the value
may take. Raises SourceTooLarge and SourceUndecodable."""


@cache
def decoder_of(form: str) -> Decoder:
    """Import the decoder of a format.

    Args:
        form: its name at `format`.
    """
    decoder: Decoder = import_module(f"{__name__}.{form}").value_of
    return decoder
