"""Jobs on a fake clock: a store that holds every write to the rules, a queue that delivers at least once, and workers
that can be ended between any two of their steps."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fanin.config import Config
from fanin.engine.call import Call, Request
from fanin.engine.catalogue import Catalogue
from fanin.engine.outcome import Outcome
from fanin.errors import FaninError
from fanin.jobs.callback import Caller
from fanin.jobs.job import ENDED, Job, KeptAnswer, State
from fanin.jobs.message import CallBack, JobMessage, RunJob
from fanin.jobs.order import Orders
from fanin.jobs.overdue import see_to_overdue
from fanin.jobs.record import decoded
from fanin.jobs.results import StoredResults
from fanin.jobs.run import Postponed, Worker
from fanin.jobs.service import JobService
from fanin.jobs.store import Claim
from fanin.jobs.table import INDEXES, KEY, TableJobs
from fanin.observability.redact import Redact, redactor
from fanin.stores.memory.bucket import MemoryBucket
from fanin.stores.memory.table import MemoryTable
from fanin.testing import fake_clock
from tests.unit.scenario import config_of

CONFIG = config_of("""
[sources.geo]
url = "https://geo.example/{city}"
[sources.weather]
url = "https://weather.example/{geo.lat}"
[endpoints.trip]
path = "/trip/{city}"
sources = ["geo", "weather"]
required = ["geo"]
timeout = "3s"
[endpoints.order]
method = "POST"
path = "/order/{city}"
sources = ["geo"]
status = 201
input = { type = "object", required = ["item"] }
[jobs]
max_open = 200
callbacks = ["https://hooks.example.com"]
callback_secret = "{!webhook}"
""")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VISIBLE_AFTER = 960.0
"""Seconds after which a message whose worker was ended comes again, as the queue of the template has it."""

LEGAL = {
    State.QUEUED: {State.QUEUED, State.RUNNING, State.CANCELLED, State.DEAD},
    State.RUNNING: {State.RUNNING, State.QUEUED, State.SUCCEEDED, State.FAILED, State.CANCELLED, State.DEAD},
    State.DEAD: {State.RUNNING, State.CANCELLED},
    State.SUCCEEDED: {State.SUCCEEDED},
    State.FAILED: {State.FAILED},
    State.CANCELLED: {State.CANCELLED},
}


class Killed(BaseException):
    """The worker's process is gone."""


class StrictJobs(TableJobs):
    """A store that refuses what must not be written."""

    def __init__(self) -> None:
        self.table = MemoryTable(KEY, fake_clock.now, indexes=INDEXES)
        super().__init__(self.table)
        self.results = StoredResults(self.table, MemoryBucket())
        self.recorded: list[str] = []

    def written(self, job_id: str) -> Job:
        """Give a job without waiting for it."""
        return next(decoded(str(item["job"])) for item in self.table.items if item["pk"] == f"job#{job_id}")

    async def put(self, job: Job) -> bool:
        """Write a job, after a look at the step."""
        there = await self.get(job.id)
        written = await super().put(job)
        if written and there:
            assert job.state in LEGAL[there.state], f"{there.state} to {job.state}"
            if there.state in ENDED:
                assert (job.status, job.kept, job.ended) == (there.status, there.kept, there.ended)
        if written and job.state in ENDED and (there is None or there.state not in ENDED):
            self.recorded.append(job.id)
        return written


@dataclass
class Life:
    """How long a worker lives: it is ended at one of its steps, before the step's effect or behind it.

    Args:
        step: the step, from 0; None for a worker that lives.
        behind: whether the step takes effect.
    """

    step: int | None = None
    behind: bool = False
    taken: int = 0

    async def through[T](self, effect: Callable[[], Any]) -> Any:
        """Take a step."""
        number, self.taken = self.taken, self.taken + 1
        if self.step is not None and number >= self.step:
            if number == self.step and self.behind:
                await effect()
            raise Killed
        await asyncio.sleep(0)
        return await effect()


@dataclass
class Cut:
    """Store, results and queue, as a worker with a life reaches them."""

    world: "World"
    life: Life

    async def get(self, job_id: str) -> Job | None:
        return await self.life.through(lambda: self.world.store.get(job_id))  # type: ignore[no-any-return]

    async def put(self, job: Job) -> bool:
        return await self.life.through(lambda: self.world.store.put(job))  # type: ignore[no-any-return]

    async def of_owner(self, owner: str, limit: int, after: str = "") -> Sequence[Job]:
        return await self.world.store.of_owner(owner, limit, after)

    async def overdue(self, now: float, limit: int) -> Sequence[str]:
        return await self.life.through(lambda: self.world.store.overdue(now, limit))  # type: ignore[no-any-return]

    async def claim(self, key: str, claim: Claim, *, now: float, until: float) -> Claim:
        step = lambda: self.world.store.claim(key, claim, now=now, until=until)  # noqa: E731 - a step
        return await self.life.through(step)  # type: ignore[no-any-return]

    async def enter(self, job: Job, most: int, *, now: float) -> bool:
        return await self.life.through(lambda: self.world.store.enter(job, most, now=now))  # type: ignore[no-any-return]

    async def leave(self, job: Job) -> None:
        await self.life.through(lambda: self.world.store.leave(job))

    async def keep(self, name: str, body: bytes, expires: float) -> KeptAnswer | None:
        return await self.life.through(lambda: self.world.store.results.keep(name, body, expires))  # type: ignore[no-any-return]

    async def body(self, kept: KeptAnswer) -> bytes | None:
        return await self.world.store.results.body(kept)

    def link(self, kept: KeptAnswer) -> str | None:
        return self.world.store.results.link(kept)

    async def send(self, message: JobMessage, *, delay: float = 0.0) -> None:
        await self.life.through(lambda: self.world.enqueue(message, delay))

    async def bury(self, message: JobMessage, reason: str) -> None:
        await self.life.through(lambda: self.world.inter(message, reason))


