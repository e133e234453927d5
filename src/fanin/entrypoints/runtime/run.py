"""The life of an environment: init, then invocations until Lambda ends the process."""

import asyncio
import sys
import traceback
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from fanin.engine.clock import steady
from fanin.entrypoints.aws_lambda.asgi import AsgiHandler
from fanin.entrypoints.aws_lambda.loop import FunctionLoop
from fanin.entrypoints.runtime import restores
from fanin.entrypoints.runtime.api import RuntimeApi
from fanin.entrypoints.runtime.invocations import Invocations
from fanin.entrypoints.runtime.plain import serving
from fanin.entrypoints.runtime.processes import Others, are_several, is_another, open_output, shares_of
from fanin.entrypoints.runtime.slots import Serve, Slots
from fanin.entrypoints.runtime.waiting import BlockingWait

type Import = Callable[[str], Any]
"""Imports a module by its name."""


@dataclass(frozen=True, slots=True)
class Program:
    """The program that runs.

    Args:
        environment: Lambda's: where the Runtime API is, which handler it calls, and how many events come at once.
        load: imports the handler's module.
        command: what starts this program once more.
        give_way: runs AWS's own runtime in the place of this program.
    """

    environment: MutableMapping[str, str]
    load: Import
    command: Sequence[str]
    give_way: Callable[[], None]

    def run(self) -> int:
        """Serve until Lambda ends the process.

        Returns:
            0, at the end; else why the process ends, which has been reported.

        Raises:
            RuntimeApiError: the Runtime API is of no use any more.
        """
        others = Others((), {}, ())
        try:
            own, *rest = shares_of(self.environment)
            if several := are_several(self.environment):
                open_output(self.environment)
                others = Others(self.command, self.environment, rest)  # first: they import at the same time
            module, _, name = self.environment["_HANDLER"].rpartition(".")
            handler = getattr(self.load(module.replace("/", ".")), name)
            if several and not isinstance(handler, AsgiHandler):
                others.end()
                if is_another(self.environment):
                    return 0  # the first process gives way for all
                self.give_way()  # a handler that may block, and count on being called by nobody else
        except BaseException as error:  # noqa: BLE001 - whatever it is, Lambda is told, and the process ends
            traceback.print_exc(file=sys.stderr)
            others.end()
            asyncio.run(self._connect().fail("/init/error", error))
            return 1
        loop = handler.loop if isinstance(handler, AsgiHandler) else FunctionLoop()
        if restores.expected(self.environment) and (failed := restores.go_through(loop, self._connect)):
            return failed
        return loop.run_until_complete(self._serve(handler, own, others, alone=not several))

    def _connect(self, blocking: BlockingWait | None = None) -> RuntimeApi:
        return RuntimeApi(self.environment["AWS_LAMBDA_RUNTIME_API"], blocking)

    async def _serve(self, handler: Any, own: int, others: Others, *, alone: bool) -> int:
        serve: Serve
        if isinstance(handler, AsgiHandler):
            serve = Invocations(handler, self.environment, alone=alone).serve
        else:
            serve = serving(handler, self.environment)
        loop = asyncio.get_running_loop()
        blocking = BlockingWait(loop, steady) if alone and isinstance(loop, FunctionLoop) else None
        slots, status = Slots(serve, lambda: self._connect(blocking), own, alone=alone), 0

        def lost() -> None:
            nonlocal status
            status = 1
            slots.end()

        others.watch(lost)
        try:
            await slots.run()
        finally:
            others.end()
        return status
