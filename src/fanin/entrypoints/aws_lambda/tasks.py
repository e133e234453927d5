"""The Lambda handler of the worker: batches from SQS, each task by itself, and the failed ones back to the queue.

A task is handed over at least once, and again when it fails, is not done in time, or the function dies; after the
queue's `maxReceiveCount` it goes to the dead-letter queue. Whatever does tasks has to bear that: docs/worker.md.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fanin.engine.clock import steady
from fanin.engine.outcome import Clock
from fanin.entrypoints.aws_lambda.handler import RESERVE, LambdaContext, end_leftovers
from fanin.entrypoints.aws_lambda.records import named_records
from fanin.errors import FaninError
from fanin.observability import logs
from fanin.worker.task import Kind, Task, TaskRefused

logger = logging.getLogger("fanin")

MOST_FAILURES = 3
"""How often a message is handed over before it is buried with the reason of its last failure, if anything buries."""
MINUTE = {"rule": "minute"}
"""The event of the rule that looks each minute for what is due."""

type Bury = Callable[[str, str], Awaitable[None]]
"""Sends the body of a message to the dead letters, with the reason."""

type TaskHandler = Callable[[Any, LambdaContext], dict[str, Any]]


async def nothing_due() -> None:
    """See to nothing: each minute's work where `sam local` serves, whose names of resources lead nowhere."""


def worker_handler(
    kinds: Mapping[str, Kind],
    *,
    bury: Bury | None = None,
    minute: Callable[[], Awaitable[None]] | None = None,
    loop: asyncio.AbstractEventLoop | None = None,
    clock: Clock = steady,
) -> TaskHandler:
    """Make the Lambda handler.

    The tasks of a batch are done at the same time. Those that failed are named in the answer, so that SQS hands over
    only these again (`ReportBatchItemFailures`).

    Args:
        kinds: how each kind of task is done, by its name.
        bury: takes what failed `MOST_FAILURES` times; without it the queue moves it in the end, without a reason.
        minute: does what is due, each minute.
        loop: the loop; a new one by default.
        clock: the clock of all deadlines.
    """
    loop = loop or asyncio.new_event_loop()

    def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
        logs.about(lambda_request_id=context.aws_request_id)
        records = {} if minute and event == MINUTE else _records(event)
        deadline = clock() + max(0.0, context.get_remaining_time_in_millis() / 1000 - RESERVE)
        asyncio.set_event_loop(loop)
        try:
            if minute and event == MINUTE:
                loop.run_until_complete(_within(deadline - clock(), minute()))
            done = loop.run_until_complete(_all(records, deadline))
        finally:
            end_leftovers(loop)
        return {"batchItemFailures": [{"itemIdentifier": id_} for id_, fine in done.items() if not fine]}

    async def _all(records: Mapping[str, Mapping[str, Any]], deadline: float) -> dict[str, bool]:
        done = await asyncio.gather(*(_one(id_, record, deadline) for id_, record in records.items()))
        return dict(zip(records, done, strict=True))

    async def _one(id_: str, record: Mapping[str, Any], deadline: float) -> bool:
        """Do a task; say whether it is done with."""
        began = clock()
        fields: dict[str, Any] = {"message_id": id_, "received": _received(record)}
        task: Task | None = None
        try:
            task = Task.decode(str(record.get("body", "")))
            fields |= {"kind": task.kind, "task_id": task.id}
            async with asyncio.timeout(max(0.0, deadline - began)):
                await _known(task, kinds).do(task, deadline)
        except (FaninError, TimeoutError) as error:
            reason = f"{type(error).__name__}: {error}"
            logger.error("task failed", extra=fields | {"reason": reason})  # noqa: TRY400 - an expected failure has no need of its stack
            return await _buried(record, reason, at_once=task is None)
        except Exception as error:
            logger.exception("task failed", extra=fields)
            return await _buried(record, type(error).__name__)
        logger.info("task done", extra=fields | {"duration_ms": round((clock() - began) * 1000, 1)})
        return True

    async def _buried(record: Mapping[str, Any], reason: str, *, at_once: bool = False) -> bool:
        """Bury a message that cannot be read, or failed too often; False where it is to be handed over again."""
        if bury is None or not (at_once or _received(record) >= MOST_FAILURES):
            return False
        try:
            await bury(str(record.get("body", "")), reason)
        except FaninError:
            logger.exception("dead letter not sent")
            return False
        return True

    return handler


async def _within(seconds: float, looking: Awaitable[None]) -> None:
    async with asyncio.timeout(max(0.0, seconds)):
        await looking


def _known(task: Task, kinds: Mapping[str, Kind]) -> Kind:
    """Find how a task is done.

    Raises:
        TaskRefused: nobody here knows.
    """
    if task.kind not in kinds:
        raise TaskRefused(f"nobody does tasks of the kind {task.kind[:40]!r}")
    if task.version not in kinds[task.kind].versions:
        raise TaskRefused(f"nobody does version {task.version} of {task.kind}")
    return kinds[task.kind]


def _records(event: Any) -> dict[str, Mapping[str, Any]]:
    """Give the messages of a batch by their ids.

    Raises:
        TaskRefused: the event is no batch of SQS's, or nothing in it is a message; the whole invocation fails.
    """
    match event:
        case {"Records": [*records]} if (named := named_records(records)) or not records:
            return named
    raise TaskRefused("the event is no batch of messages from SQS")


def _received(record: Mapping[str, Any]) -> int:
    """Give how often a message was handed over, this time included; 0 where that is not said."""
    attributes = record.get("attributes")
    count = attributes.get("ApproximateReceiveCount", "0") if isinstance(attributes, dict) else "0"
    return int(count) if str(count).isdigit() else 0
