"""One run of a job: begin it, ask its sources, and record what they came to, whatever ends the run in between."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from fanin.contract import answers
from fanin.contract.answers import Answer
from fanin.engine.call import Fetch, Sleep
from fanin.engine.catalogue import ClientRequest
from fanin.engine.execution import concurrent
from fanin.engine.invocation import Invocation
from fanin.engine.result import Result
from fanin.errors import RequestError
from fanin.jobs import job as steps
from fanin.jobs.job import ENDED, LEASE, Job, KeptAnswer, State
from fanin.jobs.message import JobQueue, RunJob, message_of
from fanin.jobs.order import Orders
from fanin.jobs.progress import Progress
from fanin.jobs.store import JobStore, Results, take
from fanin.observability.redact import Redact, redactor
from fanin.observability.served import Served, Watch, log_request, tell
from fanin.stores.errors import StoreUnavailable

BEAT = 20.0
"""Seconds between two words of a run: two may be lost before its lease is over."""
SHORTEST_BEAT = 1.0
"""Seconds between two words where there is progress to tell of."""
RETRY_AFTER = 5.0
"""Seconds after which a run that came to nothing is followed by the next."""
ROOM = 10.0
"""Seconds of an invocation's time that are kept back for recording what a run came to."""
_REASON = 500
"""Characters of a reason."""
_READ = 40 * _REASON
"""Characters of an exception's text that are read for its reason."""

logger = logging.getLogger("fanin")