@dataclass
class World:
    """Everything around jobs.

    Args:
        config: what is served.
        answer: what each call of a source comes to.
    """

    config: Config = CONFIG
    answer: Callable[[Call], Outcome[Any]] = lambda _: Outcome({"lat": 1})
    seconds: float = 0.5
    store: StrictJobs = field(default_factory=StrictJobs)
    waiting: list[tuple[float, JobMessage]] = field(default_factory=list)
    buried: list[tuple[JobMessage, str]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    posted: list[Request] = field(default_factory=list)
    receiver: Callable[[int], int] = lambda _: 204
    workers: set[asyncio.Task[None]] = field(default_factory=set)
    redact: Redact = field(default_factory=redactor)
    ids: int = 0

    async def enqueue(self, message: JobMessage, delay: float) -> None:
        self.waiting.append((fake_clock.now() + delay, message))

    async def inter(self, message: JobMessage, reason: str) -> None:
        self.buried.append((message, reason))

    def reached(self, life: Life | None = None) -> Cut:
        return Cut(self, life or Life())

    def job_service(self, life: Life | None = None) -> JobService:
        reached = self.reached(life)
        return JobService(
            Catalogue(self.config, fake_clock.now), reached, reached, reached, now=fake_clock.now, new_id=self._new_id
        )

    async def deliver(self, message: JobMessage, life: Life | None = None) -> Postponed | None:
        """Have a worker do what a message says."""
        reached = self.reached(life)
        if isinstance(message, CallBack):
            await Caller(reached, reached, self._post, self._secret, fake_clock.now).deliver(message)
            return None
        pipelines = dict.fromkeys(self.config.sources, self._fetch)
        orders = Orders(Catalogue(self.config, fake_clock.now), self.config.jobs.callbacks)
        now = fake_clock.now
        worker = Worker(orders, pipelines, reached, reached, reached, now=now, redact=self.redact)
        return await worker.run(message, now() + 900)

    async def settle(self, lives: Callable[[], Life] = Life, *, until: float = 200_000.0) -> None:
        """Let time pass: messages are delivered when they are due, and the minute rule looks each minute."""
        minute = fake_clock.now() + 60.0
        while (self.waiting or self.workers or await self.store.overdue(1e12, 1)) and fake_clock.now() < until:
            now = fake_clock.now()
            due = [entry for entry in self.waiting if entry[0] <= now]
            self.waiting = [entry for entry in self.waiting if entry[0] > now]
            self.workers |= {asyncio.ensure_future(self._work(message, lives())) for _, message in due}
            if now >= minute:
                minute = now + 60.0
                reached = self.reached()
                await see_to_overdue(reached, reached, fake_clock.now)
            next_due = min((at for at, _ in self.waiting), default=minute)
            await asyncio.sleep(max(0.01, min(next_due, minute) - fake_clock.now(), 0.05 if self.workers else 0.0))
            self.workers = {worker for worker in self.workers if not worker.done()}

    async def _work(self, message: JobMessage, life: Life) -> None:
        try:
            later = await self.deliver(message, life)
        except Killed:
            self.waiting.append((fake_clock.now() + VISIBLE_AFTER, message))
            return
        if later is not None:
            self.waiting.append((fake_clock.now() + later.seconds, message))

    async def _fetch(self, call: Call) -> Outcome[Any]:
        self.calls.append(call)
        call.span.started = fake_clock.now()
        await asyncio.sleep(self.seconds)
        call.span.ended = fake_clock.now()
        return self.answer(call)

    async def _post(self, request: Request) -> int:
        self.posted.append(request)
        await asyncio.sleep(0.1)
        status = self.receiver(len(self.posted))
        if not status:
            raise FaninError("nobody answers")
        return status

    @staticmethod
    async def _secret() -> str:
        return SECRET

    def _new_id(self) -> str:
        self.ids += 1
        return f"{self.ids:032x}"


def run_job(job: Job) -> RunJob:
    """Give the message by which a job was sent."""
    return RunJob(job.id)
