"""A conversation that blocks the thread which holds it."""

import time
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any

from fanin.credentials.flows import AskAws, Conversation, OneAtATime, Question, SendRequest, Wait
from fanin.engine.call import Request, Response

type BlockingSend = Callable[[Request], Response]
type BlockingAskAws = Callable[[AskAws], Any]
type Left = Callable[[], float]
"""Gives the seconds that a call has left; raises TimeoutError where none are."""


class BlockingCarrier:
    """Carries the questions of conversations of any thread.

    Args:
        ask_aws: asks AWS.
        left: gives the seconds that the thread's call has left.
    """

    def __init__(self, ask_aws: BlockingAskAws, left: Left) -> None:
        self._ask_aws = ask_aws
        self._left = left
        self._locks: dict[Hashable, Lock] = {}

    def carry[Result](self, conversation: Conversation[Result], send: BlockingSend) -> Result:
        """Hold a conversation to its end.

        Args:
            conversation: what is asked.
            send: makes its requests.

        Raises:
            TimeoutError: another thread held a conversation of the same key for as long as this one had time.
        """
        try:
            question = next(conversation)
            while True:
                try:
                    answer = self._answer(question, send)
                except Exception as error:  # noqa: BLE001 - it is the conversation that knows what a failure means
                    question = conversation.throw(error)
                else:
                    question = conversation.send(answer)
        except StopIteration as ended:
            result: Result = ended.value
            return result
        finally:
            conversation.close()

    def _answer(self, question: Question, send: BlockingSend) -> Any:
        match question:
            case SendRequest(request):
                return send(request)
            case AskAws():
                return self._ask_aws(question)
            case Wait(seconds):
                return time.sleep(min(seconds, self._left()))
            case OneAtATime(key, conversation):
                lock = self._locks.setdefault(key, Lock())
                if not lock.acquire(timeout=self._left()):
                    raise TimeoutError
                try:
                    return self.carry(conversation, send)
                finally:
                    lock.release()