@dataclass(frozen=True, slots=True)
class Postponed:
    """The message is not done with: it is to come again.

    Args:
        seconds: when.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class Worker:
    """What a run of a job touches.

    Args:
        orders: the check of what a job asks for, with the catalogue and its clock of deadlines.
        pipelines: each source's policies around its fetch.
        store: where jobs are recorded.
        results: where answers are kept.
        queue: where the next message goes.
        now: gives seconds since the epoch.
        sleep: waits, by that clock.
        watch: is told of each run.
        redact: what a reason passes before it is recorded or sent anywhere.
    """

    orders: Orders
    pipelines: Mapping[str, Fetch]
    store: JobStore
    results: Results
    queue: JobQueue
    now: Callable[[], float]
    sleep: Sleep = asyncio.sleep
    watch: Watch = log_request
    redact: Redact = field(default_factory=redactor)

    async def run(self, message: RunJob, deadline: float) -> Postponed | None:
        """Run a job, if it is to be run.

        Args:
            message: which, and whether it is sent again after it had been set aside.
            deadline: when the invocation is over, in the clock's seconds.

        Returns:
            None where the message is done with.

        Raises:
            StoreUnavailable: the store, the bucket or the queue does not answer; the message has to come again.
        """
        begin = partial(steps.begin, after=message.after)
        job, begun = await take(self.store, message.job_id, lambda job: begin(job, self.now()))
        if job is None:
            await self.queue.bury(message, "there is no such job, or no more")
            return None
        if begun:
            return await self._run(job, deadline)
        if job.state in ENDED or job.state is State.DEAD:
            return None
        if job.leased(self.now()):
            return Postponed(max(0.0, (job.due or 0.0) - self.now()))
        await self._set_aside(job)
        return None

    async def _run(self, job: Job, deadline: float) -> Postponed | None:
        try:
            answer, progress = await self._asked(job, deadline)
            await self._record(job, answer, progress)
        except _Stopped:
            return None
        except Exception as error:
            # What cannot be recorded is such an error, too: the bucket may refuse an answer where the table is there.
            logger.exception("run of a job failed", extra={"job": job.id, "run": job.runs})
            return await self._give_back(job, _reason(error, self.redact))
        return None

    async def _asked(self, job: Job, deadline: float) -> tuple[Answer, Progress]:
        """Ask the job's sources, and say meanwhile that the run goes on.

        Raises:
            _Stopped: the run is not to go on.
        """
        catalogue = self.orders.catalogue
        endpoint = catalogue.config.endpoints.get(job.endpoint)
        if endpoint is None:
            return answers.refusal(_gone(f"endpoint {job.endpoint!r} is not served any more"), job.id), Progress(())
        progress = Progress(catalogue.plans[endpoint.name].sources)
        try:
            order = self.orders.order(job.endpoint, job.parameters, job.input, caller=job.caller)
            aggregation = catalogue.begin(
                endpoint.name,
                ClientRequest(order.parameters, {"idempotency-key": job.id}, input=order.input, checked=True),
                job.caller,
                Invocation(job.id, deadline - ROOM, owner=job.owner),
                timeout=endpoint.job_timeout,
                settled=progress.arrived,
            )
        except RequestError as error:
            return answers.refusal(error, job.id), Progress(())
        began = catalogue.clock()
        result = await self._while_telling(
            job, progress, concurrent.run(aggregation, progress.watching(self.pipelines, job.id))
        )
        progress.settle(result)
        answer = answers.whole(result, job.id)
        about = job.caller.told if job.caller else {}
        seconds = catalogue.clock() - began
        tell(self.watch, Served("JOB", f"/jobs/{job.id}", answer.status, seconds, results=[result], about=about))
        return answer, progress

    async def _while_telling(self, job: Job, progress: Progress, asking: Awaitable[Result]) -> Result:
        run, telling = asyncio.ensure_future(asking), asyncio.ensure_future(self._tell(job, progress))
        try:
            await asyncio.wait({run, telling}, return_when=asyncio.FIRST_COMPLETED)
            if not run.done():
                telling.result()  # raises why it has stopped
            return await run
        finally:
            for task in (run, telling):
                task.cancel()
            await asyncio.gather(run, telling, return_exceptions=True)

    async def _tell(self, job: Job, progress: Progress) -> None:
        """Say that the run goes on, at each progress and at each beat.

        Raises:
            _Stopped: the job is cancelled, or another run has begun; or nobody could be told, so that one may.
        """
        clock = self.orders.catalogue.clock
        told, heard = progress.changes, clock()
        while True:
            await self.sleep(SHORTEST_BEAT)
            if progress.changes == told and clock() - heard < BEAT:
                continue
            changes, began = progress.changes, clock()
            beat = partial(steps.beat, run=job.runs, now=self.now(), progress=progress.states)
            try:
                _, going_on = await take(self.store, job.id, beat)
            except StoreUnavailable as error:
                if clock() - heard > LEASE:
                    raise _Stopped from error
                continue
            if not going_on:
                raise _Stopped
            told, heard = changes, began

    async def _record(self, job: Job, answer: Answer, progress: Progress) -> None:
        """Record what a run came to, unless another has; then see to its callback."""
        answer, kept = await self._kept(job, answer)
        complete = dict(answer.headers).get("Fanin-Complete") == "?1"
        ended, recorded = await take(
            self.store,
            job.id,
            lambda j: steps.end(
                j,
                job.runs,
                self.now(),
                progress=progress.states,
                status=answer.status,
                complete=complete,
                kept=kept,
            ),
        )
        logger.info("job", extra={"job": job.id, "run": job.runs, "status": answer.status, "recorded": recorded})
        if recorded and ended and ended.callback:
            await self.queue.send(message_of(ended))

    async def _kept(self, job: Job, answer: Answer) -> tuple[Answer, KeptAnswer | None]:
        """Keep an answer, or the problem that it is too large, under a name of the run's own.

        A run that is not heard any more does not write over what was recorded.
        """
        name = f"{job.id}-{job.runs}"
        kept = await self.results.keep(name, answer.body, job.expires)
        if kept is None:
            answer = answers.refusal(_too_large(len(answer.body)), job.id)
            kept = await self.results.keep(name, answer.body, job.expires)
        return answer, kept

    async def _give_back(self, job: Job, reason: str) -> Postponed | None:
        returned, _ = await take(self.store, job.id, lambda j: steps.give_back(j, job.runs, self.now(), reason))
        if returned is None or returned.state is not State.QUEUED:
            return None
        if returned.exhausted:
            await self._set_aside(returned)
            return None
        await self.queue.send(RunJob(job.id), delay=RETRY_AFTER)
        return None

    async def _set_aside(self, job: Job) -> None:
        """Bury first, and record it then: cut off in between, the job is buried twice, and not once too few."""
        await self.queue.bury(RunJob(job.id, after=job.runs), job.reason or steps.SILENT)
        await take(self.store, job.id, lambda j: steps.set_aside(j, self.now()))


class _Stopped(Exception):
    """The run is not to go on."""


def _reason(error: Exception, redact: Redact) -> str:
    """Say what went wrong, as a line of the log may; of errors that come as a group, the first is said."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return redact(f"{type(error).__name__}: {error}"[:_READ])[:_REASON]


def _gone(detail: str) -> RequestError:
    return RequestError(410, "endpoint-gone", "Endpoint gone", detail)


def _too_large(size: int) -> RequestError:
    return RequestError(
        500, "response-too-large", "Response too large", f"the answer has {size} bytes, over what is kept"
    )
