"""Jobs and their idempotency keys in one table.

Items, by their key `pk`:

    job#ID       job, the record as JSON; revision; owner and made, where it has an owner; open and due, where somebody
                 has to look after it
    key#HASH     job_id, fingerprint and until
    answer#NAME  body, compressed with zlib: `results.py`

`expires` of each is the table's attribute for TTL. Two indexes have those items alone that have their attributes.
"""

from collections.abc import Mapping, Sequence

from fanin.jobs.job import Job
from fanin.jobs.record import decoded, encoded
from fanin.jobs.store import Claim, position
from fanin.stores.condition import Absent, Value, at_most, below, equal
from fanin.stores.table import EXPIRES, Item, Table, text, took

KEY = ("pk",)
INDEXES: Mapping[str, tuple[str, str]] = {"by-owner": ("owner", "made"), "overdue": ("open", "due")}
"""What the table's items are found by, as template.yaml has it."""

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
