"""The bodies of jobs' answers: in the table of the jobs, and those that are too large for it in a bucket."""

import zlib

from fanin.errors import StoreTooLarge
from fanin.jobs.job import KeptAnswer
from fanin.jobs.store import LINK_SECONDS
from fanin.stores.bucket import Bucket
from fanin.stores.table import EXPIRES, Item, Table, binary

MAX_IN_TABLE = 1_000_000
"""Bytes of an answer that is kept in the table, if an item has room for it once it is compressed."""


class StoredResults:
    """`Results` in a table and a bucket.

    Args:
        table: the table of the jobs.
        bucket: the bucket; None without one.
    """

    def __init__(self, table: Table, bucket: Bucket | None) -> None:
        self._table = table
        self._bucket = bucket

    async def keep(self, name: str, body: bytes, expires: float) -> KeptAnswer | None:
        """Keep a body under a name that is its own; None where it is too large to be kept."""
        try:
            if len(body) <= MAX_IN_TABLE:
                item: Item = {"pk": f"answer#{name}", "body": zlib.compress(body), EXPIRES: int(expires) + 1}
                await self._table.put(item)
                return KeptAnswer(name, in_bucket=False, size=len(body))
        except StoreTooLarge:  # once it is compressed
            pass
        if self._bucket is None:
            return None
        try:
            await self._bucket.put(_key(name), body)
        except StoreTooLarge:
            return None
        return KeptAnswer(name, in_bucket=True, size=len(body))

    async def body(self, kept: KeptAnswer) -> bytes | None:
        """Give a body; None where it is not there any more."""
        if kept.in_bucket:
            return await self._bucket.get(_key(kept.name)) if self._bucket else None
        item = await self._table.get({"pk": f"answer#{kept.name}"}, consistent=True)
        compressed = binary(item, "body") if item else None
        return zlib.decompress(compressed, bufsize=kept.size) if compressed is not None else None

    def link(self, kept: KeptAnswer) -> str | None:
        """Give a link to a body of the bucket; None where it is not there, or nothing serves links to it."""
        return self._bucket.link(_key(kept.name), LINK_SECONDS) if kept.in_bucket and self._bucket else None


def _key(name: str) -> str:
    return f"answers/{name}.json"
