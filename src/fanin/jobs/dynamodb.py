"""dynamodb: jobs, their answers and their idempotency keys in one table, and large answers in a bucket.

Items, by their key `pk`:

    job#ID       job, the record as JSON; revision; owner and made, where it has an owner; open and due, where somebody
                 has to look after it
    key#HASH     job_id, fingerprint and until
    answer#NAME  body, compressed with zlib

`expires` of each is the table's attribute for TTL. Two indexes have those items alone that have their attributes:
`by-owner` of owner and made, `overdue` of open and due.
"""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fanin.config.values import Json
from fanin.errors import AwsError
from fanin.jobs.calls import Calls
from fanin.jobs.job import Job, Kept
from fanin.jobs.record import decoded, encoded
from fanin.jobs.store import Claim, position

MAX_IN_TABLE = 1_000_000
"""Bytes of an answer that is kept in the table, if it has `MAX_ITEM` once it is compressed."""
MAX_ITEM = 390_000
"""Bytes of a compressed answer in the table; DynamoDB's items have 400 kB at most."""
MAX_IN_BUCKET = 100_000_000
"""Bytes of an answer that is kept at all."""

_OPEN: Json = {"S": "y"}


class DynamoDbJobs:
    """A `JobStore` in a DynamoDB table.

    Args:
        calls: AWS, bounded.
        table: the table's name.
    """

    def __init__(self, calls: Calls, table: str) -> None:
        self._calls = calls
        self._table = table

    async def get(self, job_id: str) -> Job | None:
        """Look a job up, as it was written last."""
        item = await self._item(f"job#{job_id}")
        return decoded(item["job"]["S"]) if item else None

    async def put(self, job: Job) -> bool:
        """Write a job, if what is there has the revision before its own."""
        item: dict[str, Json] = {
            "pk": {"S": f"job#{job.id}"},
            "job": {"S": encoded(job)},
            "revision": {"N": str(job.revision)},
            "expires": {"N": str(int(job.expires) + 1)},
        }
        if job.owner:
            item |= {"owner": {"S": job.owner}, "made": {"S": position(job)}}
        if job.due is not None:
            item |= {"open": _OPEN, "due": {"N": repr(job.due)}}
        if job.revision == 1:
            return await self._put_where(item, "attribute_not_exists(pk)", {})
        return await self._put_where(item, "revision = :before", {":before": {"N": str(job.revision - 1)}})

    async def of_owner(self, owner: str, limit: int, after: str = "") -> Sequence[Job]:
        """Give an owner's jobs, the newest first; one that was made a moment ago may be missing."""
        values: dict[str, Json] = {":owner": {"S": owner}}
        condition = "#owner = :owner"
        if after:
            values[":after"] = {"S": after}
            condition += " AND made < :after"
        query: dict[str, Json] = {
            "TableName": self._table,
            "IndexName": "by-owner",
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": {"#owner": "owner"},
            "ExpressionAttributeValues": values,
            "ScanIndexForward": False,
        }
        return [decoded(item["job"]["S"]) for item in await self._found(query, limit)]

    async def overdue(self, now: float, limit: int) -> Sequence[str]:
        """Name the jobs whose `due` has come, the longest overdue first."""
        query: dict[str, Json] = {
            "TableName": self._table,
            "IndexName": "overdue",
            "KeyConditionExpression": "#open = :open AND due <= :now",
            "ExpressionAttributeNames": {"#open": "open"},
            "ExpressionAttributeValues": {":open": _OPEN, ":now": {"N": repr(now)}},
        }
        return [item["pk"]["S"].removeprefix("job#") for item in await self._found(query, limit)]

    async def claim(self, key: str, claim: Claim, *, now: float, until: float) -> Claim:
        """Say what an idempotency key stands for, and give what it does stand for."""
        item: dict[str, Json] = {
            "pk": {"S": f"key#{key}"},
            "job_id": {"S": claim.job_id},
            "fingerprint": {"S": claim.fingerprint},
            "until": {"N": repr(until)},
            "expires": {"N": str(int(until) + 1)},
        }
        # Items are deleted long after they expire, so that it is looked at here as well.
        names = {"#until": "until"}
        free = "attribute_not_exists(pk) OR #until <= :now"
        if await self._put_where(item, free, {":now": {"N": repr(now)}}, names):
            return claim
        there = await self._item(f"key#{key}")
        return Claim(there["job_id"]["S"], there["fingerprint"]["S"]) if there else claim

    async def _item(self, key: str) -> Mapping[str, Any]:
        payload: dict[str, Json] = {"TableName": self._table, "Key": {"pk": {"S": key}}, "ConsistentRead": True}
        item: Mapping[str, Any] = (await self._calls.call("dynamodb", "GetItem", payload)).get("Item") or {}
        return item

    async def _found(self, query: Mapping[str, Json], limit: int) -> list[Mapping[str, Any]]:
        """Follow a query's pages until there are enough items."""
        found: list[Mapping[str, Any]] = []
        start: Json = None
        while len(found) < limit:
            further: dict[str, Json] = {"ExclusiveStartKey": start} if start else {}
            page = await self._calls.call("dynamodb", "Query", {**query, **further, "Limit": limit - len(found)})
            found += page["Items"]
            if not (start := page.get("LastEvaluatedKey")):
                break
        return found

    async def _put_where(
        self,
        item: Mapping[str, Json],
        condition: str,
        values: Mapping[str, Json],
        names: Mapping[str, str] | None = None,
    ) -> bool:
        """Write an item; False where the condition does not hold."""
        payload: dict[str, Json] = {"TableName": self._table, "Item": {**item}, "ConditionExpression": condition}
        if values:
            payload["ExpressionAttributeValues"] = {**values}
        if names:
            payload["ExpressionAttributeNames"] = {**names}
        try:
            await self._calls.call("dynamodb", "PutItem", payload)
        except AwsError:
            return False
        return True


