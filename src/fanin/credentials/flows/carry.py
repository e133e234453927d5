"""A conversation between tasks: nobody waits but the task that holds it."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any

from fanin.credentials.flows import AskAws, Conversation, OneAtATime, Question, SendRequest, Wait
from fanin.engine.call import Request, Response

type AsyncSend = Callable[[Request], Awaitable[Response]]
type AsyncAskAws = Callable[[AskAws], Awaitable[Any]]


class Carrier:
    """Carries the questions of conversations on one event loop.

    Args:
        ask_aws: asks AWS.
    """

    def __init__(self, ask_aws: AsyncAskAws) -> None:
        self._ask_aws = ask_aws
        self._locks: dict[Hashable, asyncio.Lock] = {}

    async def carry[Result](
        self, conversation: Conversation[Result], send: AsyncSend, seconds: float | None = None
    ) -> Result:
        """Hold a conversation to its end.

        Args:
            conversation: what is asked; it ends where this is cancelled.
            send: makes its requests.
            seconds: what its questions may take; None if something else bounds them.

        Raises:
            TimeoutError: they took longer.
        """
        try:
            question = next(conversation)
            async with asyncio.timeout(seconds):  # most conversations ask nothing, and need no bound
                while True:
                    try:
                        answer = await self._answer(question, send)
                    except Exception as error:  # noqa: BLE001 - it is the conversation that knows what a failure means
                        question = conversation.throw(error)
                    else:
                        question = conversation.send(answer)
        except StopIteration as ended:
            result: Result = ended.value
            return result
        finally:
            conversation.close()

    async def _answer(self, question: Question, send: AsyncSend) -> Any:
        match question:
            case SendRequest(request):
                return await send(request)
            case AskAws():
                return await self._ask_aws(question)
            case Wait(seconds):
                return await asyncio.sleep(seconds)
            case OneAtATime(key, conversation):
                async with self._locks.setdefault(key, asyncio.Lock()):
                    return await self.carry(conversation, send)
