"""From the contract's answers to Starlette's responses."""

from starlette.responses import Response

from fanin.contract.answers import Answer


def respond(answer: Answer) -> Response:
    """Hand an answer of the contract to Starlette as it is."""
    response = Response(answer.body, answer.status)
    response.raw_headers = [(name.lower().encode(), value.encode()) for name, value in answer.framed]
    return response
