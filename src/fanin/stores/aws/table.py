"""A table in DynamoDB."""

from collections.abc import Sequence
from itertools import batched
from typing import Any

from fanin.config.values import Json
from fanin.stores.aws.attributes import Expressions, read, written
from fanin.stores.aws.calls import Calls
from fanin.stores.bounds import MAX_BATCH, MAX_ITEM, MAX_PAGES
from fanin.stores.condition import Condition
from fanin.stores.errors import StoreThrottled, StoreTooLarge, StoreUnavailable
from fanin.stores.table import Change, Item, Key, size_of


class AwsTable:
    """A `Table` of DynamoDB's.

    Args:
        calls: DynamoDB.
        name: the table's.
    """

    def __init__(self, calls: Calls, name: str) -> None:
        self._calls = calls
        self._name = name

    @property
    def met(self) -> bool:
        """Whether DynamoDB has answered before."""
        return self._calls.met

    async def get(self, key: Key, *, consistent: bool = False, within: float | None = None) -> Item | None:
        """Look an item up."""
        payload = self._at(key) | {"ConsistentRead": consistent}
        return await self._calls.call(
            "GetItem", payload, lambda answer: read(answer["Item"]) if "Item" in answer else None, within=within
        )

    async def put(self, item: Item, *, where: Condition | None = None, within: float | None = None) -> None:
        """Write a whole item."""
        if (size := size_of(item)) > MAX_ITEM:
            raise StoreTooLarge(f"an item has {size} bytes, over {MAX_ITEM}")
        expressions = Expressions()
        payload: dict[str, Json] = {"TableName": self._name, "Item": written(item)}
        if where:
            payload["ConditionExpression"] = expressions.condition(where)
        await self._calls.call("PutItem", payload | expressions.arguments(), lambda _: None, within=within)

    async def change(
        self,
        key: Key,
        change: Change,
        *,
        where: Condition | None = None,
        before: bool = False,
        within: float | None = None,
    ) -> Item:
        """Change an item, or make it."""
        expressions = Expressions()
        payload = self._at(key) | {"UpdateExpression": expressions.change(change)}
        if where:
            payload["ConditionExpression"] = expressions.condition(where)
        if before:
            payload["ReturnValues"] = "ALL_OLD"
        return await self._calls.call("UpdateItem", payload | expressions.arguments(), _attributes, within=within)

    async def delete(self, key: Key, *, within: float | None = None) -> Item:
        """Delete an item; give what it was."""
        payload = self._at(key) | {"ReturnValues": "ALL_OLD"}
        return await self._calls.call("DeleteItem", payload, _attributes, within=within)

    async def delete_all(self, keys: Sequence[Key], *, within: float | None = None) -> None:
        """Delete items."""
        for batch in batched(keys, MAX_BATCH, strict=False):
            deletes: Json = [{"DeleteRequest": {"Key": written(key)}} for key in batch]
            payload: dict[str, Json] = {"RequestItems": {self._name: deletes}}
            left = await self._calls.call(
                "BatchWriteItem", payload, lambda answer: answer.get("UnprocessedItems"), within=within
            )
            if left:
                raise StoreThrottled("dynamodb BatchWriteItem: not all items are deleted")

    async def find(
        self, index: str, where: Condition, *, limit: int, backwards: bool = False, within: float | None = None
    ) -> Sequence[Item]:
        """Give items by an index, page by page until there are enough."""
        expressions = Expressions()
        query: dict[str, Json] = {
            "TableName": self._name,
            "IndexName": index,
            "KeyConditionExpression": expressions.condition(where),
            "ScanIndexForward": not backwards,
        }
        query |= expressions.arguments()
        found: list[Item] = []
        start: dict[str, Json] = {}
        for _ in range(MAX_PAGES):
            page, following = await self._calls.call(
                "Query", {**query, **start, "Limit": limit - len(found)}, _page, within=within
            )
            found += page
            if not following or len(found) >= limit:
                return found
            start = {"ExclusiveStartKey": following}
        raise StoreUnavailable(f"dynamodb Query: over {MAX_PAGES} pages")

    def _at(self, key: Key) -> dict[str, Json]:
        return {"TableName": self._name, "Key": written(key)}


def _attributes(answer: Any) -> Item:
    return read(answer.get("Attributes", {}))


def _page(answer: Any) -> tuple[list[Item], Json]:
    return [read(item) for item in answer["Items"]], answer.get("LastEvaluatedKey")