class AwsResults:
    """`Results` in the table of the jobs, and those that are too large for it in a bucket.

    Args:
        calls: AWS, bounded.
        table: the table's name.
        bucket: the bucket's name; empty without one.
        link: signs a link to an object, given the bucket and its key.
    """

    def __init__(self, calls: Calls, table: str, bucket: str, link: Callable[[str, str], str]) -> None:
        self._calls = calls
        self._table = table
        self._bucket = bucket
        self._link = link

    async def keep(self, name: str, body: bytes, expires: float) -> Kept | None:
        """Keep a body under a name that is its own; None where it is too large to be kept."""
        compressed = zlib.compress(body) if len(body) <= MAX_IN_TABLE else b""
        if compressed and len(compressed) <= MAX_ITEM:
            item: dict[str, Json] = {
                "pk": {"S": f"answer#{name}"},
                "body": {"B": b64encode(compressed).decode()},
                "expires": {"N": str(int(expires) + 1)},
            }
            await self._calls.call("dynamodb", "PutItem", {"TableName": self._table, "Item": item})
            return Kept(name, in_bucket=False, size=len(body))
        if not self._bucket or len(body) > MAX_IN_BUCKET:
            return None
        await self._calls.put_object(f"/{self._bucket}/{_key(name)}", body)
        return Kept(name, in_bucket=True, size=len(body))

    async def body(self, kept: Kept) -> bytes | None:
        """Give a body that is not in the bucket."""
        payload: dict[str, Json] = {
            "TableName": self._table,
            "Key": {"pk": {"S": f"answer#{kept.name}"}},
            "ConsistentRead": True,
        }
        item = (await self._calls.call("dynamodb", "GetItem", payload)).get("Item")
        return zlib.decompress(b64decode(item["body"]["B"]), bufsize=kept.size) if item else None

    def link(self, kept: Kept) -> str:
        """Give a link to a body of the bucket."""
        return self._link(self._bucket, _key(kept.name))


def _key(name: str) -> str:
    return f"answers/{name}.json"
