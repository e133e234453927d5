"""What has to be asked of others before a call can be made, and after: the same for tasks and for threads.

A conversation is a generator: it yields a question, is sent the answer, or has the failure thrown in, and returns what
it came to. It neither waits nor knows a client; `carry.py` and `carry_blocking.py` carry its questions to those who
answer.
"""

from collections.abc import Generator, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from fanin.engine.call import Request


@dataclass(frozen=True, slots=True)
class SendRequest:
    """Make a request, as the source's own requests are made: bounded, and to addresses that it may reach.

    The answer is a Response; the failure a SourceError.
    """

    request: Request


@dataclass(frozen=True, slots=True)
class AskAws:
    """Call an operation of a service of AWS's that may be made twice, as what only reads, within `timeout` seconds.

    The answer is what `Aws.call` gives; the failure AwsError or AwsUnavailable.
    """

    service: str
    operation: str
    payload: Mapping[str, Any]
    timeout: float


@dataclass(frozen=True, slots=True)
class OneAtATime:
    """Hold a conversation while no other of the same key goes on in this process.

    The answer is what the conversation returns; the failure what it raises.
    """

    key: Hashable
    conversation: "Conversation[Any]"


@dataclass(frozen=True, slots=True)
class Wait:
    """Let so many seconds pass. The answer is None."""

    seconds: float


type Question = SendRequest | AskAws | OneAtATime | Wait

type Conversation[Result] = Generator[Question, Any, Result]
"""Yields questions, is sent their answers, and returns a result."""
