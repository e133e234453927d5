"""Jobs and their idempotency keys in one table.

Items, by their key `pk`:

    job#ID       job, the record as JSON; revision; owner and made, where it has an owner; open and due, where somebody
                 has to look after it
    key#HASH     job_id, fingerprint and until
    open#HASH    jobs, the ids of an owner's open jobs of one endpoint, and some that have ended meanwhile; looked, when
                 it was last looked for those
    answer#NAME  body, compressed with zlib: `results.py`

`expires` of each is the table's attribute for TTL. Two indexes have those items alone that have their attributes.
"""

import hashlib
from collections.abc import Mapping, Sequence

from fanin.jobs.job import Job
from fanin.jobs.record import decoded, encoded
from fanin.jobs.store import Claim, position
from fanin.stores.condition import Absent, Fewer, Has, Value, at_most, below, equal
from fanin.stores.errors import ConditionFailed
from fanin.stores.table import EXPIRES, Change, Item, Key, Table, members, text, took

KEY = ("pk",)
INDEXES: Mapping[str, tuple[str, str]] = {"by-owner": ("owner", "made"), "overdue": ("open", "due")}
"""What the table's items are found by, as template.yaml has it."""

LOOK_EVERY = 60.0
"""Seconds between two looks at which of an owner's open jobs have ended."""

_JOB = "job#"
_OPEN = "y"


class TableJobs:
    """A `JobStore` in a table.

    Args:
        table: the table, with `KEY` and `INDEXES`.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    async def get(self, job_id: str) -> Job | None:
        """Look a job up, as it was written last."""
        item = await self._item(f"{_JOB}{job_id}")
        return decoded(text(item, "job")) if item else None

    async def put(self, job: Job) -> bool:
        """Write a job, if what is there has the revision before its own."""
        item: dict[str, Value] = {
            "pk": f"{_JOB}{job.id}",
            "job": encoded(job),
            "revision": job.revision,
            EXPIRES: int(job.expires) + 1,
        }
        if job.owner:
            item |= {"owner": job.owner, "made": position(job)}
        if job.due is not None:
            item |= {"open": _OPEN, "due": job.due}
        unwritten = Absent("pk") if job.revision == 1 else equal("revision", job.revision - 1)
        return await took(self._table.put(item, where=unwritten))

    async def enter(self, job: Job, most: int, *, now: float) -> bool:
        """Count a job among the open ones of its owner and endpoint; False where there are `most` of them already.

        A function that is ended between a job's end and its leaving leaves it counted. So whoever finds no room looks
        which of them have ended, once in `LOOK_EVERY` seconds.
        """
        if await self._entered(job, most):
            return True
        look = Absent("looked") | below("looked", now - LOOK_EVERY)
        try:
            before = await self._table.change(_open_key(job), Change({"looked": now}), where=look, before=True)
        except ConditionFailed:
            return False
        counted = members(before, "jobs")
        if not (ended := [job_id for job_id in counted if not await self._is_open(job_id)]):
            return False
        await self._table.change(_open_key(job), Change(leave={"jobs": frozenset(ended)}))
        return await self._entered(job, most)

    async def leave(self, job: Job) -> None:
        """Count a job no more."""
        gone = Change(leave={"jobs": frozenset({job.id})})
        await took(self._table.change(_open_key(job), gone, where=Has("jobs", job.id)))

    async def _entered(self, job: Job, most: int) -> bool:
        joins = Change({EXPIRES: int(job.expires) + 1}, join={"jobs": frozenset({job.id})})
        return await took(self._table.change(_open_key(job), joins, where=Has("jobs", job.id) | Fewer("jobs", most)))

    async def _is_open(self, job_id: str) -> bool:
        job = await self.get(job_id)
        return job is not None and job.is_open

    async def of_owner(self, owner: str, limit: int, after: str = "") -> Sequence[Job]:
        """Give an owner's jobs, the newest first; one that was made a moment ago may be missing."""
        theirs = equal("owner", owner)
        if after:
            theirs &= below("made", after)
        return [
            decoded(text(item, "job"))
            for item in await self._table.find("by-owner", theirs, limit=limit, backwards=True)
        ]

    async def overdue(self, now: float, limit: int) -> Sequence[str]:
        """Name the jobs whose `due` has come, the longest overdue first."""
        items = await self._table.find("overdue", equal("open", _OPEN) & at_most("due", now), limit=limit)
        return [text(item, "pk").removeprefix(_JOB) for item in items]

    async def claim(self, key: str, claim: Claim, *, now: float, until: float) -> Claim:
        """Say what an idempotency key stands for, and give what it does stand for."""
        item: Item = {
            "pk": f"key#{key}",
            "job_id": claim.job_id,
            "fingerprint": claim.fingerprint,
            "until": until,
            EXPIRES: int(until) + 1,
        }
        # Items are deleted long after they expire, so that it is looked at here as well.
        if await took(self._table.put(item, where=Absent("pk") | at_most("until", now))):
            return claim
        there = await self._item(f"key#{key}")
        return Claim(text(there, "job_id"), text(there, "fingerprint")) if there else claim

    async def _item(self, pk: str) -> Item | None:
        return await self._table.get({"pk": pk}, consistent=True)


def _open_key(job: Job) -> Key:
    whose = hashlib.sha256(f"{job.owner}\n{job.endpoint}".encode()).hexdigest()
    return {"pk": f"open#{whose}"}
