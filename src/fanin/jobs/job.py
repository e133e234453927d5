"""A job: what is recorded of it, and every step that its state may take.

    queued ──begin──▶ running ──end──▶ succeeded, failed
      ▲                  │
      └─────give_back────┘
    queued, running, dead ──cancel──▶ cancelled
    queued, running ──set_aside──▶ dead ──begin, once it is sent again──▶ running

A step is a function from the job as it was to the job as it becomes, or to None where the step is not to be taken.
Stores write what it gives only where nobody has written meanwhile, so of two that take a step at once one has to look
again. Succeeded, failed and cancelled have no step out: what is recorded there stays.

Nothing here waits, sends or stores; moments are seconds since the epoch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from fanin.config.values import Json
from fanin.engine.caller import Caller

KEPT = 7 * 86400.0
"""Seconds for which a job can be asked for, from its making."""
LEASE = 60.0
"""Seconds after which a running job of which nothing is heard may be begun anew."""
MAX_RUNS = 5
"""How often a job is begun before it is set aside."""
RESEND_AFTER = 120.0  # seconds until the message of a job that nobody has begun is sent again; each time twice as long
MAX_RESEND = 3600.0  # the most that it becomes
CALLBACK_LEASE = 60.0
"""Seconds in which one delivery of a callback has ended."""
CALLBACK_DELAYS = (5.0, 60.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0)
"""Seconds between a delivery that failed and the next; after the last there is none."""

SILENT = "its run was not heard of any more: the function was ended, or timed out"
"""Why a run came to nothing that did not say so itself."""


class State(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DEAD = "dead"


ENDED = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})
"""The states without a step out of them."""


class CallbackState(StrEnum):
    """Where the callback of a job stands."""

    WAITING = "waiting"
    DUE = "due"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """Where the body of a job's answer is.

    Args:
        name: under which name it is kept.
        in_bucket: whether in the bucket, for its size; otherwise beside the job.
        size: bytes.
    """

    name: str
    in_bucket: bool
    size: int


@dataclass(frozen=True, slots=True)
class Callback:
    """The webhook of a job's end.

    Args:
        url: whom to tell.
        state: whether they have been told.
        attempts: how often it was tried.
    """

    url: str
    state: CallbackState = CallbackState.WAITING
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """What is recorded of a job.

    Args:
        id: 128 random bits, in hexadecimal digits.
        owner: whose it is; empty where nobody said who they are, and then whoever knows the id may see it.
        endpoint: the endpoint's name.
        parameters: its parameters, checked.
        created: when it was made.
        expires: until when it is kept.
        revision: how often it was written.
        state: where it stands.
        runs: how often it was begun. The number names the run: what an earlier one still says is not heard.
        forgiven: the runs before it was last sent again after it had been set aside.
        started: when it was first begun.
        ended: when it ended.
        due: when somebody has to look after it, unless it moves before; None where nobody has to.
        resent: how often its message was sent again since it was queued.
        progress: for each source, `waiting`, `running`, how it answered, or the problem that it came to.
        status: the HTTP status that its answer would have had.
        complete: whether every source answered for itself; None before it ended.
        kept: where its answer's body is.
        reason: why its last run came to nothing, for an operator.
        callback: the webhook of its end.
        input: the endpoint's input, checked; None without one.
        caller: who asked, whose the job then is; None if anyone may ask.
    """

    id: str
    owner: str
    endpoint: str
    parameters: Mapping[str, Json]
    created: float
    expires: float
    revision: int = 1
    state: State = State.QUEUED
    runs: int = 0
    forgiven: int = 0
    started: float | None = None
    ended: float | None = None
    due: float | None = None
    resent: int = 0
    progress: Mapping[str, str] = MappingProxyType({})
    status: int | None = None
    complete: bool | None = None
    kept: KeptAnswer | None = None
    reason: str = ""
    callback: Callback | None = None
    input: Json = None
    caller: Caller | None = None

    @property
    def is_open(self) -> bool:
        """Whether it waits for a run, or has one."""
        return self.state in (State.QUEUED, State.RUNNING)

    @property
    def exhausted(self) -> bool:
        """Whether it has been begun as often as it may be."""
        return self.runs - self.forgiven >= MAX_RUNS

    def runs_as(self, run: int) -> bool:
        """Whether a run is the one that is heard."""
        return self.state is State.RUNNING and self.runs == run

    def leased(self, now: float) -> bool:
        """Whether a run of it was heard of lately."""
        return self.state is State.RUNNING and self.due is not None and now < self.due


def queued(  # noqa: PLR0913 - what a job is made of
    job_id: str,
    owner: str,
    endpoint: str,
    parameters: Mapping[str, Json],
    callback_url: str,
    *,
    now: float,
    input: Json = None,  # noqa: A002 - as fanin.toml calls it
) -> Job:
    """Make a job that waits for its first run."""
    return Job(
        id=job_id,
        owner=owner,
        endpoint=endpoint,
        parameters=parameters,
        created=now,
        expires=now + KEPT,
        due=now + RESEND_AFTER,
        callback=Callback(callback_url) if callback_url else None,
        input=input,
    )


def begin(job: Job, now: float, *, after: int | None = None) -> Job | None:
    """Begin a run of a job that waits, whose run is not heard of any more, or that is sent again from the dead letters.

    Args:
        job: the job.
        now: the moment.
        after: the last run before the job was set aside, where the message is a dead letter that was sent again.
    """
    forgiven = job.forgiven
    if job.state is State.DEAD:
        if after != job.runs:
            return None
        forgiven = job.runs
    elif job.state in ENDED or job.leased(now) or job.exhausted:
        return None
    return _written(
        job,
        state=State.RUNNING,
        runs=job.runs + 1,
        forgiven=forgiven,
        started=job.started or now,
        due=now + LEASE,
        progress={},
        reason="",
    )


def beat(job: Job, run: int, now: float, progress: Mapping[str, str]) -> Job | None:
    """Say that a run goes on, and how far it is."""
    if not job.runs_as(run):
        return None
    return _written(job, due=now + LEASE, progress=dict(progress))


def end(  # noqa: PLR0913 - what an answer is made of
    job: Job, run: int, now: float, *, progress: Mapping[str, str], status: int, complete: bool, kept: KeptAnswer | None
) -> Job | None:
    """Record what a run came to. Of all runs, one has its end recorded."""
    if not job.runs_as(run):
        return None
    ended = _written(
        job,
        state=State.SUCCEEDED if status < 400 else State.FAILED,
        ended=now,
        due=None,
        progress=dict(progress),
        status=status,
        complete=complete,
        kept=kept,
    )
    return _calling_back(ended, now)


def give_back(job: Job, run: int, now: float, reason: str) -> Job | None:
    """Record that a run came to nothing, so that another may begin."""
    if not job.runs_as(run):
        return None
    return _written(job, state=State.QUEUED, due=now + RESEND_AFTER, resent=0, reason=reason)


def cancel(job: Job, now: float) -> Job | None:
    """Cancel a job that has not ended."""
    if job.state in ENDED:
        return None
    return _calling_back(_written(job, state=State.CANCELLED, ended=now, due=None), now)


def set_aside(job: Job, now: float) -> Job | None:
    """Begin no run any more, of a job that has had all of them, until an operator sends it again."""
    if job.state in ENDED or job.state is State.DEAD or job.leased(now) or not job.exhausted:
        return None
    return _written(job, state=State.DEAD, due=None, expires=max(job.expires, now + KEPT), reason=job.reason or SILENT)


def look_after(job: Job, now: float) -> Job | None:
    """Say that one is sending the message of an overdue job again; the next that looks does not, for a while."""
    if job.due is None or now < job.due:
        return None
    if job.state is State.QUEUED:
        wait = min(MAX_RESEND, RESEND_AFTER * 2 ** (job.resent + 1))
        return _written(job, due=now + wait, resent=job.resent + 1)
    if job.state is State.RUNNING:
        # As it was: the run that follows takes it over where none is heard of.
        return _written(job, state=State.QUEUED, due=now + RESEND_AFTER, resent=0, reason=SILENT)
    if job.callback is not None and job.callback.attempts > len(CALLBACK_DELAYS):
        return _written(job, due=None, callback=replace(job.callback, state=CallbackState.FAILED))
    return _written(job, due=now + CALLBACK_LEASE)


def call_back(job: Job, now: float, attempt: int) -> Job | None:
    """Begin the delivery of a callback that is due, and was tried as often as the message says.

    Args:
        job: the job.
        now: the moment.
        attempt: how often it had been tried when the message was sent.
    """
    callback = job.callback
    if callback is None or callback.state is not CallbackState.DUE or callback.attempts != attempt:
        return None
    return _written(job, due=now + CALLBACK_LEASE, callback=replace(callback, attempts=attempt + 1))


def called_back(job: Job, now: float, attempt: int, *, delivered: bool, again: bool = True) -> Job | None:
    """Record what a delivery came to.

    Args:
        job: the job.
        now: the moment.
        attempt: the number of the delivery, from 1.
        delivered: whether the receiver took it.
        again: whether it is to be tried again where not.
    """
    callback = job.callback
    if callback is None or callback.state is not CallbackState.DUE or callback.attempts != attempt:
        return None
    if delivered:
        return _written(job, due=None, callback=replace(callback, state=CallbackState.DELIVERED))
    if not again or attempt > len(CALLBACK_DELAYS):
        return _written(job, due=None, callback=replace(callback, state=CallbackState.FAILED))
    return _written(job, due=now + CALLBACK_DELAYS[attempt - 1])


def _calling_back(job: Job, now: float) -> Job:
    if job.callback is None:
        return job
    return replace(job, due=now + CALLBACK_LEASE, callback=replace(job.callback, state=CallbackState.DUE))


def _written(job: Job, **changes: object) -> Job:
    return replace(job, revision=job.revision + 1, **changes)  # type: ignore[arg-type]
