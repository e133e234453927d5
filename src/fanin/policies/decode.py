"""decode: from a response to the value that it holds, or to the failure that it means."""

from dataclasses import replace

from fanin.config.values import Json
from fanin.engine.call import Call, Fetch, InPart, NoContent, NotModified, Response
from fanin.engine.outcome import Outcome
from fanin.errors import SourceError
from fanin.sources.meaning import decoded


def decode(fetch: Fetch) -> Fetch:
    """Read the response that a fetch gives."""

    async def with_decode(call: Call) -> Outcome[Json | NoContent | NotModified | InPart]:
        outcome = await fetch(call)
        response = outcome.value
        assert isinstance(response, Response)
        if response.status == 304 and call.request.validators:
            return replace(outcome, value=NotModified(), headers=response.headers)
        try:
            value = decoded(call.source, response, call)
        except SourceError as error:
            error.headers = response.headers
            raise
        return outcome.decoded(value, response.headers, response.status, len(response.body))

    return with_decode
