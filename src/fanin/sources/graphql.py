"""What GraphQL's answers mean (https://spec.graphql.org/October2021/#sec-Response)."""

from fanin.config.values import Json
from fanin.engine.call import InPart
from fanin.errors import SourceRejected, SourceUndecodable

_MOST = 300
"""Characters of a message that clients are told."""


def data_of(source: str, answer: Json) -> Json | InPart:
    """Give the data of an answer; with errors beside it, it is a value in part.

    Args:
        source: the source's name.
        answer: the decoded body.

    Raises:
        SourceRejected: there is no data; its detail has the message of the first error.
        SourceUndecodable: it is no answer of GraphQL's.
    """
    if not isinstance(answer, dict) or not answer.keys() & {"data", "errors"}:
        raise SourceUndecodable(source, f"{source} answered with something that is no answer of GraphQL's")
    if (data := answer.get("data")) is None:
        raise SourceRejected(source, f"{source} refused the query: {_message(answer)}")
    if answer.get("errors"):
        return InPart(data, SourceRejected(source, f"{source} answered in part: {_message(answer)}"))
    return data


def _message(answer: dict[str, Json]) -> str:
    """Give the message of the first error, as far as it can be told."""
    match answer.get("errors"):
        case [{"message": str(message)}, *_] if message:
            printable = "".join(character if character.isprintable() else " " for character in message)
            return printable if len(printable) <= _MOST else f"{printable[: _MOST - 1]}…"
    return "it does not say why"
